"""Is the instance well, and what is to be done if not?"""

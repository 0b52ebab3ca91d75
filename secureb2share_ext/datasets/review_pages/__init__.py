"""What does a curator see of registrations that wait for review?"""

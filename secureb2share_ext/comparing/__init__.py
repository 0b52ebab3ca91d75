"""The comparison of two descriptions, as curators and those who describe read it.

difference.py compares two texts or lists, comparison.py two descriptions; both are pure. field_words.py has the words.
"""

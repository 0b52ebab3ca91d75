"""The review in the browser: what waits for a curator, what changes word by word, and what was decided.

difference.py compares two texts or lists, changes.py two descriptions; both are pure. The decisions themselves are
datasets/review.py's.
"""

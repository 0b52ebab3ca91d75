"""The review in the browser: what waits for a curator, what it changes, and what was decided.

The decisions themselves are datasets/review.py's.
"""

"""The operation in the browser: deliveries by target, what each dataset is registered as, and health.

Its pages show identifiers, states and answers, and nothing of a description. What they change goes through
outbox/orders.py and outbox/store.py, as at the command line.
"""

"""The outbox: the secure side is told, durably, what happens to a record."""

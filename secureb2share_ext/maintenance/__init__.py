"""The maintenance of an instance: its check, its health, its installation."""

"""The life of a dataset: its row, record, event, versions and review, whoever registers it."""

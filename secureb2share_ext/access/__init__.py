"""The way of a reader: from the link of a record to the form where access is requested."""

"""The formats in which harvesters read a record. Each file writes one of them, from a Published alone."""

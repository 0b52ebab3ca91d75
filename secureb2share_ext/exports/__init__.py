"""What does a record say in the formats that harvesters read? Each file writes one, from a Published alone."""

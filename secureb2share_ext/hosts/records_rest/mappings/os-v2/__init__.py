"""For OpenSearch 2."""

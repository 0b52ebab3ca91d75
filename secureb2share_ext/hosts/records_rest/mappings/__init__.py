"""Search mappings, a folder for each kind of cluster as invenio-search wants them."""

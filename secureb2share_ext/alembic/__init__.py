"""The branch `secureb2share` of the database, for every host: depends on invenio-db alone."""

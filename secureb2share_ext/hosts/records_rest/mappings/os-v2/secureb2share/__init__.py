"""The index of the records of every source; made by `python -m secureb2share_ext.hosts.records_rest.search_mapping`."""

"""The index of the records of every source; made by `python -m secureb2share_ext.datasets.projections`."""

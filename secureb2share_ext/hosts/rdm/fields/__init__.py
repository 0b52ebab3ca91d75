"""Fields of a record on InvenioRDM: their definitions, names, values and faults."""

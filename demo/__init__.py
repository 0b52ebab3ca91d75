"""A catalogue and three secure environments on one machine, to be tried in a browser."""

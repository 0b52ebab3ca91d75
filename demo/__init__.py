"""A catalogue and two secure environments on one machine, to be tried in a browser."""

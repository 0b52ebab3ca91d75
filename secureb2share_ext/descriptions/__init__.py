"""Descriptions of datasets: their form, the rules between their fields, and the words for them."""

"""Signed messages of secure environments: their form, their receipt and their answers."""

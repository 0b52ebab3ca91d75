"""The description of a dataset by a person: a form made from the schema, drafts, and what becomes of them."""

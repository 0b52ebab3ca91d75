"""What does a description hold, when its form may still be wrong?

The rules tell their faults together with those of the schema, so that they read whatever was sent.
"""


def member(value, name):
    """The object that a member of `value` is, or an empty one."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def entries(value, name):
    """The set of texts in the list that a member of `value` is, or an empty one."""
    found = value.get(name)
    return {entry for entry in found if isinstance(entry, str)} if isinstance(found, list) else set()


def is_missing(value, name):
    """Whether a member is not there, or an empty list."""
    return value.get(name) in (None, [])

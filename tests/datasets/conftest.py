import importlib.util

if importlib.util.find_spec("invenio_db"):
    from memory import catalogue, made  # noqa: F401

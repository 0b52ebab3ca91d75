"""The rules of numbers and tables: rounded counts that fit their bands, and columns that can be told apart."""

from typing import Any, Iterator, Tuple

from .tolerant import member

COUNTS = (("participants_rounded", "participants_band"), ("records_rounded", "records_band"))


def rounded(description: Any) -> Iterator[Tuple[str, str]]:
    """`participants_rounded` and `records_rounded` have two significant digits, such as 48000, and lie in their bands,
    if these are given.
    """
    sensitive = member(description, "sensitive")
    for name, band in COUNTS:
        number = sensitive.get(name)
        if type(number) is not int:
            continue
        digits = str(number)
        if len(digits) > 2 and digits[2:].strip("0"):
            yield "sensitive." + name, "must be rounded to two significant digits, such as 48000"
        elif not _is_in(number, sensitive.get(band)):
            yield "sensitive." + name, "must lie in %s" % band


def _is_in(number, band):
    if not isinstance(band, str):
        return True
    if band.startswith("<"):
        return False  # there a number could single somebody out
    first, _, last = band.lstrip(">=").partition("-")
    if not first.isdecimal() or (last and not last.isdecimal()):
        return True
    return int(first) <= number and (not last or number <= int(last))


def names(description: Any) -> Iterator[Tuple[str, str]]:
    """A column's name stands once in its `table`."""
    found = member(description, "sensitive").get("columns")
    seen = set()
    for number, column in enumerate(found if isinstance(found, list) else ()):
        if isinstance(column, dict) and isinstance(column.get("name"), str):
            named = (str(column.get("table", "")), column["name"])
            if named in seen:
                yield "sensitive.columns[%d].name" % number, "stands in this table already"
            seen.add(named)


RULES = (rounded, names)

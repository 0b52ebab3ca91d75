"""Numbers in sentences. Pure."""


def counted(number: int, noun: str) -> str:
    """A number with its noun, whose plural ends in s: "1 finding", "2 findings"."""
    return "%d %s%s" % (number, noun, "" if number == 1 else "s")

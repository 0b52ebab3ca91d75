"""Lists that are shown a page at a time. Pure."""

from typing import NamedTuple

SIZE = 20


class Page(NamedTuple):
    """One page of a list."""

    entries: list
    number: int  # from 1
    pages: int
    total: int


def page(entries, number, size=SIZE):
    """The Page with this number (a text of whoever asks), or the nearest one that there is."""
    pages = max(1, (len(entries) + size - 1) // size)
    wanted = int(number) if (number or "").isdecimal() and len(number) < 9 else 1
    wanted = min(max(wanted, 1), pages)
    return Page(entries[(wanted - 1) * size : wanted * size], wanted, pages, len(entries))


def matches(words, *texts):
    """Whether each of the words occurs in one of the texts, capital letters or not."""
    everything = "\n".join(texts).casefold()
    return all(word in everything for word in words.casefold().split())

"""The difference of two texts, word by word, and of two lists, entry by entry. Pure.

The work is bounded: what would take longer, such as a text that repeats one word ten thousand times, is shown as taken
away and put in as a whole. Whatever is found, the pieces of either side are that side's text.
"""

import re
from difflib import SequenceMatcher
from typing import List, NamedTuple, Sequence, Tuple

REMOVED, ADDED, KEPT = "removed", "added", ""
STEPS = 2000000  # comparisons of words for one page, about half a second
WORD = re.compile(r"\w+(?:[.,:@'/-]\w+)*|\s+|[^\w\s]")  # a number, an address or a date is one word
ALIKE = 0.5  # share of an entry that stays, from which on it was changed rather than replaced


class Piece(NamedTuple):
    """A part of a text, and what became of it: KEPT, REMOVED (only before) or ADDED (only after)."""

    mark: str
    text: str


Side = List[Piece]


class Budget:
    """The comparisons that are left for a page."""

    def __init__(self, steps: int = STEPS) -> None:
        self.left = steps


def of_texts(before: str, after: str, budget: Budget) -> Tuple[Side, Side]:
    """The pieces of each of two texts; KEPT pieces are the same on both sides, in the same order."""
    old, new = WORD.findall(before), WORD.findall(after)
    left: Side = []
    right: Side = []
    at_old = at_new = 0
    for start_old, start_new, size in _blocks(old, new, budget) + [(len(old), len(new), 0)]:
        _put(left, REMOVED, old[at_old:start_old])
        _put(right, ADDED, new[at_new:start_new])
        at_old, at_new = start_old + size, start_new + size
        for side in (left, right):
            _put(side, KEPT, old[start_old:at_old])
    return left, right


def _put(side, mark, words):
    if words:
        side.append(Piece(mark, "".join(words)))


def whole(mark: str, text: str) -> Side:
    """A text as one piece, or none where it is empty."""
    return [Piece(mark, text)] if text else []


def of_lists(before: Sequence[str], after: Sequence[str], budget: Budget) -> Tuple[List[Side], List[Side]]:
    """The entries of each of two lists, as pieces; an entry that both have stays, wherever it stands."""
    had, has = set(before), set(after)
    gone = [entry for entry in before if entry not in has]
    come = [entry for entry in after if entry not in had]
    old = {entry: whole(REMOVED, entry) for entry in gone}
    new = {entry: whole(ADDED, entry) for entry in come}
    for one, other in zip(gone, come):
        left, right = of_texts(one, other, budget)
        kept = sum(len(piece.text) for piece in left if piece.mark == KEPT)
        if kept >= ALIKE * max(len(one), len(other)):
            old[one], new[other] = left, right
    return (
        [old.get(entry) or whole(KEPT, entry) for entry in before],
        [new.get(entry) or whole(KEPT, entry) for entry in after],
    )


def _blocks(old, new, budget):
    """[(place in old, place in new, number of words)] of what both have, in order; neither overlaps nor touches."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    inner = _inner_blocks(old[start : len(old) - end], new[start : len(new) - end], budget)
    found = [(0, 0, start)] + [(i + start, j + start, size) for i, j, size in inner]
    found.append((len(old) - end, len(new) - end, end))
    return _joined([block for block in found if block[2]])


def _inner_blocks(old, new, budget):
    if not old or not new:
        return []
    # words that stand everywhere in a long text lead nowhere, and cost most
    matcher = SequenceMatcher(None, old, new, autojunk=True)
    places = matcher.b2j  # type: ignore[attr-defined]
    costs = [0]
    for word in old:
        costs.append(costs[-1] + 1 + len(places.get(word, ())))
    found, waiting = [], [(0, len(old), 0, len(new))]
    while waiting:
        low, high, from_, to = waiting.pop()
        cost = costs[high] - costs[low] + to - from_
        if low == high or from_ == to or cost > budget.left:
            continue
        budget.left -= cost
        i, j, size = matcher.find_longest_match(low, high, from_, to)
        # a blank between two words that differ says nothing
        if size and not _is_blank(old[i : i + size]):
            found.append((i, j, size))
            waiting += [(low, i, from_, j), (i + size, high, j + size, to)]
    return sorted(found)


def _is_blank(words):
    return not any(word.strip() and (len(word) > 1 or word.isalnum()) for word in words)


def _joined(blocks):
    found: List[Tuple[int, int, int]] = []
    for i, j, size in blocks:
        if found and found[-1][0] + found[-1][2] == i and found[-1][1] + found[-1][2] == j:
            i, j, size = found[-1][0], found[-1][1], found.pop()[2] + size
        found.append((i, j, size))
    return found

"""The word that was probably meant by one that no dataset has. Pure."""

LETTERS = 4  # of a word, in which one mistake is made
MOST = 2


def reach(word):
    """The number of mistakes that one makes in a word: letters wrong, left out, added, or two in the wrong order.

    With more of them a word of one language becomes one of another: ``cuore`` is no ``course``.
    """
    return min(len(word) // LETTERS, MOST)


def closest(word, candidates):
    """The candidate with the fewest mistakes, then in the most datasets; None where all are too far.

    candidates: {word: number of datasets}; a word that begins with another letter is another word.
    """
    near = [
        (distance(word, one), -number, one)
        for one, number in candidates.items()
        if one != word and one[:1] == word[:1] and abs(len(one) - len(word)) <= reach(word)
    ]
    near = [one for one in near if one[0] <= reach(word)]
    return min(near)[2] if near else None


def distance(one, other):
    """The number of letters that are wrong, left out, added, or swapped with their neighbour."""
    rows = [list(range(len(other) + 1))]
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, match in enumerate(other, 1):
            costs = [rows[-1][j] + 1, row[j - 1] + 1, rows[-1][j - 1] + (letter != match)]
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == match:
                costs.append(rows[-2][j - 2] + 1)
            row.append(min(costs))
        rows.append(row)
    return rows[-1][-1]

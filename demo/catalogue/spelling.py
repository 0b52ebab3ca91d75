"""The word that was probably meant by one that no dataset has. Pure."""


def reach(word):
    """The number of mistakes that one makes in a word: letters wrong, left out, added, or two in the wrong order."""
    return 1 if len(word) < 5 else 2


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
    return min(near)[2] if near and len(word) > 2 else None


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

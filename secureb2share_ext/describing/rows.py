"""Rows of texts as one text, as a spreadsheet gives and takes them: cells with tabs between them, rows with line ends.

2,000 rows with a control for each of their cells would be a page that no browser likes. A cell with a tab or a line end
in it stands in quotation marks, in which each of its own is doubled. Pure.
"""

import re
from typing import Any, Dict, List, Optional, Sequence, Tuple

SEPARATORS = "\t;,"
MARK = '"'


def to_text(entries: Sequence[Any], members: Sequence[str], needed: str) -> str:
    """The text of rows [{member: text}], under a row of the members' names where there is more than the needed one.

    What is none of the members, or no row at all, is left out.
    """
    rows = [
        {name: str(entry[name]) for name in members if name in entry} for entry in entries if isinstance(entry, dict)
    ]
    used = [name for name in members if name == needed or any(name in row for row in rows)]
    texts = [[_quoted(row.get(name, "")) for name in used] for row in rows]
    lines = ["\t".join(cells) for cells in texts]
    text = "\n".join(lines)
    if used == [needed] and from_text(text, members, needed) == rows:
        return text
    return "\n".join(["\t".join(used)] + lines)


def from_text(text: str, members: Sequence[str], needed: str) -> List[Dict[str, str]]:
    """The rows [{member: text}] of a text.

    Its first row may name the members, in any order, with tabs, semicolons or commas between them. Where it does not,
    a row is the needed member alone, or, with tabs, all members in their order. What a row has too much of stands with
    its last member.
    """
    text = text.lstrip("\ufeff")
    separator, used = _header(text, members, needed)
    if used:
        rows = list(_rows(text, separator))
        return _filled(rows[1:], used)
    if "\t" in text:
        return _filled(_rows(text, "\t"), list(members))
    # a name may have any other sign in it
    return [{needed: line} for line in text.split("\n") if line.strip()]


def _header(text: str, members: Sequence[str], needed: str) -> Tuple[str, Optional[List[str]]]:
    """(separator, [member]) of a text whose first row names members and that has more; else ("", None)."""
    first, _, rest = text.partition("\n")
    for separator in SEPARATORS if rest.strip() else "":
        cells = [cell.strip().strip(MARK).lower() for cell in first.split(separator)]
        if needed in cells and len(set(cells)) == len(cells) and set(cells) <= set(members):
            return separator, cells
    return "", None


def _quoted(cell):
    needs = cell.startswith(MARK) or re.search("[\t\n]", cell)
    return MARK + cell.replace(MARK, MARK * 2) + MARK if needs else cell


def _rows(text, separator):
    quoted = re.compile('"((?:[^"]|"")*)"(?=%s|\n|\\Z)' % separator)
    plain = re.compile("[^%s\n]*" % separator)
    cells: List[str] = []
    place = 0
    while True:
        found = quoted.match(text, place) if text.startswith(MARK, place) else None
        # quotation marks that nothing needs are the cell's own
        if found is not None and not re.search('["\n%s]' % separator, found.group(1)):
            found = None
        if found is not None:
            cells.append(found.group(1).replace(MARK * 2, MARK))
            place = found.end()
        else:
            bare: Any = plain.match(text, place)  # it matches everywhere
            cells.append(bare.group())
            place = bare.end()
        if text[place : place + 1] != separator:
            yield cells
            cells = []
        if place == len(text):
            return
        place += 1


def _filled(rows, used):
    found = []
    for cells in rows:
        if len(cells) > len(used):
            cells = cells[: len(used) - 1] + ["\t".join(cells[len(used) - 1 :])]
        row = {name: cell for name, cell in zip(used, cells) if cell.strip()}
        if row:
            found.append(row)
    return found

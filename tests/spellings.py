"""The spellings of a JSON body that one reader takes and another one does not."""

import json


def spellings(value):
    """[(name, bytes)] of the spellings of an object other than strict JSON in UTF-8."""
    text = json.dumps(dict(value, note="é"), ensure_ascii=False)
    name = next(iter(value))
    return [(codec, text.encode(codec)) for codec in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le")] + [
        ("latin-1", text.encode("latin-1", "replace")),
        ("UTF-8 with a byte order mark", text.encode("utf-8-sig")),
        ("a member twice", ('{"%s": [], ' % name + text[1:]).encode("utf-8")),
        ("not a number", (text[:-1] + ', "x": NaN}').encode("utf-8")),
        ("deep nesting", (text[:-1] + ', "x": %s}' % ("[" * 3000 + "]" * 3000)).encode("utf-8")),
    ]

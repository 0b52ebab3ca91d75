import base64
import random
from urllib.parse import urlencode

from served import example

from secureb2share_ext.client import canonical, digest
from secureb2share_ext.reviewing import seen
from secureb2share_ext.uploads import gate


def test_the_longest_page_and_reason_pass_the_gate_together():
    noise = base64.b64encode(random.Random(3).getrandbits(8 * 20000).to_bytes(20000, "big")).decode("ascii")
    pages = [seen.packed(noise[:length]) for length in range(100, len(noise), 50)]
    assert "" in pages and len(max(pages, key=len)) > seen.LONGEST_FIELD - 200
    sent = {"csrf_token": "x" * 200, "digest": "0" * 64, "page": max(pages, key=len), "reason": "🧬" * 1000}
    form = urlencode(dict(sent, decision="refuse"))
    assert gate.decide("POST", False, gate.FORM, len(form), False, 10**6) is None


def test_a_forms_description_is_believed_only_with_its_digest():
    text = canonical(example()).decode("utf-8")
    field, named = seen.packed(text), digest(text.encode("utf-8"))
    assert seen.unpacked(field, named) == example()
    bomb = seen.packed("0" * 3 * seen.LONGEST_TEXT)
    for other in ("", "x", "é", field[: len(field) // 2], bomb, seen.packed("[1"), seen.packed("{}")):
        assert seen.unpacked(other, named) is None
    assert seen.unpacked(field, "0" * 64) is None

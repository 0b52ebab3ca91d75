import ast
import re
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "secureb2share_ext"
CONFIG = PACKAGE / "config.py"
KEY = re.compile(r"SECUREB2SHARE_[A-Z][A-Z_]*[A-Z]")


def constants():
    body = ast.parse(CONFIG.read_text(encoding="utf-8")).body
    for node, following in zip(body, body[1:] + [None]):
        if isinstance(node, ast.Assign) and node.targets[0].id.startswith("SECUREB2SHARE_"):
            is_text = isinstance(following, ast.Expr) and isinstance(
                getattr(following.value, "value", None), str
            )
            yield node.targets[0].id, following.value.value if is_text else ""


def keys_read():
    return {
        key
        for path in PACKAGE.rglob("*.py")
        if path != CONFIG
        for key in KEY.findall(path.read_text(encoding="utf-8"))
    }


def test_every_key_is_explained_below_it():
    found = dict(constants())
    assert len(found) >= 10 and [name for name, text in found.items() if len(text.split()) < 5] == []
    assert len(set(found.values())) == len(found)


def test_every_key_that_is_read_is_defined_and_the_other_way_round():
    assert keys_read() == {name for name, _ in constants()}

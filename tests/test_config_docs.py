import ast
import re
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "secureb2share_ext"
CONFIG = PACKAGE / "config.py"
KEY = re.compile(r"SECUREB2SHARE_[A-Z][A-Z_]*[A-Z]")


def constants():
    body = ast.parse(CONFIG.read_text(encoding="utf-8")).body
    for node, following in zip(body, body[1:] + [None]):
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        name = getattr(target, "id", "")
        if name.startswith("SECUREB2SHARE_"):
            text = getattr(following.value, "value", None) if isinstance(following, ast.Expr) else None
            yield name, text if isinstance(text, str) else ""


def keys_read():
    texts = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py") if path != CONFIG]
    return {key for text in texts for key in KEY.findall(text)}


def test_every_key_is_explained_below_it():
    found = dict(constants())
    assert len(found) >= 10 and [name for name, text in found.items() if len(text.split()) < 5] == []
    assert len(set(found.values())) == len(found)


def test_every_key_that_is_read_is_defined_and_the_other_way_round():
    assert keys_read() == {name for name, _ in constants()}

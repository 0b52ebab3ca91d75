"""docs/howto/read-requests-inside-tsd.md, followed as written against servers on loopback."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from mail_server import mail_server
from table_server import TOKEN, table_server
from test_reader import EVENTS, FORM, JWKS, PRIVATE, event, reference, row_of, submission

from secureb2share_ext import client, reader

DOCS = Path(__file__).resolve().parents[1] / "docs"
HOWTO = (DOCS / "howto" / "read-requests-inside-tsd.md").read_text(encoding="utf-8")
# the page before this one makes the target
SITE = (DOCS / "howto" / "site-tsd.md").read_text(encoding="utf-8")
(TARGET,) = re.findall(r'"targets": \["([\w-]+)"\]', SITE)


def blocks(language):
    return re.findall(r"^```%s\n(.*?)^```$" % language, HOWTO, flags=re.M | re.S)


def spoken(text):
    """[(command, what it prints)] of a console block."""
    parts = re.split(r"^\$ ", text, flags=re.M)[1:]
    return [tuple(part.split("\n", 1)) for part in parts]


def test_the_howto_of_the_inside_of_tsd(tmp_path):
    _, prepare = blocks("bash")
    (settings,) = blocks("json")
    for module in (client, reader):
        shutil.copy(module.__file__, str(tmp_path))
    for name, text in ("source.key", PRIVATE), ("member.token", TOKEN), ("app.token", TOKEN):
        (tmp_path / name).write_text(text + "\n")
    (tmp_path / "catalogue-keys.json").write_text(json.dumps(JWKS))
    # the interpreter of the tests, and the two files alone
    python = 'python3() { %s "$@"; }\n' % shlex.quote(sys.executable)
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}

    def run(command):
        done = subprocess.run(
            ["bash", "-c", python + command],
            cwd=str(tmp_path), env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    run(prepare)
    with table_server() as api, mail_server() as mails:
        here = settings.replace("https://internal.api.tsd.usit.no", api.url).replace("smtp.example.org", "127.0.0.1")
        (tmp_path / "reader.json").write_text(here.replace('"port": 25', '"port": %d' % mails.port))
        row = submission(41850001, None)
        row["answers"]["reference"] = reference(identifier="p11-moba-2024")
        api.tables[FORM] = [row]
        api.tables[EVENTS] = [row_of(event(n, "p11-moba-2024", n, target=TARGET)) for n in (1, 2)]
        commands = [pair for block in blocks("console") for pair in spoken(block)]
        assert len(commands) == 5
        for command, said in commands:
            assert timeless(run(command)) == timeless(said), command
    (mail,) = mails.mails
    assert mail["To"] == "access-committee@example.org" and "data portal of the project" in mail.get_payload()
    lines = [line for path in (tmp_path / "outgoing").iterdir() for line in path.read_bytes().splitlines()]
    assert len(lines) == 4 and len(list((tmp_path / "events").iterdir())) == 2


def timeless(text):
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", text)


def test_every_setting_and_command_is_in_the_reference():
    page = (DOCS / "reference" / "reader.md").read_text(encoding="utf-8")
    for part in re.split(r"\n\n(?=\| Setting)", page)[1:]:
        table = part.split("\n\n")[0]
        group = (re.match(r"\| Setting in `(\w+)`", table) or [None, ""])[1]
        needed, more = reader.SETTINGS[group]
        rows = [[cell.strip() for cell in row.split("|")[1:3]] for row in table.splitlines()[2:]]
        named = {name: mark for names, mark in rows for name in re.findall(r"`(\w+)`", names)}
        assert sorted(named) == sorted(needed + more), group
        assert {name for name in named if named[name] == "yes"} == set(needed), group
    assert len(re.findall(r"^\| Setting", page, flags=re.M)) == len(reader.SETTINGS)
    listed = re.findall(r"^\| `(\w+)[^|]*\| (?:reads|prints|stores)", page, flags=re.M)
    assert sorted(listed) == sorted(reader.COMMANDS)
    states = re.findall(
        r"`(\w+)`",
        "".join(re.findall(r"^\| (`waiting`|`approved`.*?|`forged`|`moved`|`missing`) \|", page, flags=re.M)),
    )
    assert set(states) == {"waiting"} | set(reader.DECIDED) | set(reader.MARKS)

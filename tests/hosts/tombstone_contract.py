"""What is left of a withdrawn dataset on every surface of a host, as a table: part of each host's test of it.

Every text of the description is a word that stands nowhere else, so that a surface that says any of it is found out.
"""

import json
import re
import uuid
from xml.etree import ElementTree

from secureb2share_ext import client

OAI = "{http://www.openarchives.org/OAI/2.0/}"

DEMANDED = ("creator", "publisher")  # what DataCite's surfaces keep
STAMPS = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(?:Z|\+00:00)?|\"revision(?:_id)?\": ?[0-9]+")


def words():
    """{part of a description: a word for it}."""
    parts = ("title", "description", "creator", "publisher", "keyword", "condition", "controller", "variable", "file")
    return {part: "zz%s%s" % (part, uuid.uuid4().hex[:10]) for part in parts}


def described(description, said):
    """A description in whose texts the words `said` stand."""
    core, sensitive = description["core"], description["sensitive"]
    core["titles"] = [{"lang": "en", "text": said["title"]}]
    core["descriptions"] = [{"lang": "en", "text": "A study of " + said["description"]}]
    core["creators"] = [{"name": said["creator"]}]
    core["publisher"], core["keywords"] = said["publisher"], [said["keyword"]]
    sensitive["access_conditions"] = [{"lang": "en", "text": said["condition"]}]
    sensitive["controller_name"], sensitive["columns"] = said["controller"], [{"name": said["variable"]}]
    description["files"] = [{"label": said["file"]}]
    return description


def oai_faults(answers):
    """[answer of GetRecord] that is not as the first: a deleted header with two elements and its sets."""
    heads = {}
    for name, text in answers.items():
        (record,) = ElementTree.fromstring(text.encode("utf-8")).iter(OAI + "record")
        (header,) = record
        heads[name] = [(one.tag[len(OAI) :], one.text) for one in header] + sorted(header.attrib.items())
    (first, *_) = heads.values()
    assert [name for name, _ in first if name != "setSpec"] == ["identifier", "datestamp", "status"]
    return [name for name, said in heads.items() if said != first]


class TombstoneContract:
    """Subclass it as Test..., with `surfaces` and the fixture `instance`."""

    def surfaces(self, instance, made):
        """{name: function without arguments that gives a text} of every place that shows a registered dataset."""
        raise AssertionError("a host names its surfaces")

    def description(self):
        from instance import example

        return example()

    def shared(self, instance, identifier, pid):
        """The surfaces that all hosts have."""

        def got(path, **headers):
            return lambda: instance.call("GET", path, headers=headers).text

        quoted = "/api/datasets/tsd/" + identifier
        found = {
            "dataset": got(quoted),
            "dataset with key": lambda: json.dumps(instance.source.get(identifier)),
            "datasets": lambda: json.dumps(instance.source.list()),
            "access link": got("/api/access/" + pid),
            "access link html": got("/api/access/" + pid, Accept="text/html"),
            "event": lambda: json.dumps(instance.events(identifier)[-1:]),
        }
        return found

    def said_in(self, surfaces, said):
        """{surface: parts of the description that it says}."""
        texts = {name: look() for name, look in surfaces.items()}
        return {name: sorted(part for part, word in said.items() if word in text) for name, text in texts.items()}

    def test_withdrawn_is_a_tombstone_on_every_surface_until_it_is_taken_back(self, instance):
        identifier, said = "tomb/" + uuid.uuid4().hex, words()
        made = instance.source.register(identifier, described(self.description(), said))
        instance.index()
        surfaces = dict(self.shared(instance, identifier, made["pid"]), **self.surfaces(instance, made))
        before = self.said_in(surfaces, said)
        instance.source.set_state(identifier, "withdrawn", "Consent ended.")
        instance.index()
        left = self.said_in(surfaces, said)
        allowed = {name: {"title"} | (set(DEMANDED) if "datacite" in name or name == "doi" else set()) for name in left}
        told = {name: sorted(set(parts) - allowed[name]) for name, parts in left.items()}
        assert {name: parts for name, parts in told.items() if parts} == {}
        texts = {name: look() for name, look in surfaces.items()}
        says = {name: "ithdrawn" in text or 'status="deleted"' in text for name, text in texts.items()}
        mute = [
            name for name, is_said in says.items() if not is_said and texts[name] and not name.startswith(self.silent)
        ]
        assert [(name, texts[name][:200]) for name in mute] == []
        assert oai_faults({name: text for name, text in texts.items() if name.startswith("oai")}) == []
        assert [name for name, text in texts.items() if '"status":500' in text or "Internal Server Error" in text] == []
        undone = instance.run_cli("withdrawal", "undo", "tsd", identifier, "--reason", "A mistake.")
        assert undone.exit_code == 0, undone.output
        instance.index()
        assert {k: v for k, v in self.said_in(surfaces, said).items() if k != "event"} == {
            k: v for k, v in before.items() if k != "event"
        }
        last = instance.events(identifier)[-1][2]
        assert said["description"] in json.dumps(last) and "delete" not in last["data"]
        # the table would prove nothing of a surface that never said anything
        assert [k for k, parts in before.items() if not parts and not k.startswith(self.silent + ("event",))] == []

    # surfaces that say nothing of a description, or are gone with it
    silent = ("datasets", "dataset", "dataset with key", "access link", "access link html")

    def test_title_goes_too_where_the_source_says_so(self, instance):
        identifier, said = "untitled/" + uuid.uuid4().hex, words()
        kept = [(extension, dict(extension.sources)) for extension in instance.extensions()]
        made = instance.source.register(identifier, described(self.description(), said))
        try:
            for extension, sources in kept:
                extension.sources["tsd"] = sources["tsd"]._replace(withdrawn_title=False)
            instance.source.set_state(identifier, "withdrawn", "Consent ended.")
            instance.index()
            surfaces = dict(self.shared(instance, identifier, made["pid"]), **self.surfaces(instance, made))
            assert {name for name, parts in self.said_in(surfaces, said).items() if "title" in parts} == set()
        finally:
            for extension, sources in kept:
                extension.sources.update(sources)

    def test_event_of_a_withdrawal_says_what_to_delete(self, instance):
        identifier, said = "told/" + uuid.uuid4().hex, words()
        instance.source.register(identifier, described(self.description(), said))
        instance.source.set_state(identifier, "withdrawn", "Consent ended.")
        data = instance.events(identifier)[-1][2]["data"]
        assert data["delete"] == ["core", "files", "sensitive", "version"]
        assert sorted(data["dataset"]["core"]) == ["contacts", "titles"]
        assert data["digest"] == client.digest(client.canonical(data["dataset"]))

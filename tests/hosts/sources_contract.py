"""Sources that want each other's datasets, on every host.

The fixture `instance` is made with SOURCES and has `keys` from KEYS; see tests/instance.py. A test module per host
subclasses SourcesContract and says how its users get tokens.
"""

import http.client
import json
import re
import time
import uuid
from urllib.parse import quote

import pytest
from answers_contract import AnswersContract
from quotas_contract import QuotasContract
from rows import dump, new

from secureb2share_ext import client

KEYS = {name: client.new_key() for name in ("p11", "p11 and p12")}
SOURCES = {
    "tsd": {
        "release": "review",
        "keys": [{"key": public, "tenants": name.split(" and ")} for name, (_, public) in KEYS.items()],
    },
    "csc": {"release": "review"},
}
UNKNOWN = {
    "type": "about:blank",
    "title": "Not found",
    "status": 404,
    "code": "unknown-dataset",
    "detail": "This catalogue knows no such dataset.",
}
NOT_SIGNED = {
    "type": "about:blank",
    "title": "The signature is not valid",
    "status": 401,
    "code": "signature",
    "detail": "No signature in webhook-signature was made with a known key.",
}
ROUTES = {
    "register": ("PUT", ""),
    "state": ("POST", "/state"),
    "transfer": ("POST", "/transfer"),
    "decision": ("POST", "/decisions"),
    "receipt": ("POST", "/receipt"),
    "erase": ("POST", "/erase"),
    "attest": ("POST", "/attest"),
}
NOT_BUILT = ("erase", "attest")
KINDS = (
    "published",
    "suspended",
    "superseded",
    "withdrawn",
    "held",
    "refused",
    "changed",
    "taken back",
    "claimed",
    "curator's",
    "unknown",
)


def new_identifier():
    return "sources/" + uuid.uuid4().hex


class SourcesContract(AnswersContract, QuotasContract):
    """Subclass it as Test..."""

    @pytest.fixture(autouse=True)
    def _of_this_catalogue(self, instance):
        self.catalogue = instance.base_url

    def token(self, instance, scopes, register=(), superuser=False):
        """A new user's access token with scopes, who may register for the sources named."""
        raise AssertionError("a host says how its users get tokens")

    def title_and_contact(self, instance, pid):
        """What the host's own JSON of a record says."""
        metadata = instance.call("GET", "/api/records/" + pid).json()["metadata"]
        return metadata["titles"][0]["text"], metadata["contacts"][0]

    def is_next(self, before, after):
        """Whether a record went from one revision to another by one change."""
        return after == before + 1

    def register_scope(self):
        """The scope of a token that registers."""
        raise AssertionError("a host names its scope")

    def description(self, title="One of ours"):
        from instance import example

        found = example()
        found["core"]["titles"] = [{"lang": "en", "text": title}]
        return found

    def datasets(self, instance, source="tsd", tenant=None):
        """{kind: identifier} of datasets of a source in every state, made once."""
        made = instance.__dict__.setdefault("made", {})
        if (source, tenant) not in made:
            made[source, tenant] = self.make(instance, source, tenant)
        return made[source, tenant]

    def make(self, instance, source, tenant):
        owner = {"tsd": instance.source, "csc": instance.other}[source]
        found = {kind: "%s-%s-%s" % (new_identifier(), source, kind.split("'")[0].replace(" ", "-")) for kind in KINDS}
        for kind in ("published", "suspended", "superseded", "withdrawn", "held", "refused", "changed", "taken back"):
            owner.register(found[kind], self.description(), tenant=tenant)
        for kind in ("published", "suspended", "superseded", "withdrawn", "changed"):
            assert instance.run_cli("review", "release", source, found[kind]).exit_code == 0
        assert instance.run_cli("review", "refuse", source, found["refused"], "--reason", "No.").exit_code == 0
        owner.register(found["changed"], self.description("Changed"))
        owner.set_state(found["suspended"], "suspended", "Why.")
        owner.set_state(found["superseded"], "superseded", "Why.", successor=found["published"], confirm=True)
        owner.set_state(found["withdrawn"], "withdrawn", "Why.", confirm=True)
        owner.set_state(found["taken back"], "withdrawn", "Why.", confirm=True)
        route = {"tsd": "/api/records/", "csc": "/api/csc/"}[source]
        assert instance.curate(self.description(), found["claimed"], route=route).status_code == 201
        found["curator's"] = "pid:" + instance.curate(self.description(), route=route).json()["id"]
        return found

    def members(self, action, event="7e7d4f1e-9a35-4d1e-8a0f-8d2f0b4f1a11", digest="0" * 64):
        return {
            "register": {"dataset": self.description("Mine now")},
            "state": {"state": "withdrawn", "reason": "Mine now."},
            "transfer": {"tenant": "p11", "contact": {"name": "Mine", "email": "mine@example.org"}},
            "decision": {"application": "a", "state": "approved"},
            "receipt": {"event": event, "digest": digest},
            "erase": {"reason": "Mine now."},
            "attest": {"digest": digest},
        }[action]

    def body(self, action, source, identifier, **changed):
        said = {"action": action, "catalogue": self.catalogue, "source": source, "identifier": identifier}
        said["issued"] = client.now_utc()
        return client.canonical(dict(said, **dict(self.members(action), **changed)))

    def path(self, source, identifier, action=None):
        return "/api/datasets/%s/%s%s" % (quote(source), quote(identifier), ROUTES[action][1] if action else "")

    def send(self, instance, action, source, identifier, body, key, message_id=None, role=None):
        headers = client.signed_headers(key, message_id or str(uuid.uuid4()), body) if key else {}
        path = self.path(source, identifier, action)
        return instance.call(ROUTES[action][0], path, role, data=body, headers=headers)

    def look(self, instance, path, key=None, role=None):
        """A GET, signed by a key."""
        path, _, query = path.partition("?")
        signed = ("%s GET %s%s" % (self.catalogue, path, "?" + query if query else "")).encode("ascii")
        headers = client.signed_headers(key, str(uuid.uuid4()), signed) if key else {}
        return instance.call("GET", path + ("?" + query if query else ""), role, headers=headers)

    def everything(self, instance, source, identifier, key, named=None, role=None):
        """[(what was tried, answer)] of every route that needs a key, for one dataset; named: source in the body."""
        tried = []
        for action in ROUTES:
            body = self.body(action, named or source, identifier, **({"id": str(uuid.uuid4())} if role else {}))
            tried.append((action, self.send(instance, action, source, identifier, body, key, role=role)))
        tried.append(("read", self.look(instance, self.path(source, identifier), key, role)))
        tried.append(("list", self.look(instance, "/api/datasets/%s" % source, key, role)))
        after = "/api/datasets/%s?after=%s" % (source, quote(identifier, safe="~"))
        tried.append(("list after", self.look(instance, after, key, role)))
        return tried

    @pytest.mark.parametrize("attacker, victim", [("csc", "tsd"), ("tsd", "csc")])
    def test_the_key_of_another_source_is_no_key(self, instance, attacker, victim):
        key = {"tsd": instance.key, "csc": instance.second[0]}[attacker]
        targets = self.datasets(instance, victim)
        before, problems = dump(instance), []
        for kind, identifier in targets.items():
            for named in (victim, attacker):
                for what, answer in self.everything(instance, victim, identifier, key, named):
                    if (answer.status_code, json.loads(answer.text)) != (401, NOT_SIGNED):
                        problems.append((kind, named, what, answer.status_code, answer.text[:200]))
        assert problems == []
        texts = {answer.content for _, answer in self.everything(instance, victim, targets["held"], key)}
        texts |= {answer.content for _, answer in self.everything(instance, victim, targets["unknown"], key)}
        assert len(texts) == 1
        assert new(before, dump(instance)) == {}

    def test_an_unconfigured_source_has_no_key(self, instance):
        before = dump(instance)
        for name in ("none", "TSD", "tsd ", "\uff54sd", "keys"):
            for what, answer in self.everything(instance, quote(name), "x", instance.key, name):
                if name != "keys" or not what.startswith("list"):
                    assert (answer.status_code, answer.json()) == (401, NOT_SIGNED), (name, what, answer.text)
        assert new(before, dump(instance)) == {}

    @pytest.mark.parametrize("key", [None, client.new_key()[0], "whsec_" + "QUJD" * 10])
    def test_strangers_learn_nothing(self, instance, key):
        before, said = dump(instance), {}
        for kind, identifier in self.datasets(instance).items():
            for what, answer in self.everything(instance, "tsd", identifier, key):
                if what == "read" and key is None:
                    there = kind in (
                        "published",
                        "suspended",
                        "superseded",
                        "withdrawn",
                        "changed",
                        "claimed",
                        "curator's",
                    )
                    assert answer.status_code == (200 if there else 404), (kind, answer.text)
                    assert "tenant" not in answer.json() and "review" not in answer.json()
                else:
                    assert (answer.status_code, answer.json()["code"]) == (401, "signature"), (kind, what)
                    said.setdefault(what, set()).add(answer.content)
        assert {what: len(texts) for what, texts in said.items()} == dict.fromkeys(said, 1)
        assert new(before, dump(instance)) == {}

    def test_lines_of_another_source(self, instance):
        kinds = self.datasets(instance)
        lines = [
            client.line(instance.second[0], self.body(action, "tsd", identifier))
            for identifier in kinds.values()
            for action in ROUTES
        ]
        before = dump(instance)
        # by whoever holds the key of csc, as a bulk of csc and of tsd
        answer = instance.post_lines(lines, source="csc", key=instance.second[0])
        said = [json.loads(line) for line in answer.text.splitlines()]
        fault = {"field": "source", "message": "differs from the source of the request"}
        assert [one["problem"]["errors"] for one in said] == [[fault]] * len(lines)
        assert [one["identifier"] for one in said] == [one for one in kinds.values() for _ in ROUTES]
        answer = instance.post_lines(lines, key=instance.second[0])
        assert (answer.status_code, answer.json()) == (401, NOT_SIGNED)
        # in a bulk that tsd signed
        answer = instance.post_lines(lines)
        assert [json.loads(line)["problem"] for line in answer.text.splitlines()] == [NOT_SIGNED] * len(lines)
        assert new(before, dump(instance)) == {}

    def test_own_messages_that_name_anothers(self, instance):
        """Each answer about another source's dataset, event or message id is that about an unknown one."""
        own, victims = new_identifier(), self.datasets(instance)
        instance.other.register(own, self.description())
        assert instance.run_cli("review", "release", "csc", own).exit_code == 0
        event = instance.source.get(victims["published"])["receipts"][0]["id"]
        before = dump(instance)
        for kind, identifier in victims.items():
            described = dict(self.description(), version={"replaces": identifier})
            for action, changed, field in (
                ("register", {"dataset": described}, "dataset.version.replaces"),
                ("state", {"state": "superseded", "reason": "Why.", "successor": identifier}, "successor"),
            ):
                body = self.body(action, "csc", own, **changed)
                answer = self.send(instance, action, "csc", own, body, instance.second[0])
                assert answer.status_code == 400, (kind, answer.text)
                assert answer.json()["errors"] == [
                    {"field": field, "message": "is not a published dataset of this source"}
                ]
        said = set()
        for event_id in (event, str(uuid.uuid4())):
            body = self.body("receipt", "csc", own, event=event_id)
            answer = self.send(instance, "receipt", "csc", own, body, instance.second[0])
            said.add((answer.status_code, answer.content))
        assert len(said) == 1 and said.pop()[0] == 400
        assert new(before, dump(instance)) == {}

    def test_replays_of_anothers_signed_bytes(self, instance):
        """What was overheard of tsd moves nothing when it is sent elsewhere."""
        targets = self.datasets(instance)
        identifier, other = targets["published"], self.datasets(instance, "csc")["published"]
        overheard = [(a, self.body(a, "tsd", new_identifier())) for a in ROUTES]
        before = dump(instance)
        for action, body in overheard:
            headers = client.signed_headers(instance.key, str(uuid.uuid4()), body)
            for elsewhere, (method, _) in ROUTES.items():
                own = instance.call(method, self.path("tsd", identifier, elsewhere), data=body, headers=headers)
                assert (own.status_code, own.json()["code"]) == (400, "invalid"), (action, elsewhere, own.text)
                foreign = instance.call(method, self.path("csc", other, elsewhere), data=body, headers=headers)
                assert (foreign.status_code, foreign.json()) == (401, NOT_SIGNED)
            looked = instance.call("GET", self.path("tsd", identifier), headers=headers)
            assert (looked.status_code, looked.json()["code"]) == (401, "signature")
        signed = client.bare(self.catalogue, "GET", "/api/datasets/tsd/" + identifier)
        headers = client.signed_headers(instance.key, str(uuid.uuid4()), signed)
        for path in (self.path("tsd", targets["held"]), "/api/datasets/tsd", self.path("tsd", identifier) + "?a"):
            looked = instance.call("GET", path, headers=headers)
            assert (looked.status_code, looked.json()["code"]) == (401, "signature")
        for action, (method, _suffix) in ROUTES.items():
            answer = instance.call(method, self.path("tsd", identifier, action), data=signed, headers=headers)
            assert answer.status_code in (400, 401)
        assert new(before, dump(instance)) == {}

    def test_what_was_signed_for_another_catalogue_has_no_effect(self, instance):
        """What a staging copy with the same sources and keys was sent or asked has no effect here."""
        targets, problems = self.datasets(instance), []
        other = "https://staging.example.org"
        before = dump(instance)
        for kind, identifier in targets.items():
            for action in ROUTES:
                body = self.body(action, "tsd", identifier, catalogue=other)
                answer = self.send(instance, action, "tsd", identifier, body, instance.key)
                said = answer.json()
                right = (answer.status_code, said["code"]) == (401, "other-catalogue")
                if not right or self.catalogue not in said["detail"] or other in said["detail"]:
                    problems.append((kind, action, answer.status_code, answer.text))
        assert problems == []
        path = "/api/datasets/tsd/" + targets["published"]
        for catalogue in (other, "", instance.base_url + "/", "GET " + instance.base_url):
            for asked, query in ((path, ""), ("/api/datasets/tsd", ""), ("/api/datasets/tsd", "after=" + "x")):
                signed = client.bare(catalogue, "GET", asked, query)
                headers = client.signed_headers(instance.key, str(uuid.uuid4()), signed)
                answer = instance.call("GET", client.target(asked, query), headers=headers)
                assert (answer.status_code, answer.json()) == (401, NOT_SIGNED), (catalogue, asked)
        # what was signed before it named its catalogue
        signed = ("GET " + path).encode("ascii")
        answer = instance.call("GET", path, headers=client.signed_headers(instance.key, str(uuid.uuid4()), signed))
        assert (answer.status_code, answer.json()) == (401, NOT_SIGNED)
        body = json.loads(self.body("state", "tsd", targets["published"]).decode("utf-8"))
        del body["catalogue"]
        answer = self.send(instance, "state", "tsd", targets["published"], client.canonical(body), instance.key)
        assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (400, ["catalogue"])
        assert new(before, dump(instance)) == {}

    def test_what_is_not_built_says_so_and_stores_nothing(self, instance):
        targets = self.datasets(instance)
        before = dump(instance)
        for identifier in (targets["published"], targets["unknown"]):
            for call, fault in ((instance.source.erase, ""), (instance.source.attest, "x")):
                with pytest.raises(client.Refused) as refused:
                    call(identifier, "0" * 64)
                assert (refused.value.status, refused.value.code) == (501, "not-built")
                with pytest.raises(client.Refused) as refused:
                    call(identifier, fault)
                assert (refused.value.status, refused.value.code) == (400, "invalid")
        assert new(before, dump(instance)) == {}

    @pytest.mark.parametrize(
        "form",
        [
            "/api/datasets/csc/../{victim}/{identifier}",
            "/api/datasets/csc/%2e%2e/{victim}/{identifier}",
            "/api/datasets/csc%2F..%2F{victim}/{identifier}",
            "/api/datasets/./{victim}/{identifier}",
            "/api/datasets//{victim}/{identifier}",
            "/api//datasets/{victim}/{identifier}",
            "//api/datasets/{victim}/{identifier}",
            "/api/datasets/{victim}//{identifier}",
            "/api/datasets/{victim}%2F{identifier}",
            "/api/datasets/{victim}/{escaped}",
            "/api/datasets/%74%73%64/{identifier}",
            "/api/datasets/%54SD/{identifier}",
            "/api/datasets/{victim}/{identifier}/",
            "/api/datasets/{victim}/{identifier}%00",
            "/api/datasets/{victim}/{identifier}%20",
            "/api/datasets/{victim};a=b/{identifier}",
            "/api/datasets/{victim}/{identifier};a=b",
            "/api/datasets/{victim}/{identifier}?source=csc",
            "/api/datasets/{victim}/{identifier}%3Fa",
            "/api/datasets/{victim}/{identifier}#a",
            "/api/datasets/{victim}/{upper}",
            "/api/datasets/\u00ef\u00bd\u0094sd/{identifier}",
            "/api/datasets/%EF%BD%94sd/{identifier}",
            "/api/datasets/csc/{victim}/{identifier}",
            "/api/datasets/csc?/{victim}/{identifier}",
            "/API/datasets/{victim}/{identifier}",
            "http://localhost/api/datasets/{victim}/{identifier}",
        ],
    )
    def test_addresses_lead_nowhere_else(self, instance, form):
        """The address of another source's dataset, however written, says the same as that of an unknown one."""
        targets, said = self.datasets(instance), {}
        before = dump(instance)
        for kind in ("published", "held", "withdrawn", "claimed", "unknown"):
            identifier = targets[kind]
            path = form.format(
                victim="tsd", identifier=identifier, escaped=quote(identifier, safe=""), upper=identifier.upper()
            )
            for action, (method, suffix) in ROUTES.items():
                for named in ("csc", "tsd"):
                    body = self.body(action, named, identifier)
                    headers = client.signed_headers(instance.second[0], str(uuid.uuid4()), body)
                    answer = self.raw(instance, method, path + suffix, headers, body)
                    said.setdefault((action, named), {})[kind] = self.unnamed(answer, identifier)
            signed = client.bare(self.catalogue, "GET", path.partition("?")[0], path.partition("?")[2])
            headers = client.signed_headers(instance.second[0], str(uuid.uuid4()), signed)
            # the public view is the same for everybody; a signature must not make it another's
            said.setdefault("read", {})[kind] = self.unnamed(self.raw(instance, "GET", path, headers), identifier)
        for what, by_kind in said.items():
            assert set(by_kind.values()) == {by_kind["unknown"]}, (what, by_kind)
            # that of another resource, perhaps one of the attacker's own, or a page: never a success
            own_list = what == "read" and form.startswith("/api/datasets/csc?")
            expected = (200,) if own_list else (301, 308, 400, 401, 404, 405)
            assert by_kind["unknown"][0] in expected, (what, by_kind["unknown"])
        assert new(before, dump(instance)) == {}

    def raw(self, instance, method, path, headers, body=None):
        """(status, body) of a request whose target nobody normalises."""
        host = instance.base_url.split("//")[1]
        connection = http.client.HTTPConnection(host, timeout=30)
        connection._validate_path = lambda url: None
        connection._encode_request = lambda text: text.encode("latin-1")
        try:
            connection.putrequest(method, path.encode("utf-8").decode("latin-1"), skip_accept_encoding=True)
            for name, value in dict(headers, **{"Content-Length": str(len(body or b""))}).items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def unnamed(self, answer, identifier):
        status, text = answer
        for form in (identifier, quote(identifier), quote(identifier, safe=""), identifier.upper()):
            text = text.replace(form, "IT").replace(form.replace("'", "&#39;"), "IT")
        return status, re.sub(r"nonce[^ ]*", "", text)

    def test_own_list_is_complete_and_own(self, instance):
        for source, owner in (("tsd", instance.source), ("csc", instance.other)):
            kinds = self.datasets(instance, source)
            listed = {one["identifier"]: one for one in self.whole_list(owner)}
            assert len(listed) == instance.count("secureb2share_dataset", "source = '%s'" % source)
            assert set(kinds.values()) - set(listed) == {kinds["unknown"]}
            assert {kind: listed[kinds[kind]]["review"] for kind in KINDS if kind != "unknown"} == dict(
                dict.fromkeys(set(KINDS) - {"unknown"}), held="held", refused="refused", changed="held"
            )

    def whole_list(self, owner):
        found, page = [], {"next": None}
        while page["next"] or not found:
            page = owner.list(page["next"])
            found += page["datasets"]
        return found

    # keys for some tenants

    def limited(self, instance, name="p11"):
        return client.Client(instance.base_url, "tsd", KEYS[name][0])

    @pytest.mark.parametrize("tenant", ["p12", None])
    def test_datasets_of_other_tenants_are_unknown(self, instance, tenant):
        targets, key = self.datasets(instance, "tsd", tenant), KEYS["p11"][0]
        before, problems, refused = dump(instance), [], []
        for kind, identifier in targets.items():
            for what, answer in self.everything(instance, "tsd", identifier, key):
                if what.startswith("list"):
                    continue
                if what in NOT_BUILT:
                    # whatever dataset is named
                    expected = (501, "not-built")
                elif what == "register":
                    # this key may register for its own tenant only, and learns not whether the identifier is free
                    expected = (400, "invalid")
                    refused.append(answer.json())
                else:
                    expected = (404, "unknown-dataset")
                if (answer.status_code, answer.json()["code"]) != expected:
                    problems.append((kind, what, answer.status_code, answer.text[:200]))
                elif answer.status_code == 404 and answer.json() != UNKNOWN:
                    problems.append((kind, what, answer.text))
            # no source registers under pid:, taken or free
            if kind not in ("unknown", "curator's"):
                own = self.body("register", "tsd", identifier, tenant="p11")
                answer = self.send(instance, "register", "tsd", identifier, own, key)
                if (answer.status_code, answer.json()) != (404, UNKNOWN):
                    problems.append((kind, "register for its own", answer.status_code, answer.text[:200]))
        assert problems == []
        assert refused == [refused[0]] * len(targets)
        lines = [
            (UNKNOWN if action != "register" else refused[0], client.line(key, self.body(action, "tsd", identifier)))
            for kind, identifier in targets.items()
            for action in ROUTES
            if kind != "unknown" and action not in NOT_BUILT
        ]
        answer = instance.post_lines([line for _, line in lines], key=key)
        assert [json.loads(line)["problem"] for line in answer.text.splitlines()] == [said for said, _ in lines]
        assert new(before, dump(instance)) == {}

    @pytest.mark.parametrize("tenant", [None, "p12", "P11", "p11 "])
    def test_limited_key_registers_for_its_tenants(self, instance, tenant):
        before = dump(instance)
        identifier = new_identifier()
        with pytest.raises(client.Refused) as refused:
            self.limited(instance).register(identifier, self.description(), tenant=tenant)
        assert refused.value.problem["errors"] == [
            {"field": "tenant", "message": "must be one of the tenants of this key: p11"}
        ]
        (line,) = self.limited(instance).send_many(
            [
                client.line(
                    KEYS["p11"][0], self.body("register", "tsd", identifier, **({"tenant": tenant} if tenant else {}))
                )
            ]
        )
        assert (line["status"], [e["field"] for e in line["problem"]["errors"]]) == (400, ["tenant"])
        assert new(before, dump(instance)) == {}

    def test_limited_key_lists_its_tenants(self, instance):
        for tenant in ("p11", "p12", None):
            self.datasets(instance, "tsd", tenant)
        for name in KEYS:
            listed = [one["identifier"] for one in self.whole_list(self.limited(instance, name))]
            where = "source = 'tsd' AND tenant IN (%s)" % ", ".join("'%s'" % t for t in name.split(" and "))
            assert len(listed) == instance.count("secureb2share_dataset", where) > 0
            assert set(listed) & set(self.datasets(instance, "tsd", None).values()) == set()

    def test_limited_key_does_all_for_its_own(self, instance):
        identifier, owner = new_identifier(), self.limited(instance)
        assert owner.register(identifier, self.description(), tenant="p11")["result"] == "held"
        assert instance.run_cli("review", "release", "tsd", identifier).exit_code == 0
        shown = owner.get(identifier)
        assert shown["tenant"] == "p11" and len(shown["receipts"]) == 1
        instance.sweep()
        (event,) = instance.receiver.of(identifier)
        bodies = [body for _, body in instance.receiver.requests if event["id"].encode() in body]
        assert owner.acknowledge(event, bodies[0], "kept")["result"] in ("changed", "unchanged", "acknowledged")
        assert owner.report_decision(identifier, "a", "submitted")["requests"]["open"] == 1
        assert owner.set_state(identifier, "suspended", "Why.")["state"] == "suspended"

    def test_limited_key_names_no_other_tenants_datasets(self, instance):
        own, owner = self.datasets(instance, "tsd", "p11")["published"], self.limited(instance)
        theirs = self.datasets(instance, "tsd", "p12")
        said = set()
        event = instance.source.get(theirs["published"])["receipts"][0]["id"]
        for identifier, event_id in ((theirs["published"], event), (theirs["unknown"], str(uuid.uuid4()))):
            for action, changed in (
                ("register", {"dataset": dict(self.description(), version={"replaces": identifier}), "tenant": "p11"}),
                ("state", {"state": "superseded", "reason": "Why.", "successor": identifier}),
                ("receipt", {"event": event_id}),
            ):
                body = self.body(action, "tsd", own, **changed)
                answer = self.send(instance, action, "tsd", own, body, owner.key)
                assert answer.status_code == 400
                said.add((action, answer.content))
        assert len(said) == 3

    def test_transfer_needs_both_tenants(self, instance):
        identifier, p11, both = new_identifier(), self.limited(instance), self.limited(instance, "p11 and p12")
        message_id = str(uuid.uuid4())
        registered = self.body("register", "tsd", identifier, tenant="p11", dataset=self.description())
        assert self.send(instance, "register", "tsd", identifier, registered, p11.key, message_id).status_code == 202
        with pytest.raises(client.Refused) as refused:
            both.transfer(identifier, "p12")
        assert (refused.value.status, refused.value.code) == (409, "state")
        assert instance.run_cli("review", "release", "tsd", identifier).exit_code == 0
        before = instance.source.get(identifier)
        with pytest.raises(client.Refused) as refused:
            p11.transfer(identifier, "p12")
        assert [error["field"] for error in refused.value.problem["errors"]] == ["tenant"]
        contact = {"name": "The other desk", "email": "desk@example.org"}
        moved = both.transfer(identifier, "p12", contact)
        # the source is on review: its new contact waits, the tenant does not
        assert moved["result"] == "held"
        for name in ("pid", "access_url", "record_url", "state", "revision"):
            assert moved[name] == before[name]
        assert instance.source.get(identifier)["tenant"] == "p12"
        assert instance.run_cli("review", "release", "tsd", identifier).exit_code == 0
        after = instance.source.get(identifier)
        assert after["tenant"] == "p12" and self.is_next(before["revision"], after["revision"])
        assert self.title_and_contact(instance, before["pid"])[1] == contact
        assert instance.call("GET", "/api/access/" + before["pid"]).status_code == 302
        kinds = [
            (b["type"].split(".")[-2], b["data"]["dataset"]["core"]["contacts"])
            for _, _, b in instance.events(identifier)
        ]
        assert kinds == [("published", self.description()["core"]["contacts"]), ("changed", [contact])]
        # what p11 had is p12's now: even its own old message is one about an unknown dataset
        for attempt in (lambda: p11.get(identifier), lambda: p11.transfer(identifier, "p11")):
            with pytest.raises(client.Refused) as refused:
                attempt()
            assert (refused.value.status, refused.value.problem) == (404, UNKNOWN)
        replayed = self.send(instance, "register", "tsd", identifier, registered, p11.key, message_id)
        assert (replayed.status_code, replayed.json()) == (404, UNKNOWN)
        assert both.transfer(identifier, "p12", contact)["result"] == "unchanged"
        result = instance.run_cli("transfer", "tsd", identifier, "--tenant", "p11")
        assert (result.exit_code, result.output) == (0, "Tenant p11: changed.\n")
        assert p11.get(identifier)["tenant"] == "p11"

    # tokens

    def test_tokens_of_no_use(self, instance):
        scope, targets = self.register_scope(), self.datasets(instance)
        tokens = {
            "curate only": (self.token(instance, ["secureb2share:curate"], ["tsd"]), 401, "signature"),
            "no scope": (self.token(instance, [], ["tsd"]), 401, "signature"),
            "no action": (self.token(instance, [scope]), 404, "unknown-dataset"),
            "another's": (self.token(instance, [scope], ["csc"]), 404, "unknown-dataset"),
            "none": ("x" * 60, 401, "signature"),
        }
        before, problems = dump(instance), []
        for name, (token, status, code) in tokens.items():
            instance.tokens[name] = token
            for kind, identifier in targets.items():
                for what, answer in self.everything(instance, "tsd", identifier, None, role=name):
                    if what == "read":
                        public = instance.call("GET", self.path("tsd", identifier))
                        right = (answer.status_code, answer.content) == (public.status_code, public.content)
                    else:
                        right = (answer.status_code, answer.json()["code"]) == (status, code)
                        right = right and (status != 404 or answer.json() == UNKNOWN)
                    if not right:
                        problems.append((name, kind, what, answer.status_code, answer.text[:200]))
        assert problems == []
        assert new(before, dump(instance)) == {}

    @pytest.mark.parametrize("who", ["register", "superuser"])
    def test_token_registers(self, instance, who):
        scope = [self.register_scope()]
        token = (
            self.token(instance, scope, ["csc"]) if who == "register" else self.token(instance, scope, superuser=True)
        )
        instance.tokens["registrar"] = token
        identifier, message_id = new_identifier(), str(uuid.uuid4())

        def put(**changed):
            body = self.body("register", "csc", identifier, issued="2026-01-01T00:00:00Z", **changed)
            return self.send(instance, "register", "csc", identifier, body, None, role="registrar")

        nameless = put()
        assert (nameless.status_code, [e["field"] for e in nameless.json()["errors"]]) == (400, ["id"])
        first, again = put(id=message_id), put(id=message_id)
        assert (first.status_code, again.status_code) == (202, 202) and first.content == again.content
        reused = put(id=message_id, dataset=self.description("Another"))
        assert (reused.status_code, reused.json()["code"]) == (422, "message-reused")
        shown = self.look(instance, self.path("csc", identifier), role="registrar").json()
        assert shown["review"]["state"] == "held"
        listed = self.look(instance, "/api/datasets/csc", role="registrar").json()
        assert identifier in [one["identifier"] for one in listed["datasets"]]
        for what, answer in self.everything(instance, "tsd", identifier, None, role="registrar"):
            if who == "register" and what != "read":
                assert (answer.status_code, answer.json()) == (404, UNKNOWN), what
        # a signature beside the token is what counts
        body = self.body("register", "csc", identifier, id=str(uuid.uuid4()))
        signed = self.send(instance, "register", "csc", identifier, body, instance.key, role="registrar")
        assert (signed.status_code, signed.json()) == (401, NOT_SIGNED)
        withdrawn = self.body("state", "csc", identifier, id=str(uuid.uuid4()))
        answer = self.send(instance, "state", "csc", identifier, withdrawn, None, role="registrar")
        assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")

    def test_a_token_of_a_suspended_source_is_refused(self, instance):
        instance.tokens["stopped"] = self.token(instance, [self.register_scope()], ["csc"])
        identifier = new_identifier()
        body = self.body("register", "csc", identifier, id=str(uuid.uuid4()))
        assert self.send(instance, "register", "csc", identifier, body, None, role="stopped").status_code == 202
        assert instance.run_cli("source", "suspend", "csc").exit_code == 0
        try:
            before = dump(instance)
            said = {
                what: (answer.status_code, answer.json().get("code"))
                for what, answer in self.everything(instance, "csc", identifier, None, role="stopped")
            }
            assert set(said.values()) == {(403, "source-suspended")}, said
            assert new(before, dump(instance)) == {}
        finally:
            assert instance.run_cli("source", "resume", "csc").exit_code == 0
        shown = self.look(instance, self.path("csc", identifier), role="stopped")
        assert shown.status_code == 200

    def test_age_of_a_signature(self, instance):
        identifier = new_identifier()
        body = self.body("register", "tsd", identifier)
        for age, status in ((290, 202), (310, 401), (-310, 401)):
            headers = client.signed_headers(instance.key, str(uuid.uuid4()), body, now=time.time() - age)
            answer = instance.call("PUT", self.path("tsd", identifier), data=body, headers=headers)
            assert answer.status_code in (status, 200), (age, answer.text)

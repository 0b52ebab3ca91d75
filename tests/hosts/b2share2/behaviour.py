"""The answers of an instance: behaviour.py FOLDER with|without prints JSON: {what was asked: answer}, and its beat.

In a process of its own, so that nothing of another run is left in it; `without` has no entry point of this package.
Times are left out, and numbers that are new each time are replaced by the order in which they appear.
FOLDER/life.json holds tokens, communities, the record from former times, the package's configuration and the address
of the search cluster.
"""

import json
import logging
import os
import re
import sys

import pkg_resources
import requests
import stock

PATCH = "application/json-patch+json"
STREAM = "application/octet-stream"
NUMBER = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}")
TIME = re.compile(
    r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|\+00:00)?|[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} 20[0-9 :]+GMT|"
    r"session=[^;]*"
)
APPLICATION = {
    name: "a@example.org" for name in ("name", "affiliation", "email", "address", "city", "country", "zipcode", "phone")
}
OURS = ("/access/x", "/access/?source=tsd&id=a")
FORMATS = ("oai_dc", "marcxml", "eudatcore", "oai_datacite", "datacite4", "eudatextended")


class Behaviour:
    """The answers so far."""

    def __init__(self, app, life):
        from werkzeug.test import Client
        from werkzeug.wrappers import BaseResponse

        self.client = Client(app.wsgi_app, BaseResponse, use_cookies=False)
        self.life, self.answers, self.known = life, {}, {}

    def ask(self, method, path, role=None, data=None, kind="application/json"):
        headers = {"Accept": "*/*"}
        if role:
            headers["Authorization"] = "Bearer " + self.life["tokens"][role]
        values = {"data": data, "content_type": kind} if data is not None else {}
        if isinstance(data, (dict, list)) and kind != "multipart/form-data":
            values["data"] = json.dumps(data)
        found = self.client.open(path, method=method, base_url=self.life["base_url"], headers=headers, **values)
        said = "%s %s %s" % (method, self._plain(path), role)
        while said in self.answers:
            said += " again"
        header = sorted("%s: %s" % one for one in found.headers if one[0] != "Date")
        self.answers[said] = [found.status_code, self._plain("\n".join(header)), self._plain(found.get_data(True))]
        try:
            return json.loads(found.get_data(True))
        except ValueError:
            return {}

    def _plain(self, text):
        text = TIME.sub("<time>", text)
        return NUMBER.sub(lambda found: self.known.setdefault(found.group(), "<%d>" % len(self.known)), text)

    def _refresh(self):
        requests.post("http://%s/_refresh" % self.life["search"])

    def deposit(self, community, role, block):
        """A draft with files, published, read in every form, edited, followed by a version, and deleted."""
        body = {"community": self.life["communities"][community], "titles": [{"title": "Sea level"}]}
        body.update({"open_access": True, "community_specific": block, "embargo_date": "2999-01-01T00:00:00+00:00"})
        draft = self.ask("POST", "/api/records/", role, body)
        if "links" not in draft:
            return
        bucket = draft["links"]["files"][draft["links"]["files"].index("/api/") :]
        pid = draft["id"]
        self.ask("PUT", bucket + "/stream.csv", role, b"1,2", STREAM)
        self.ask("PUT", bucket + "/other.csv", role, b"1,2", STREAM)
        self.ask("DELETE", bucket + "/other.csv", role)
        self.ask("POST", bucket + "/parts.csv?uploads&size=6000000&partSize=5242880", role)
        self.ask("GET", bucket, role)
        draft_path = "/api/records/%s/draft" % pid
        self.ask("PATCH", draft_path, role, [{"op": "add", "path": "/keywords", "value": [{"keyword": "sea"}]}], PATCH)
        self.ask("GET", draft_path, role)
        self._refresh()
        self.ask("GET", "/api/records/?drafts=1&q=" + pid, role)
        self.ask("PATCH", draft_path, role, [{"op": "add", "path": "/publication_state", "value": "submitted"}], PATCH)
        self.read(pid)
        self.ask("GET", bucket + "/stream.csv")
        self.ask("PATCH", "/api/records/" + pid, role, [{"op": "add", "path": "/version", "value": "2"}], PATCH)
        self.ask("POST", "/api/records/?version_of=" + pid, role, {"community": body["community"]})
        self.ask("POST", "/api/records/%s/accessrequests" % pid, role, APPLICATION)
        self.ask("DELETE", "/api/records/" + pid, "superuser")
        self.ask("GET", "/api/records/" + pid)

    def read(self, pid):
        """A record in every form, as seen by everybody."""
        self._refresh()
        for role in (None, "curator", "superuser"):
            self.ask("GET", "/api/records/" + pid, role)
            self.ask("GET", "/api/records/?q=" + pid, role)
        for path in ("/linkset/%s/json" % pid, "/linkset/" + pid, "/records/%s/versions" % pid, "/records/%s/x" % pid):
            self.ask("GET", "/api" + path)
        for prefix in FORMATS:
            where = "/api/oai2d?verb=GetRecord&metadataPrefix=%s&identifier=%s" % (prefix, self.life["oai"] + pid)
            self.ask("GET", where)
        self.ask("GET", "/records/" + pid)


def look(app, life):
    """{question: [status, headers, body]}"""
    behaviour = Behaviour(app, life)
    legacy = life["records"]["open"]
    for path in ("/", "/communities", "/schemas/0/versions/2", "/user", "/records/?q=nothing", "/nowhere"):
        behaviour.ask("GET", "/api" + path)
    for path in ("/datasets", "/datasets/keys", "/secureb2share/uploads", "/secureb2share/review", "/review") + OURS:
        behaviour.ask("GET", "/api" + path)
    behaviour.ask("GET", "/")
    for _, one in sorted(life["communities"].items()):
        behaviour.ask("GET", "/api/communities/" + one)
        behaviour.ask("GET", "/api/communities/%s/schemas/last" % one)
    for verb in ("Identify", "ListMetadataFormats", "ListSets"):
        behaviour.ask("GET", "/api/oai2d?verb=" + verb)
    behaviour.read(legacy["pid"])
    path = "/api/files/%s/%s" % (legacy["bucket"], legacy["key"])
    for role in (None, "user", "curator", "superuser"):
        behaviour.ask("GET", path, role)
        behaviour.ask("PUT", path, role, b"more", STREAM)
        behaviour.ask("POST", "/api/files", role)
        behaviour.ask("PUT", "/api/remotes/b2drop", role, {"username": "a"})
    behaviour.ask("POST", "/api/records/", "curator", b"no JSON")
    behaviour.ask("POST", "/api/records/", "curator", {"titles": [{"title": "A" * 1100000}]})
    external = [{"key": "a", "ePIC_PID": "http://hdl.handle.net/11304/a"}]
    for name in ("open", "sensitive"):
        community = life["communities"][name]
        behaviour.ask(
            "POST",
            "/api/records/",
            "curator",
            {
                "community": community,
                "titles": [{"title": "a"}],
                "open_access": True,
                "community_specific": {},
                "external_pids": external,
            },
        )
        behaviour.deposit(name, "curator", life.get("blocks", {}).get(name, {}))
        behaviour.deposit(name, "user", {})
    return behaviour.answers


def main(folder, how):
    if how == "without":
        pkg_resources.iter_entry_points = stock.without_package
    os.environ["B2SHARE_INSTANCE_PATH"] = folder
    logging.disable(logging.CRITICAL)
    with open(os.path.join(folder, "life.json")) as file:
        life = json.load(file)
    from b2share.factory import create_app

    app = create_app(**(life["configured"] if how == "with" else {}))
    answers = look(app, life)
    assert ("secureb2share_ext" in sys.modules) == (how == "with")
    settings = {name: repr(app.config[name]) for name in ("CELERY_BEAT_SCHEDULE", "MAX_CONTENT_LENGTH")}
    return {"answers": answers, "settings": settings}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))

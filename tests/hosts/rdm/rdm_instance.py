"""A real InvenioRDM on PostgreSQL, Redis and OpenSearch, with this package, served over HTTP on loopback."""

import contextlib
import hashlib
import json
import os
import random
import uuid

import rdm_indices
import requests
from invenio_db import db
from served import (  # noqa: F401
    Published,
    Served,
    adjust,
    example,
    listening,
    missing_of,
    new_database,
    package_settings,
    service,
)

from secureb2share_ext import client
from secureb2share_ext.targets.testing import Receiver

NEEDS = ("POSTGRESQL", "REDIS", "SEARCH")
SCOPES = ["user:email", "secureb2share:curate", "secureb2share:register"]
COMMUNITIES = ("sensitive", "second", "open")
VOCABULARIES = {
    ("languages", "lng"): ("eng", "nob", "fin", "swe"),
    ("resourcetypes", "rsrct"): ("dataset",),
    ("titletypes", "ttyp"): ("translated-title", "alternative-title"),
    ("descriptiontypes", "dty"): ("other", "abstract"),
    ("removalreasons", "rem"): ("test-record",),
    ("relationtypes", "rlt"): ("isderivedfrom",),
    ("creatorsroles", "crr"): ("datamanager",),
    ("contributorsroles", "cor"): ("contactperson", "datamanager"),
    ("datetypes", "dat"): ("other",),
    ("licenses", "lic"): ("cc-by-4.0",),
}
# what DataCite's schema, and DCAT made from it, call an entry
DATACITE = {
    "translated-title": "TranslatedTitle",
    "alternative-title": "AlternativeTitle",
    "other": "Other",
    "abstract": "Abstract",
    "isderivedfrom": "IsDerivedFrom",
    "datamanager": "DataManager",
    "contactperson": "ContactPerson",
}
OF_RESOURCE = {
    "csl": "dataset",
    "datacite_general": "Dataset",
    "datacite_type": "",
    "openaire_resourceType": "21",
    "openaire_type": "dataset",
    "eurepo": "info:eu-repo/semantics/other",
    "schema.org": "https://schema.org/Dataset",
    "subtype": "",
    "type": "dataset",
    "marc21_type": "dataset",
    "marc21_subtype": "",
}


def missing():
    """The first environment variable that an InvenioRDM for tests lacks, or None."""
    return missing_of(NEEDS)


def settings(folder, uri, prefix, port, receivers, public):
    """(RDM's own configuration, this package's) of an instance, ready for JSON."""
    redis, base = service("REDIS"), "http://localhost:%d" % port
    own = {
        "SECRET_KEY": "of a test",
        "SQLALCHEMY_DATABASE_URI": uri,
        "SEARCH_HOSTS": [service("SEARCH").replace("http://", "")],
        "SEARCH_INDEX_PREFIX": prefix,
        "BROKER_URL": redis + "/0",
        "CELERY_BROKER_URL": redis + "/0",
        "CELERY_RESULT_BACKEND": redis + "/1",
        "CELERY_TASK_ALWAYS_EAGER": True,
        "ACCOUNTS_SESSION_REDIS_URL": redis + "/2",
        "CACHE_REDIS_URL": redis + "/3",
        "CACHE_KEY_PREFIX": uuid.uuid4().hex,
        "RATELIMIT_STORAGE_URI": redis + "/4",
        "COMMUNITIES_IDENTITIES_CACHE_REDIS_URL": redis + "/5",
        "RATELIMIT_ENABLED": False,
        "RATELIMIT_GUEST_USER": "100000 per second",
        "RATELIMIT_AUTHENTICATED_USER": "100000 per second",
        "SITE_UI_URL": base,
        "SITE_API_URL": base + "/api",
        "TRUSTED_HOSTS": None,
        "APP_ENABLE_SECURE_HEADERS": False,
        "SESSION_COOKIE_SECURE": False,
        "REST_CSRF_ENABLED": False,
        "DATACITE_ENABLED": False,
        "MAIL_SUPPRESS_SEND": True,
        "SQLALCHEMY_ENGINE_OPTIONS": {"pool_size": 12, "max_overflow": 8},
        "LOGGING_CONSOLE_LEVEL": "ERROR",
    }
    environments = {
        "tsd": ("sensitive", public[0], receivers[0]),
        "csc": ("second", public[1], receivers[1]),
    }
    return own, package_settings(folder, base, environments)


def without_script():
    """A loader of manifests in the place of a built web interface: pages without script and style."""
    from flask_webpackext.manifest import JinjaManifest, JinjaManifestEntry, JinjaManifestLoader

    class Manifest(JinjaManifest):
        def __getitem__(self, key):
            return JinjaManifestEntry(key, [key])

        def __getattr__(self, name):
            return JinjaManifestEntry(name, [name])

    class Loader(JinjaManifestLoader):
        def load(self, filepath):
            return Manifest()

    return Loader


class Instance(Served):
    search = "/api/records?"

    def __init__(self, folder, base_url, keys, receivers):
        super().__init__(base_url, folder, keys[0], receivers[0])
        self.second = keys[1], receivers[1]
        self.communities, self.users = {}, {}

    def call(self, method, path, role=None, **kwargs):
        path = path.replace("/api/records/?", "/api/records?")
        return super().call(method, "/api/records" if path == "/api/records/" else path, role, **kwargs)

    def metadata(self, description, identifier=None):
        """What a curator enters for a description."""
        from secureb2share_ext.hosts.rdm.fields import mapping

        body = mapping.to_record(description)
        if identifier is not None:
            body["custom_fields"]["secureb2share:dataset_identifier"] = identifier
        return dict(body, access={"record": "public", "files": "public"}, files={"enabled": False})

    def draft(self, body, role="curator", **kwargs):
        return self.call("POST", "/api/records", role, json=body, **kwargs)

    def submit(self, pid, community="sensitive", role="curator"):
        """Into a community and out to the public, by one of its curators."""
        path = "/api/records/%s/draft/" % pid
        review = {"receiver": {"community": self.communities[community]}, "type": "community-submission"}
        reviewed = self.call("PUT", path + "review", role, json=review)
        if reviewed.status_code != 200:
            return reviewed
        submitted = self.call("POST", path + "actions/submit-review", role, json={"require_review": False})
        return submitted

    def curate(self, description, identifier=None, role="curator", community="sensitive", route=""):
        """A draft, submitted: the curator's way through RDM's own interface."""
        community = "second" if "csc" in route else community
        drafted = self.draft(self.metadata(description, identifier), role)
        if drafted.status_code != 201:
            return drafted
        submitted = self.submit(drafted.json()["id"], community, role)
        if submitted.status_code not in (200, 202):
            return submitted
        return Published(self.call("GET", "/api/records/" + drafted.json()["id"]), 201)

    def publish_edit(self, pid, change, role="curator"):
        """RDM's three steps: edit, change(body), publish; the answer of the last, or of the one that failed."""
        path = "/api/records/%s/draft" % pid
        opened = self.call("POST", path, role)
        if opened.status_code not in (200, 201):
            return opened
        body = opened.json()
        saved = self.call("PUT", path, role, json=change(body) or body)
        if saved.status_code != 200:
            return saved
        published = self.call("POST", path + "/actions/publish", role)
        return Published(published, 200) if published.status_code == 202 else published

    def curator_edits(self, pid, description):
        """A curator's change of everything that a published record says."""
        return self.publish_edit(pid, lambda body: body.update(self.metadata(description)))

    def count(self, table, where="1 = 1"):
        return super().count({"records_metadata": "rdm_records_metadata"}.get(table, table), where)

    def index(self):
        counts = self.index_by_sweep()
        requests.post("%s/%s*/_refresh" % (service("SEARCH"), self.prefix))
        return counts

    def apps(self):
        """The applications of pages and of the API."""
        from secureb2share_ext.uploads import lock

        return [one.app for one in lock.of_instance(self.app)]


@contextlib.contextmanager
def running(folder, sources=None, targets=None, **overrides):
    """A served Instance with everything in place; sources, targets: as of served.adjust."""
    with stock(folder, rdm_indices.spare) as instance:
        adjust(instance.configured["ours"], sources, targets)
        start(instance, **overrides)
        prepare(instance)
        instance.set_up()
        instance.indices.made = instance.indices.made or instance.indices.look()
        # migrations leave their connection with a lock_timeout
        instance.close()
        yield instance


@contextlib.contextmanager
def stock(folder, indices=rdm_indices.new):
    """An Instance with an empty database and nothing served yet; indices: what gives it its own."""
    folder = str(folder)
    keys = [client.new_key() for _ in range(2)]
    receivers = Receiver(), Receiver()
    with contextlib.ExitStack() as stack:
        uri, its_indices = stack.enter_context(new_database()), stack.enter_context(indices())
        for receiver in receivers:
            stack.enter_context(receiver)
        port, served = stack.enter_context(listening())
        own, ours = settings(folder, uri, its_indices.prefix, port, receivers, [public for _, public in keys])
        base_url = "http://localhost:%d" % port
        instance = Instance(folder, base_url, [key for key, _ in keys], receivers)
        instance.served, instance.indices, instance.prefix = served, its_indices, its_indices.prefix
        instance.configured = {"own": own, "ours": ours}
        try:
            yield instance
        finally:
            instance.close()


def start(instance, **overrides):
    """(Re)start the application of an instance with other settings."""
    from invenio_app.factory import create_app

    instance.close()
    os.environ["INVENIO_INSTANCE_PATH"] = instance.data
    configured = dict(instance.configured["own"], **instance.configured["ours"])
    configured["WEBPACKEXT_MANIFEST_LOADER"] = without_script()
    instance.app = create_app(**dict(configured, **overrides))
    instance.served["app"] = instance.app.wsgi_app


def prepare(instance):
    """What an operator does once: tables, indices, accounts, vocabularies, communities; and a former file."""
    extension = instance.app.extensions["secureb2share"]
    mode, extension.mode = extension.mode, "off"
    try:
        with instance.app.app_context():
            db.create_all()
            instance.app.extensions["invenio-db"].alembic.stamp("heads")
            if not instance.indices.made:
                _indices()
            _former_file(instance)
            _users(instance)
            _vocabularies()
            _communities(instance)
            db.session.commit()
            db.session.remove()
    finally:
        extension.mode = mode


def _indices():
    from invenio_search import current_search

    list(current_search.put_templates(ignore=[400]))
    list(current_search.put_component_templates(ignore=[400])) if hasattr(
        current_search, "put_component_templates"
    ) else None
    list(current_search.put_index_templates(ignore=[400])) if hasattr(current_search, "put_index_templates") else None
    list(current_search.create(ignore=[400]))


def _former_file(instance):
    from invenio_files_rest.models import Bucket, FileInstance, Location, ObjectVersion

    folder = os.path.join(instance.data, "files")
    os.makedirs(folder, exist_ok=True)
    db.session.add(Location(name="default", uri=folder, default=True))
    db.session.commit()
    content, path = b"from former times", os.path.join(folder, "legacy")
    with open(path, "wb") as file:
        file.write(content)
    # its storage is closed already, so that the row is written as storage would have
    held = FileInstance.create()
    held.set_uri(path, len(content), "md5:" + hashlib.md5(content).hexdigest())
    bucket = Bucket.create()
    version = ObjectVersion.create(bucket, "legacy.txt", _file_id=held.id)
    db.session.commit()
    instance.legacy = (str(bucket.id), "legacy.txt", str(version.version_id), content)
    # a connection that ends tells at once what it inserted, and one that idles up to ten seconds later
    db.session.remove()
    db.engine.dispose()


def _users(instance):
    from flask_security.utils import hash_password
    from invenio_access.models import ActionRoles, ActionUsers
    from invenio_access.permissions import superuser_access
    from invenio_accounts.models import Role
    from invenio_accounts.proxies import current_datastore
    from invenio_oauth2server.models import Token

    role = Role(id="admin", name="admin")
    db.session.add(role)
    db.session.add(ActionRoles.create(action=superuser_access, role=role))
    for name in ("curator", "superuser", "reader"):
        # role addresses of a domain that nobody has (RFC 2606)
        login = {"email": name + "@catalogue.example.org", "password": uuid.uuid4().hex}
        user = current_datastore.create_user(
            # RDM remembers in Redis by this number in which communities somebody is
            id=random.randrange(10**6, 2**31),
            email=login["email"],
            password=hash_password(login["password"]),
            active=True,
            username=name,
        )
        db.session.flush()
        if name == "superuser":
            current_datastore.add_role_to_user(user, role)
            db.session.add(ActionUsers.allow(superuser_access, user_id=user.id))
        db.session.commit()
        with open(os.path.join(instance.data, name + ".json"), "w") as file:
            json.dump(login, file)
        instance.users[name] = user.id
        instance.tokens[name] = Token.create_personal("test", user.id, scopes=SCOPES).access_token
    db.session.commit()


def _vocabularies():
    from invenio_access.permissions import system_identity
    from invenio_vocabularies.proxies import current_service as vocabularies

    for (kind, pid_type), ids in VOCABULARIES.items():
        vocabularies.create_type(system_identity, kind, pid_type)
        for name in ids:
            entry = {"id": name, "title": {"en": name}, "type": kind}
            if name in DATACITE:
                entry["props"] = {"datacite": DATACITE[name]}
            if kind == "resourcetypes":
                entry.update(icon="table", props=OF_RESOURCE, tags=["depositable", "linkable"])
            vocabularies.create(system_identity, entry)


def _communities(instance):
    from invenio_access.permissions import authenticated_user, system_identity
    from invenio_access.utils import get_identity
    from invenio_accounts.models import User
    from invenio_communities.proxies import current_communities
    from invenio_vocabularies.proxies import current_service as vocabularies

    vocabularies.create_type(system_identity, "communitytypes", "comtyp")
    identity = get_identity(db.session.get(User, instance.users["curator"]))
    identity.provides.add(authenticated_user)
    for slug in COMMUNITIES:
        made = current_communities.service.create(
            identity,
            {
                "slug": slug,
                "metadata": {"title": "The community " + slug},
                "access": {"visibility": "public", "review_policy": "open", "member_policy": "open"},
            },
        )
        instance.communities[slug] = made.id


def unbind(instance, source):
    """Let a source have the community that its settings name, as before `init`."""
    from secureb2share_ext.uploads import lock

    instance.execute("DELETE FROM secureb2share_binding WHERE source = :source", source=source)
    for one in lock.of_instance(instance.app):
        one.app.extensions["secureb2share"].host.bound.pop(source, None)

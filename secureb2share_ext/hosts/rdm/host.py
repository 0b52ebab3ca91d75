"""The answers of InvenioRDM 13 and 14, each from its own file."""

from flask import request
from invenio_rdm_records.services.components import DefaultRecordsComponents

from .. import files_rest
from ..host import Host
from . import communities, index, permissions, policy, provision, records, routes, usage
from .fields import error_paths, mapping, settings
from .hooks import before_commit, community_guard, deletion_guard, inclusion, publishing
from .serving import access_requests, lists, pages, schema, serializer_config

COMPONENTS = "RDM_RECORDS_SERVICE_COMPONENTS"
ADDED = (
    (COMPONENTS, publishing.DatasetComponent),
    (inclusion.KEY, inclusion.CommunitiesComponent),
    (community_guard.KEY, community_guard.GuardComponent),
)


class RDM(Host):
    """InvenioRDM; a source's `community` names a community by its slug, `owner` (optional) who owns its records."""

    name = "rdm"
    extension = "invenio-rdm-records"
    needed = {
        "SITE_UI_URL": "the catalogue's canonical address, such as https://catalogue.example.org",
        "SITE_API_URL": "the canonical address of its API, such as https://catalogue.example.org/api",
    }
    pid_types = records.PID_TYPES

    def define(self, app):
        settings.define(app)

    def lock(self, app):
        files_rest.lock(app)
        policy.lock(app)

    def lock_faults(self, app):
        found = files_rest.faults(app) + policy.faults(app) + settings.faults(app) + schema.faults(app)
        for key, component in ADDED:
            if component not in (app.config.get(key) or ()):
                found.append("%s was set anew after this package had added to it." % key)
        return found

    def content_endpoints(self, app):
        return routes.content_endpoints(app)

    def known_writes(self, app):
        return routes.known_writes(app)

    def community_of_request(self):
        return communities.of_request()

    def watch(self, app):
        components = app.config.get(COMPONENTS) or DefaultRecordsComponents
        app.config[COMPONENTS] = [publishing.LockComponent, *components, publishing.DatasetComponent]
        inclusion.install(app)
        community_guard.install(app)
        before_commit.install()

    def observe(self, app):
        from .hooks import observing

        observing.install(app)

    def former_content(self, since):
        return usage.content(since)

    def provision(self, is_extending):
        return provision.provision(self.sources)

    def provision_faults(self):
        return provision.faults(self.sources)

    def remains(self):
        return provision.remains()

    def serve(self, app):
        schema.install(app)
        settings.show(app)
        serializer_config.wrap(app)
        access_requests.install(app)
        deletion_guard.install(app)

    def finalize(self, app):
        lists.install(app)
        pages.install(app)

    def export_faults(self, app):
        return serializer_config.faults(app) + pages.faults(app)

    def index(self):
        return index.sweep()

    def indexed_sources(self):
        return list(self.sources)

    def explained(self, problem):
        if not (request.blueprint or "").startswith("secureb2share"):
            # what the deposit form shows
            problem.extra.setdefault("message", problem.detail)
        return problem

    def sources_of_token(self):
        return permissions.registered_by_token(self.sources)

    def may_review(self):
        return permissions.may_review(self.sources)

    def field(self, name):
        return error_paths.of(name)

    def from_record(self, record):
        return mapping.from_record(record)

    def to_record(self, description):
        return mapping.to_record(description)

    def publish(self, row, dataset):
        return records.publish(self.sources[row.source], row, dataset)

    def update(self, row, dataset):
        return records.update(row, dataset)

    def record(self, row):
        return records.get(row)

    def revision(self, record):
        return records.revision(record)

    def revisions(self, rows):
        return records.revisions(rows)


HOST = RDM

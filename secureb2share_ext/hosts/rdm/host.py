"""The answers of InvenioRDM 13 and 14, each from its own file."""

from urllib.parse import quote

from flask import request
from invenio_rdm_records.services.components import DefaultRecordsComponents
from sqlalchemy.orm.exc import StaleDataError

from ...errors import NotAccepted, Problem
from ...uploads.refusal import problem_response
from .. import files_rest, switch, wanted
from ..host import Host
from . import (
    access_requests,
    changing,
    communities,
    entering,
    exports,
    fieldnames,
    former,
    guarded,
    index,
    lists,
    mapping,
    pages,
    pending,
    permissions,
    policy,
    provision,
    records,
    routes,
    schema,
    settings,
    watch,
)

COMPONENTS = "RDM_RECORDS_SERVICE_COMPONENTS"
ADDED = (
    (COMPONENTS, watch.DatasetComponent),
    (entering.KEY, entering.CommunitiesComponent),
    (guarded.KEY, guarded.GuardComponent),
)


class RDM(Host):
    """InvenioRDM; a source's `community` names a community by its slug, `owner` (optional) who owns its records."""

    name = "rdm"
    extension = "invenio-rdm-records"

    def faults(self):
        names = [source.community for source in self.sources.values()]
        found = [
            "SECUREB2SHARE_SOURCES: two sources have the community %r; each needs its own." % name
            for name in sorted({name for name in names if names.count(name) > 1})
        ]
        for key in ("SITE_UI_URL", "SITE_API_URL"):
            if not self.config.get(key):
                found.append("%s is not set: links need the canonical address." % key)
        return found

    def define(self, app):
        settings.define(app)

    def lock(self, app):
        files_rest.lock(app)
        policy.lock(app)

    def lock_faults(self, app):
        with app.app_context():
            if not switch.has_tables():
                return ["Tables are missing: run `secureb2share init`."]
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
        app.config[COMPONENTS] = [watch.LockComponent, *components, watch.DatasetComponent]
        entering.install(app)
        guarded.install(app)
        pending.install()

    def observe(self, app):
        from . import observing

        observing.install(app)

    def former_content(self, since):
        return former.content(since)

    def provision(self, is_extending):
        return provision.provision(self.sources)

    def provision_faults(self):
        return provision.faults(self.sources)

    def remains(self):
        return provision.remains()

    def serve(self, app):
        schema.install(app)
        settings.show(app)
        exports.wrap(app)
        access_requests.install(app)
        changing.install(app)
        app.register_error_handler(Problem, _with_message)
        app.register_error_handler(StaleDataError, _conflict)

    def finalize(self, app):
        lists.install(app)
        pages.install(app)

    def export_faults(self, app):
        return exports.faults(app) + pages.faults(app)

    def index(self):
        return index.sweep()

    def reindex(self):
        return wanted.want_all(list(self.sources))

    def oldest_waiting(self):
        return wanted.waiting()[1]

    def sources_of_token(self):
        return permissions.registered_by_token(self.sources)

    def may_review(self):
        return permissions.may_review(self.sources)

    def field(self, name):
        return fieldnames.of(name)

    def from_record(self, record):
        return mapping.from_record(record)

    def to_record(self, description):
        return mapping.to_record(description)

    def publish(self, row, dataset):
        records.publish(self.sources[row.source], row, dataset)

    def update(self, row, dataset):
        records.update(row, dataset)

    def record(self, row):
        return records.get(row)

    def revision(self, record):
        return records.revision(record)

    def pid_of(self, text):
        return records.pid_of(text)

    def names(self, row):
        return records.names(row)

    def record_url(self, row):
        return "%s/records/%s" % (self.base_url(), quote(row.pid))

    def base_url(self):
        return self.config["SITE_UI_URL"].rstrip("/")

    def api_url(self):
        return self.config["SITE_API_URL"].rstrip("/")


def _conflict(error):
    return _with_message(NotAccepted("Somebody else changed the record at the same time; try again."))


def _with_message(problem):
    if not (request.blueprint or "").startswith("secureb2share"):
        # what the deposit form shows
        problem.extra.setdefault("message", problem.detail)
    return problem_response(problem)


HOST = RDM

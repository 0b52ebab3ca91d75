"""The answers of B2SHARE 2.4, each from its own file."""

from .. import files_rest
from ..host import Host
from . import communities, doi, legacy, mapping, oai, permissions, provision, records, routes, serve, usage, watch


class B2Share2(Host):
    """EUDAT B2SHARE 2.4; a source's `community` names one of its communities, `owner` the account that owns records."""

    name = "b2share2"
    extension = "b2share-records"
    needed = {"JSONSCHEMAS_HOST": "the catalogue's canonical host, such as b2share.example.org"}
    pid_types = records.PID_TYPES

    def faults(self):
        said = "SECUREB2SHARE_SOURCES[%r] needs owner: B2SHARE's records have one."
        return super().faults() + [said % source.name for source in self.sources.values() if source.owner is None]

    def lock(self, app):
        files_rest.lock(app)
        longest = app.config["SECUREB2SHARE_MAX_BODY"]
        app.config["MAX_CONTENT_LENGTH"] = min(app.config.get("MAX_CONTENT_LENGTH") or longest, longest)

    def lock_faults(self, app):
        found = files_rest.faults(app)
        if not watch.is_connected():
            found.append("A publication workflow was added that this package does not check; restart the service.")
        if not app.config.get("MAX_CONTENT_LENGTH"):
            found.append("MAX_CONTENT_LENGTH was set anew after this package had set it.")
        return found

    def content_endpoints(self, app):
        return routes.content_endpoints(app)

    def known_writes(self, app):
        return routes.known_writes(app)

    def brings_content(self):
        return routes.brings_content()

    def community_of_request(self):
        return routes.community_of_request()

    def watch(self, app):
        watch.connect()

    def observe(self, app):
        from . import observing

        observing.connect()

    def former_content(self, since):
        return usage.content(since)

    def legacy(self):
        return legacy.Legacy(self.sources)

    def provision(self, is_extending):
        return provision.provision(self.sources, is_extending)

    def provision_faults(self):
        return provision.faults(self.sources)

    def forget(self):
        return provision.forget()

    def remains(self):
        return provision.remains(self.sources)

    def serve(self, app):
        from ...datasets.review_pages.views import blueprint

        serve.install(app)
        oai.wrap(app)
        # the application of the web interface loads nothing from entry points; the login is the same here
        app.register_blueprint(blueprint)
        app.config.setdefault("SITE_UI_URL", self.base_url())

    def export_faults(self, app):
        return oai.faults(app)

    def index(self):
        # search follows in B2SHARE's own transactions; DataCite does not
        return doi.sweep()

    def indexed_sources(self):
        return list(self.sources) if doi.is_real(self.config) else []

    def may_review(self):
        return permissions.may_publish(self.sources)

    def field(self, name):
        return mapping.field(name)

    def from_record(self, record):
        return mapping.from_record(record, communities.block_id(record))

    def to_record(self, description):
        return mapping.to_record(description, "block")

    def publish(self, row, dataset):
        return records.publish(self.sources[row.source], row, dataset)

    def update(self, row, dataset):
        record = records.update(self, row, dataset)
        doi.want(record)
        return record

    def record(self, row):
        return records.get(row)

    def revision(self, record):
        return records.revision(record)

    def revisions(self, rows):
        return records.revisions(rows)

    def base_url(self):
        return "%s://%s" % (self.config.get("PREFERRED_URL_SCHEME", "http"), self.config["JSONSCHEMAS_HOST"])

    def api_url(self):
        return self.base_url() + "/api"


HOST = B2Share2

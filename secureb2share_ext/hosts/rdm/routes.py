"""The routes of InvenioRDM that carry content, and the writing routes that do not."""

from typing import Dict

from flask import Flask

from ...uploads import audit

CONTENT = {
    "draft_files.create": "registers files of drafts, also such as the server fetches",
    "draft_files.create_commit": "completes files of drafts",
    "draft_files.update": "metadata of files of drafts",
    "draft_files.update_content": "file content of drafts",
    "draft_files.upload_multipart_content": "parts of files of drafts",
    "draft_media_files.create": "registers media files of drafts",
    "draft_media_files.create_commit": "completes media files of drafts",
    "draft_media_files.update": "metadata of media files of drafts",
    "draft_media_files.update_content": "media file content of drafts",
    "draft_media_files.upload_multipart_content": "parts of media files of drafts",
    "records.import_files": "copies the files of a former version",
    "communities.update_logo": "a community's picture",
    "request_files.create": "files of comments on requests",
    "invenio_files_rest.location_api": "creates buckets",
    "invenio_files_rest.bucket_api": "writes to buckets",
    "invenio_files_rest.object_api": "file content: stream, form and multipart",
    "invenio_webhooks.event_list": "events of code hosts, whose release archives the server then fetches",
    "invenio_github*": "repositories of code hosts, whose release archives the server fetches",
    "invenio_vcs*": "releases of code hosts, whose archives the server fetches",
}
_JSON = "%s as JSON; no file fields"
KNOWN = {
    "records.*": "descriptions of records, reviews and their workflow as JSON; files have routes of their own",
    "draft_files.delete*": "deletes files of drafts",
    "draft_media_files.delete*": "deletes media files of drafts",
    "record_communities.*": _JSON % "the communities of a record",
    "community-records.*": _JSON % "the records of a community",
    "record_grants.*": _JSON % "who may see a record",
    "record_links.*": _JSON % "links by which a record can be seen",
    "record_user_access.*": _JSON % "who may see a record",
    "record_group_access.*": _JSON % "who may see a record",
    "communities.*": _JSON % "communities",
    "community_members.*": _JSON % "members of communities",
    "subcommunities.*": _JSON % "requests of communities",
    "collections.*": _JSON % "collections of records",
    "requests.*": _JSON % "requests",
    "request_events.*": _JSON % "comments on requests",
    "request_files.delete": "deletes files of comments",
    "request_reviewers.*": _JSON % "reviewers of requests",
    "vocabularies.*": "entries of vocabularies as JSON; their administrators' tasks read such entries",
    "affiliation.*": _JSON % "entries of vocabularies",
    "award.*": _JSON % "entries of vocabularies",
    "funder.*": _JSON % "entries of vocabularies",
    "name.*": _JSON % "entries of vocabularies",
    "subject.*": _JSON % "entries of vocabularies",
    "users.*": _JSON % "users",
    "groups.*": _JSON % "groups",
    "domains.*": _JSON % "e-mail domains",
    "banners.*": _JSON % "banners",
    "pages.*": _JSON % "static pages",
    "jobs.*": _JSON % "administrators' jobs",
    "job_runs.*": _JSON % "runs of administrators' jobs",
    "oaipmh-server.*": _JSON % "OAI-PMH sets",
    "invenio_stats.*": _JSON % "queries for statistics",
    "invenio_accounts*": "sign-up, login, password and session forms; no file fields",
    "security.*": "sign-up, login and password forms; no file fields",
    "invenio_oauthclient*": "sign-up forms; no file fields",
    "invenio_oauth2server*": "token and application forms; no file fields",
    "invenio_userprofiles*": "profile form; no file fields",
    "invenio_notifications*": "settings of notifications; no file fields",
    "invenio_i18n.*": "the language of the pages, as a form field",
    "invenio_oaiserver*": "OAI-PMH requests as form fields",
    "invenio_webhooks.event_item": "deletes events of code hosts",
}


def content_endpoints(app: Flask) -> Dict[str, str]:
    """{endpoint: what it would take}"""
    found = {}
    for endpoint in {rule.endpoint for rule in app.url_map.iter_rules()}:
        for pattern, reason in CONTENT.items():
            if audit.matches(endpoint, pattern):
                found[endpoint] = reason
    return found


def known_writes(app: Flask) -> Dict[str, str]:
    """{endpoint, or its beginning with a *: reason} of the writing routes that take no content."""
    return dict(KNOWN)

"""What does RDM need before descriptions fit into it? Mappings of the custom fields, and the sources' communities."""

from invenio_communities.communities.records.api import Community
from invenio_rdm_records.proxies import current_rdm_records_service as service
from invenio_records_resources.services.custom_fields.mappings import Mapping
from invenio_search import current_search_client
from invenio_search.engine import search
from invenio_search.utils import build_alias_name

from ...errors import SecureB2ShareError
from . import communities, fields, names


def provision(sources):
    """Put the custom fields into the indices of records and drafts; [sentence]. Raises SecureB2ShareError."""
    properties = Mapping.properties_for_fields(None, fields.definitions())
    try:
        for index in _indices():
            current_search_client.indices.put_mapping(index=build_alias_name(index), body={"properties": properties})
    except search.TransportError as error:
        raise SecureB2ShareError("The search index does not take our fields (%s)." % type(error).__name__)
    return ["Custom fields: %d in the search indices." % len(properties)] + _missing(sources)


def faults(sources):
    """[sentence]: what is missing for the sources."""
    found = _missing(sources)
    try:
        for index in _indices():
            if not _has_mapping(index):
                found.append("The index %s does not have our fields: run `secureb2share init`." % index)
    except Exception as error:
        found.append("The search index could not be asked (%s)." % type(error).__name__)
    return found


def _missing(sources):
    found = []
    for source in sources.values():
        community = communities.id_of(source.community)
        if community is None:
            found.append("The community %r of the source %s is missing: make it." % (source.community, source.name))
        elif Community.get_record(community).access.visibility_is_restricted:
            found.append("The community %r must be public: descriptions are for everybody." % source.community)
    return found


def _indices():
    return [cls.index._name for cls in (service.record_cls, service.draft_cls)]


def _has_mapping(index):
    found = current_search_client.indices.get_mapping(index=build_alias_name(index))
    wanted = names.full("access_right")
    return all(
        wanted in one["mappings"].get("properties", {}).get("custom_fields", {}).get("properties", {})
        for one in found.values()
    )


def remains():
    """[sentence]: what of this package stays in RDM's own data for good."""
    return [
        "Records keep what they say in our custom fields. For RDM to go on reading and editing them, put these lines"
        " into invenio.cfg:\n\n%s\n" % "\n".join(fields.as_configuration())
    ]

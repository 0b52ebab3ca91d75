"""What RDM needs before descriptions fit into it: mappings of the custom fields, and the sources' communities."""

from functools import partial
from typing import Dict, List

from invenio_communities.communities.records.api import Community
from invenio_rdm_records.proxies import current_rdm_records_service as service
from invenio_records_resources.services.custom_fields.mappings import Mapping
from invenio_search import current_search_client
from invenio_search.engine import search
from invenio_search.utils import build_alias_name

from ...errors import SecureB2ShareError
from ...messages.sources import Source
from .. import accounts, bindings
from ..host import SourceFault
from . import communities
from .fields import definitions


def provision(sources: Dict[str, Source]) -> List[str]:
    """Put the custom fields into the indices of records and drafts; [sentence]. Raises SecureB2ShareError."""
    properties = Mapping.properties_for_fields(None, definitions.definitions())
    try:
        for index in _indices():
            current_search_client.indices.put_mapping(index=build_alias_name(index), body={"properties": properties})
    except search.TransportError as error:
        raise SecureB2ShareError(
            "The search index does not take our fields (%s). Where it answers, it has one of them in another form, from"
            " a draft before `init`: make the indices of records and drafts anew, index all, and run `init` again."
            % type(error).__name__
        )
    done = ["Custom fields: %d in the search indices." % len(properties)]
    for source in sources.values():
        community = communities.id_of(source.community)
        if community is not None and bindings.bind(source.name, community):
            done.append(bindings.sentence(source.name, source.community))
    return done + _missing(sources)


def faults(sources: Dict[str, Source]) -> List[str]:
    """[sentence]: what is missing for the sources."""
    try:
        return _missing(sources) + _unmapped()
    except Exception as error:
        return _missing(sources) + ["The search index could not be asked (%s)." % type(error).__name__]


def mapping_faults() -> List[str]:
    """[sentence]: which index lacks our fields; what is written there would give them types that do not fit.

    A cluster that does not answer is none: it costs no registration.
    """
    try:
        return _unmapped()
    except search.TransportError:
        return []


def source_faults(sources: Dict[str, Source]) -> List[SourceFault]:
    """[SourceFault] of the sources' communities and owners."""
    found = []
    for source in sources.values():
        said = partial(SourceFault, source.name)
        community = communities.id_of_source(source)
        if community is None:
            found.append(
                said("The community %r of the source %s is missing: make it." % (source.community, source.name), True)
            )
        else:
            if Community.get_record(community).access.visibility_is_restricted:
                public = "The community %r must be public: descriptions are for everybody."
                found.append(said(public % source.community, True))
            slug = communities.slug_of(community)
            if source.community not in (slug, community):
                found.append(said(bindings.renamed(source.name, source.community, slug), False))
        if source.owner:
            found += map(partial(said, stops=True), accounts.owner_faults(source))
    return found


def _missing(sources):
    return [fault.sentence for fault in source_faults(sources)]


def _indices():
    return [cls.index._name for cls in (service.record_cls, service.draft_cls)]


def _unmapped():
    said = "The index %s does not have our fields as they have to be: run `secureb2share init`."
    return [said % index for index in _indices() if not _has_mapping(index)]


def _has_mapping(index):
    found = current_search_client.indices.get_mapping(index=build_alias_name(index))
    there = [one["mappings"].get("properties", {}).get("custom_fields", {}) for one in found.values()]
    return all(
        _type(one.get("properties", {}).get(field.name)) == field.mapping["type"]
        for one in there
        for field in definitions.definitions()
    )


def _type(node):
    # a search server leaves the type of an object with properties out
    return None if node is None else node.get("type", "object")


def remains() -> List[str]:
    """[sentence]: what of this package stays in RDM's own data for good."""
    return [
        "Records keep what they say in our custom fields. Put these lines into invenio.cfg before you take the package"
        " out: without them InvenioRDM does not show these fields, and the next edit of a record takes them out of it."
        "\n\n%s\n" % "\n".join(definitions.as_configuration())
    ]

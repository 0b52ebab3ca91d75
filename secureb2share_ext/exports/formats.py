"""The serialisations that a record has beside its JSON, and their media types."""

import json
from typing import Callable, Dict, NamedTuple, Tuple

from . import datacite, dcat, dublin_core, linkset, schema_org
from .published import Published


class Format(NamedTuple):
    """One serialisation."""

    name: str  # in a link, as ?format=
    mimetype: str
    write: Callable[[Published, Dict[str, str]], str]  # the second: {media type: URL}
    needs: Tuple[str, ...] = ()  # modules of other packages


FORMATS = (
    Format("jsonld", "application/ld+json", lambda shown, exports: json.dumps(schema_org.document(shown))),
    Format(
        "datacite-json",
        "application/vnd.datacite.datacite+json",
        lambda shown, exports: json.dumps(datacite.document(shown)),
    ),
    Format(
        "datacite-xml",
        "application/vnd.datacite.datacite+xml",
        lambda shown, exports: datacite.xml(shown),
        ("datacite", "lxml"),
    ),
    Format("dc", "application/x-dc+xml", lambda shown, exports: dublin_core.xml(shown), ("dcxml", "lxml")),
    Format("dcat-ttl", "text/turtle", lambda shown, exports: dcat.as_turtle(shown)),
    Format("dcat", "application/rdf+xml", lambda shown, exports: dcat.xml(shown), ("lxml",)),
    Format("linkset", linkset.MIMETYPE, lambda shown, exports: json.dumps(linkset.document(shown, exports))),
)

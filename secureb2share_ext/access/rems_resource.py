"""The id of a dataset's resource in REMS, read backwards: which dataset a resource is."""

import string
from typing import List, NamedTuple, Optional

from ..errors import ConfigError

KEYS = ("identifier", "pid", "pid_url", "record_url")  # places whose value alone tells the dataset


class Resource(NamedTuple):
    """A template of resource ids with one place of KEYS, and perhaps {source}."""

    before: str  # with {source} and doubled braces, as in the template
    place: str
    after: str

    @classmethod
    def read(cls, key: str, template: str) -> "Resource":
        """Take a template apart, whose places are known ones; raises ConfigError where it cannot be read backwards."""
        sides: List[str] = [""]
        places: List[str] = []
        for literal, place, _, _ in string.Formatter().parse(template):
            sides[-1] += literal.replace("{", "{{").replace("}", "}}")
            if place == "source":
                sides[-1] += "{source}"
            elif place is not None:
                places.append(place)
                sides.append("")
        if len(places) != 1 or places[0] not in KEYS:
            raise ConfigError(
                "%s: events needs a resource with one place of {%s}, and {source} at most beside it: otherwise an event"
                " does not tell its dataset." % (key, "}, {".join(KEYS))
            )
        return cls(sides[0], places[0], sides[1])

    def value(self, resource: str, source: str) -> Optional[str]:
        """The value of the place in a resource's id, if that can be a dataset of this source (name); else None."""
        before, after = self.before.format(source=source), self.after.format(source=source)
        is_long = len(resource) > len(before) + len(after)
        is_ours = is_long and resource.startswith(before) and resource.endswith(after)
        return resource[len(before) : len(resource) - len(after)] if is_ours else None

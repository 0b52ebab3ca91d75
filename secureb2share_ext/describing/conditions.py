"""The fields that another answer makes necessary, and the words for when it does, as a label of the form says them."""

from typing import Dict

from ..descriptions import duo, health
from ..pages.marking import N_

NEEDED_IF: Dict[str, str] = {
    "sensitive.controller_country": N_("needed for health data of the EU and EEA, by law"),
    "sensitive.embargo_until": N_("needed if access opens on a date"),
    "sensitive.legal_basis_art6": N_("needed for personal data"),
    "sensitive.legal_basis_art9": N_("needed for personal data of special categories"),
    "sensitive.ethics_approval_body": N_("needed with the reference of an approval"),
}
NEEDED_IF.update(
    ("sensitive." + name, N_("needed for health data of the EU and EEA, by law")) for name in health.NEEDS + health.BODY
)
NEEDED_IF.update(("sensitive." + name, N_("needed with some permitted uses")) for name in duo.NEEDS.values())

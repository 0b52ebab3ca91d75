"""What holds for every type of page, at two widths, in two languages and in both colour schemes."""

import judging
import pytest
from judging import LOOKS
from page_types import PAGE_TYPES, described, go, names


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("kind", PAGE_TYPES, ids=names())
def test_a_page_can_be_read_by_everybody(people, scene, kind, look):
    visitor = people(kind.role, **LOOKS[look])
    visitor.complaints, visitor.refused = [], []
    go(visitor, scene, kind)
    assert [status for status, _ in visitor.refused] == ([] if kind.status == 200 else [kind.status])
    faults = judging.faults(visitor.page, look, kind.weight)
    assert not faults, "\n".join([visitor.page.url, *faults])
    assert visitor.page.locator("html").get_attribute("lang") == LOOKS[look]["language"][:2]
    assert visitor.complaints == []


@pytest.mark.parametrize("kind", described(), ids=lambda kind: kind.name)
def test_a_hostile_description_does_no_harm(people, hostile_scene, kind):
    visitor = people(kind.role, width=320)
    visitor.complaints, visitor.refused = [], []
    go(visitor, hostile_scene, kind)
    assert visitor.page.locator("#harm").count() == 0
    assert [status for status, _ in visitor.refused] == ([] if kind.status == 200 else [kind.status])
    assert visitor.complaints == []

import jinja2
import pytest
from html_form import Page
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import DESCRIPTIONS, MANY
from test_form import FILLED, through_a_browser

from secureb2share_ext.describing import faults, fields, groups, values
from secureb2share_ext.describing.form import Form
from secureb2share_ext.descriptions import schema

LOADER = jinja2.ChoiceLoader(
    [jinja2.PackageLoader("secureb2share_ext", folder + "/templates") for folder in ("pages", "describing")]
)
SOME = settings(MANY, max_examples=40)  # a page takes long
ENVIRONMENT = jinja2.Environment(loader=LOADER, autoescape=True)
TEMPLATE = ENVIRONMENT.from_string(
    '{% import "secureb2share_ext/describe/fields.html" as f with context %}'
    '{% call f.summary(listed, "to mend") %}{% endcall %}{{ f.group(form, group) }}'
)


class Names:
    lang = "en"
    country = staticmethod(lambda code: "the country " + code)
    language_name = staticmethod(lambda tag: "the language " + tag)


def page_of(group, there, told=None, describe_files="labels"):
    form = Form(there, told or {}, "en", describe_files)
    listed = [("#" + form.anchor(fault.control), fault) for fault in faults.in_order(form.told, group.names)]

    def t(text, **places):
        return text % places if places else text

    html = TEMPLATE.render(form=form, group=group, t=t, tn=t, sb=Names, listed=listed)
    return Page(html), html


@SOME
@given(DESCRIPTIONS)
def test_a_browser_sends_back_what_the_form_shows(description):
    there, sent = values.to_values(description), []
    for group in groups.GROUPS:
        page, _ = page_of(group, there)
        assert page.faults() == []
        sent += page.sent
    assert in_sets(values.from_values(values.submitted(sent))) == in_sets(through_a_browser(description))


@SOME
@given(FILLED, st.sampled_from(groups.GROUPS))
def test_nothing_that_is_wrong_is_lost_by_the_page(pairs, group):
    stored = values.from_values(values.of_group(values.submitted(pairs), group.names))
    told = faults.faults_by_field(schema.description_faults(stored))
    page, html = page_of(group, values.to_values(stored), told)
    assert page.faults() == []
    assert in_sets(values.from_values(values.submitted(page.sent))) == in_sets(through_a_browser(stored))
    assert html.count('class="fault"') == len([name for name in told if groups.group_of(name) is group])


@pytest.mark.parametrize("group", groups.GROUPS, ids=[group.key for group in groups.GROUPS])
def test_the_names_that_a_page_suggests_stand_on_it_once(group):
    _, html = page_of(group, {"sensitive.storage_country": ["NO"], "sensitive.controller_country": ["Norwegia"]})
    for kind in ("country", "language"):
        assert html.count('<datalist id="%s-list">' % kind) == (' list="%s-list"' % kind in html)
    assert 'value="NO"' not in html
    if group.key == "where":
        assert 'name="sensitive.storage_country" aria-describedby="sensitive.storage_country-h" value="Norway"' in html


class Counted(dict):
    """Values that count how often one of them is looked at."""

    seen = 0

    def get(self, *args):
        self.seen += 1
        return super().get(*args)

    def __iter__(self):
        for name in super().__iter__():
            self.seen += 1
            yield name


@pytest.mark.parametrize("describe_files", ["labels", "full"])
@pytest.mark.parametrize("name", [name for name, field in fields.FIELDS.items() if field.kind in ("texts", "parts")])
def test_the_work_for_a_page_grows_with_its_parts_and_not_with_their_square(name, describe_files):
    def looks(count):
        inside = fields.FIELDS[name].inner[-2].name
        there = Counted({"%s.%d.%s" % (name, number, inside): ["x"] for number in range(count)})
        page_of(groups.group_of(name), there, describe_files=describe_files)
        return there.seen

    few, more, many = looks(5), looks(20), looks(35)
    assert few < more and many - more < 1.1 * (more - few)


def in_sets(value, name=""):
    # a browser sends chosen codes in the order of the page
    if isinstance(value, dict):
        return {name: in_sets(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return (
            sorted(map(str, value)) if all(isinstance(one, str) for one in value) else [in_sets(one) for one in value]
        )
    return value

import jinja2
from html_form import Page
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import DESCRIPTIONS, MANY
from test_form import FILLED, through_a_browser

from secureb2share_ext.describing import faults, groups, values
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


def page_of(group, there, told=None):
    form = Form(there, told or {}, "en")
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


def in_sets(value, name=""):
    # a browser sends chosen codes in the order of the page
    if isinstance(value, dict):
        return {name: in_sets(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return (
            sorted(map(str, value)) if all(isinstance(one, str) for one in value) else [in_sets(one) for one in value]
        )
    return value

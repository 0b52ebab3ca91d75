import jinja2
from flask import Flask

from secureb2share_ext.errors import NotAccepted, Problem
from secureb2share_ext.pages import language, notices
from secureb2share_ext.pages.words import N_

KNOWN = NotAccepted(N_("Nothing was published"))
UNKNOWN = Problem("No translation has this sentence.")
LOADER = jinja2.PackageLoader("secureb2share_ext", "pages/templates")
SAID = jinja2.Environment(loader=LOADER, autoescape=True).from_string(
    '{% import "secureb2share_ext/pieces.html" as m with context %}{{ m.said(notice) }}'
)


def said(problem, tag):
    """The notice that a reader of a language sees on the next page."""
    app = Flask(__name__)
    app.secret_key = "x"
    with app.test_request_context(headers={"Accept-Language": tag}):
        notices.leave(notices.of_problem(problem), kind="stop")
        return SAID.render(notice=notices.take(), t=lambda text, **_: text, tn=None, sb=None)


def test_a_sentence_without_a_translation_is_marked_as_english_and_no_other_is():
    for tag in language.LANGUAGES:
        assert ('<p lang="en">%s</p>' % UNKNOWN.detail in said(UNKNOWN, tag)) == (tag != "en")
        assert UNKNOWN.detail in said(UNKNOWN, tag)
        assert "<p>%s</p>" % language.translate(tag, KNOWN.detail) in said(KNOWN, tag)

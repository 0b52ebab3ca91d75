"""Plain texts as HTML, which RDM's descriptions are, and the plain text that an editor's HTML means. Pure."""

from html import escape
from html.parser import HTMLParser

PARAGRAPH = "\n\n"
_BLOCKS = {"blockquote", "div", "h1", "h2", "h3", "h4", "h5", "ol", "p", "pre", "table", "tr", "ul"}


def of_text(text: str) -> str:
    """The HTML of a plain text: its paragraphs and line breaks; to_text gives the text back."""
    return "".join("<p>%s</p>" % _lines(paragraph) for paragraph in text.split(PARAGRAPH))


def _lines(paragraph: str) -> str:
    return escape(paragraph, quote=False).replace("\n", "<br>")


def to_text(html: str) -> str:
    """The plain text of HTML, with an empty line between paragraphs; takes any text."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return PARAGRAPH.join(reader.finish())


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self._paragraphs = []
        self._open = None  # the text of the paragraph that is being read

    def handle_starttag(self, tag, attrs):
        if tag == "br":
            self._open = (self._open or "") + "\n"
        elif tag in _BLOCKS:
            self._end()
            self._open = "" if tag == "p" else None
        elif tag == "li" and self._open:
            self._open += "\n"

    def handle_endtag(self, tag):
        if tag in _BLOCKS:
            self._end()

    def handle_data(self, data):
        # between two paragraphs stands what an editor's program breaks its lines with
        if self._open is not None or data.strip():
            self._open = (self._open or "") + data

    def finish(self):
        self._end()
        return self._paragraphs

    def _end(self):
        if self._open is not None:
            self._paragraphs.append(self._open)
        self._open = None

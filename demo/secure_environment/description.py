"""What a description says of persons and access, in words."""

from secureb2share_ext.descriptions import labels
from secureb2share_ext.pages.language import gettext


def in_words(description):
    """[(title, [text])] of what is said of persons and access, codes spelled out."""
    said = description.get("sensitive")
    said = said.items() if isinstance(said, dict) else ()
    found = [(labels.title("sensitive." + name), labels.in_words("sensitive." + name, value)) for name, value in said]
    return [(gettext(title), [gettext(text) for text in texts]) for title, texts in found if texts]

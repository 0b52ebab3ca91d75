"""The first day of requests for an embargoed dataset as a calendar file (iCalendar, RFC 5545). Pure."""

import re
from urllib.parse import urlsplit

from .published import Published

MIMETYPE = "text/calendar"
MOST = 75  # octets of a line, without its end
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


def calendar(shown: Published, summary: str, description: str) -> str:
    """A calendar (UTF-8) of one event, the whole day on which requests open; summary, description: plain texts.

    shown: one with `requests_from`.
    """
    day = (shown.requests_from or "").replace("-", "")
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Secure B2SHARE//embargo//EN",
        "BEGIN:VEVENT",
        # the same for every reader and every download, so that a calendar keeps one
        "UID:" + escaped("embargo-%s@%s" % (shown.dataset.pid, urlsplit(shown.record_url).hostname)),
        "DTSTAMP:%sT000000Z" % shown.today.strftime("%Y%m%d"),
        "DTSTART;VALUE=DATE:" + day,  # without an end it is one day
        "SUMMARY:" + escaped(summary),
        "DESCRIPTION:" + escaped(description),
        "URL:" + shown.record_url,
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(folded(line) + "\r\n" for line in lines)


def escaped(text: str) -> str:
    """A value of the type TEXT (section 3.3.11)."""
    text = CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return re.sub(r"([\\;,])", r"\\\1", text).replace("\n", "\\n")


def folded(line: str) -> str:
    """A line in parts of at most 75 octets (section 3.1); none ends inside a character."""
    parts, size = [""], 0
    for character in line:
        octets = len(character.encode("utf-8"))
        if size + octets > MOST:
            parts.append("")
            size = 1  # the space before it
        parts[-1] += character
        size += octets
    return "\r\n ".join(parts)

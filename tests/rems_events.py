"""Events of REMS for tests, whole ones too, with invented persons in every member that REMS has for one."""

import itertools
import json

# nobody has these: the domain is reserved, and the days in the numbers do not exist
PERSONS = [
    "respondent-7@example.org", "Respondent 7", "respondent7", "320199-999X", "32019912345", "1980-02-31",
    "invited-8@example.org", "Invited 8", "cv-of-respondent-7.pdf", "I study my own sister", "handler7",
]  # fmt: skip


def event(number, kind, application=7, resources=None, **more):
    """An event (dict) as REMS sends it without the application."""
    found = {
        "event/id": number,
        "event/type": "application.event/" + kind,
        "event/time": "2026-01-%02dT12:00:%02d.000Z" % (1 + number % 28, number % 60),
        "event/actor": "respondent7",
        "application/id": application,
    }
    if resources is not None:
        found["application/resources"] = [
            {"catalogue-item/id": place, "resource/ext-id": one} for place, one in enumerate(resources)
        ]
    return dict(found, **more)


def whole(number, kind, application=7, resources=None):
    """The same with all that REMS can tell of persons, and the application beside it."""
    respondent = {"userid": "respondent7", "name": "Respondent 7", "email": "respondent-7@example.org"}
    respondent["nationalid"], respondent["birthdate"] = "320199-999X", "1980-02-31"
    invited = {"name": "Invited 8", "email": "invited-8@example.org"}
    comment = "I study my own sister, 32019912345"
    application_ = {
        "application/id": application,
        "application/applicant": respondent,
        "application/members": [respondent],
        "application/invited-members": [invited],
        "application/attachments": [{"attachment/id": 3, "attachment/filename": "cv-of-respondent-7.pdf"}],
        "application/forms": [{"form/id": 1, "form/fields": [{"field/id": "why", "field/value": comment}]}],
        "application/events": [{"event/type": "application.event/commented", "application/comment": comment}],
    }
    return event(
        number, kind, application, resources,
        **{
            "event/actor": "handler7",
            "event/actor-attributes": respondent,
            "application/comment": comment,
            "application/member": invited,
            "application/reviewers": [respondent],
            "event/attachments": [{"attachment/id": 3, "attachment/filename": "cv-of-respondent-7.pdf"}],
            "event/application": application_,
        }
    )  # fmt: skip


def encoded(found):
    """The bytes of an event."""
    return json.dumps(found).encode("utf-8")


numbers = itertools.count(1)  # applications of one test must not be those of another

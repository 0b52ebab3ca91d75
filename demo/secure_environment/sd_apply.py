"""Approvals that are given in SD Apply: the environment keeps none of them, and asks REMS whenever it opens something.

What REMS ends is therefore closed at once, and what cannot be asked is not opened. A site has one login for SD Apply
and for its environment; the demo has none, so that a visitor says which of its persons they are.
"""

import hashlib
import hmac
from typing import Any, Dict, List, Tuple

import requests
from flask import Blueprint, redirect, request, session, url_for

from demo.sd_apply import service
from secureb2share_ext.pages.language import gettext

from . import datasets, tokens
from .environment import here
from .problem import Problem

TIMEOUT = 10  # seconds

blueprint = Blueprint("sd_apply", __name__)


class SdApply:
    """The SD Apply that decides for a site, asked as a user who reads every application and changes none."""

    def __init__(self, url: str, folder: str) -> None:
        """url: its address; folder: of its secrets."""
        self.url, self.people = url, service.PEOPLE
        self._secret = service.secret(folder, "tokens").encode("ascii")
        self._headers = {"x-rems-api-key": service.secret(folder, "environment"), "x-rems-user-id": service.REPORTER}

    def approved(self, person: str) -> List[Tuple[int, str]]:
        """[(number of the application, identifier of the dataset)] of what a person may work with now."""
        return [
            (one["application/id"], identifier)
            for one in self._get("") or []
            if person in [each["userid"] for each in (one["application/applicant"], *one["application/members"])]
            for identifier in _opened(one)
        ]

    def token(self, number: int, identifier: str) -> str:
        """The bearer token of an application for the files of one of its datasets."""
        said = hmac.new(self._secret, ("%d %s" % (number, identifier)).encode("utf-8"), hashlib.sha256).hexdigest()
        return "%d.%s" % (number, said)

    def dataset(self, token: str) -> str:
        """The identifier of the dataset whose files a token opens now, or an empty text."""
        number = token.partition(".")[0]
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            return ""
        for identifier in _opened(self._get("/%d" % int(number)) or {}):
            if hmac.compare_digest(self.token(int(number), identifier).encode("ascii"), token.encode("utf-8")):
                return identifier
        return ""

    def _get(self, path: str) -> Any:
        try:
            with requests.Session() as connection:
                # neither proxies nor passwords of the environment
                connection.trust_env = False
                answer = connection.get(
                    self.url + "/api/applications" + path, headers=self._headers, timeout=TIMEOUT, allow_redirects=False
                )
        except requests.RequestException:
            raise _silent()
        if answer.status_code == 404:
            return None
        if answer.status_code != 200:
            raise _silent()
        return answer.json()


def _opened(application: Dict[str, Any]) -> List[str]:
    if application.get("application/state") != "application.state/approved":
        return []
    return [one["resource/ext-id"] for one in application["application/resources"]]


def _silent():
    return Problem(
        503, "SD Apply does not answer", "Nothing is opened until it says what was approved. Try again soon."
    )


def install(app, url, folder):
    """Let an application's environment open what SD Apply approves, and take no applications itself."""
    app.extensions["environment"].sd_apply = SdApply(url, folder)
    app.jinja_env.globals["sd_apply"] = app.extensions["environment"].sd_apply
    app.register_blueprint(blueprint)
    app.before_request(refuse_applications)


def refuse_applications():
    """Applications are made in SD Apply: the form of the environment names it."""
    if request.endpoint in ("asking.form", "asking.submit"):
        rems = here().sd_apply
        ways = [("SD Apply", rems.url)]
        raise Problem(410, "Apply in SD Apply", "Applications for the data of this site are made in SD Apply.", ways)


def approved() -> List[Tuple[int, Dict[str, Any]]]:
    """[(number, datasets.view)] of the open datasets for which the visitor was approved in SD Apply."""
    rems, person = here().sd_apply, session.get("person")
    if rems is None or person is None:
        return []
    found = [(number, datasets.find(here().store, identifier)) for number, identifier in rems.approved(person)]
    return [(number, dataset) for number, dataset in found if dataset and dataset["state"] not in datasets.CLOSED]


@blueprint.route("/as", methods=["POST"])
def be():
    """Be one of the demo's persons."""
    if not tokens.is_ours():
        raise Problem(
            400,
            gettext("This form is too old"),
            gettext("Nothing was changed. Please open the page again, and send its form anew."),
        )
    if request.form.get("person") in here().sd_apply.people:
        session["person"] = request.form["person"]
    return redirect(url_for("inside.page"), 303)

"""The words for people at a host's single-page forms, which show a sentence and follow no 401 to a provider."""

from ..errors import NotStrong, Problem

WAY = "This needs a sign-in with a second factor, and not long ago: open %s in this browser, and then send it again."


def worded(problem: Problem, page: str) -> Problem:
    """The Problem, where it is NotStrong with the page (URL) that asks for the second factor; else as it was."""
    if isinstance(problem, NotStrong):
        problem.detail = WAY % page
    return problem

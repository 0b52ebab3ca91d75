import flask
import pytest


@pytest.fixture(autouse=True)
def application():
    """Words are in the language of an application; one without any says them in English."""
    with flask.Flask("words").app_context():
        yield

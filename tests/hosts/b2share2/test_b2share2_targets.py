"""Targets of the kinds rems and tsd, and REMS's events, on the real B2SHARE."""

import logging

import pytest

pytest.importorskip("b2share", reason="the real B2SHARE 2.4 is in no registry: see docs/howto/test-on-b2share2.md")

import real_instance  # noqa: E402
from decisions_contract import ACCESS, SOURCES, DecisionsContract  # noqa: E402

from secureb2share_ext import client  # noqa: E402
from secureb2share_ext.testing import rems as fake  # noqa: E402
from secureb2share_ext.testing.tsd import FileApi  # noqa: E402
from secureb2share_ext.uploads import lock  # noqa: E402

PLACE = "urn:{source}:{identifier}"
OF_REMS = {"kind": "rems", "user": fake.OWNER, "api_key": fake.KEY, "organization": fake.ORGANIZATION, "workflow": 11,
           "form": 31, "licenses": [51], "languages": ["en"], "resource": PLACE}  # fmt: skip
OF_TSD = {"kind": "tsd", "project": "p11", "app": "secureb2share", "echo": True}


@pytest.fixture(scope="module", autouse=True)
def there():
    if real_instance.missing():
        pytest.skip("%s is not set" % real_instance.missing())


class TestB2Share2Decisions(DecisionsContract):
    @pytest.fixture(scope="class")
    def instance(self, tmp_path_factory):
        folder = tmp_path_factory.mktemp("decisions")
        with real_instance.running(folder, SOURCES, SECUREB2SHARE_ACCESS=ACCESS) as found:
            for one in lock.of_instance(found.app):
                # the handlers of Flask 0.11 drop what is no error, and pass nothing on
                one.app.logger.setLevel(logging.DEBUG)
                one.app.logger.propagate = True
            yield found


class TestB2Share2Targets:
    @pytest.fixture(scope="class")
    def site(self, tmp_path_factory):
        """(instance, FakeRems, FileApi)."""
        folder = tmp_path_factory.mktemp("targets")
        with fake.FakeRems(fake.example_store(duo=True)) as rems, FileApi() as api:
            secret = folder / "client.secret"
            secret.write_text(api.secret())
            targets = {
                "sd-apply": dict(OF_REMS, url=rems.url),
                "tsd-table": dict(OF_TSD, url=api.url, secret_file=str(secret)),
            }
            access = {
                "sd-apply": {"provider": "rems", "url": rems.url, "resource": PLACE},
                "csc-form": {"provider": "template", "url": "https://forms.example.org/{identifier}"},
            }
            sources = {"tsd": {"access": "sd-apply", "targets": list(targets)}}
            # the source that the contract's instances have beside it tells the same table
            sources["csc"] = {"targets": ["tsd-table"]}
            given = {"SECUREB2SHARE_TARGETS": targets, "SECUREB2SHARE_ACCESS": access}
            with real_instance.running(folder, sources, **given) as found:
                yield found, rems, api

    def test_a_dataset_is_registered_in_rems_and_written_at_tsd(self, site):
        from instance import example

        instance, rems, api = site
        identifier = "rems/b2share"
        said = instance.source.register(identifier, example())

        def follow():
            answer = instance.call("GET", "/api/access/" + said["pid"], headers={"Accept": "application/json"})
            return answer.status_code, answer.headers.get("location")

        assert follow() == (403, None)
        instance.sweep()
        status, link = follow()
        assert status == 302 and link == rems.url + "/apply-for?resource=urn%3Atsd%3Arems%2Fb2share"
        assert rems.take(fake.Request("GET", link[len(rems.url) :], {})).status == 302
        (item,) = rems.items_of("urn:tsd:" + identifier)
        assert item["localizations"]["en"]["infourl"] == said["record_url"]
        for state, live, status in (("suspended", 0, 403), ("active", 1, 302), ("withdrawn", 0, 410)):
            instance.source.set_state(identifier, state, "A reason.")
            instance.sweep()
            assert (len(rems.items_of("urn:tsd:" + identifier)), follow()[0]) == (live, status), state
        rows = api.rows("events")
        assert [row["data"]["state"] for row in rows] == ["active", "suspended", "active", "withdrawn"]
        assert len({row["event_id"] for row in rows}) == 4
        states = {state for (state,) in instance.execute("SELECT DISTINCT state FROM secureb2share_event")}
        assert states == {"acknowledged", "delivered"}
        assert client.digest(b"") not in {row["digest"] for row in rows}

"""OAI-PMH of a host whose every record is a dataset: part of each host's test of it."""

import datetime
import uuid

import requests
from lxml import etree

NS = {"o": "http://www.openarchives.org/OAI/2.0/"}
DAY = "%Y-%m-%d"


class Harvester:
    """What a harvester keeps: {identifier: title}, and the time from which it asks the next time."""

    def __init__(self, address, **arguments):
        self.address, self.arguments = address, arguments
        self.kept, self.since, self.pages = {}, None, []

    def harvest(self):
        given = dict(self.arguments, verb="ListRecords", metadataPrefix="oai_dc")
        if self.since:
            given["from"] = self.since
        self.since = None
        while given:
            root = asked(self.address, given)
            # what is changed while it is answered comes with the next harvest again
            self.since = self.since or root.findtext("o:responseDate", namespaces=NS)
            self.pages.append(len(root.findall("o:ListRecords/o:record", NS)))
            for record in root.iterfind("o:ListRecords/o:record", NS):
                self._keep(record)
            token = root.findtext("o:ListRecords/o:resumptionToken", namespaces=NS)
            given = {"verb": "ListRecords", "resumptionToken": token} if token else None

    def _keep(self, record):
        identifier = record.findtext("o:header/o:identifier", namespaces=NS)
        if record.find("o:header", NS).get("status") == "deleted":
            assert record.find("o:metadata", NS) is None
            self.kept.pop(identifier, None)
        else:
            self.kept[identifier] = record.find(".//{http://purl.org/dc/elements/1.1/}title").text


def asked(address, arguments):
    answer = requests.get(address, params=arguments)
    assert answer.status_code == 200, (answer.status_code, answer.text[:500])
    return etree.fromstring(answer.content)


def error(address, **arguments):
    found = asked(address, arguments).find("o:error", NS)
    return None if found is None else found.get("code")


class OAIContract:
    """Subclass it as Test..., with the fixture `instance`, whose pages of lists have three records."""

    path = "/oai2d"
    withdrawals, every = 20, 10  # datasets that are withdrawn, and after how many of them is harvested
    deleted = "persistent"

    def address(self, instance):
        return instance.base_url + self.path

    def description(self, title):
        from instance import example

        found = example()
        found["core"]["titles"] = [{"lang": "en", "text": title}]
        return found

    def register(self, instance, count):
        titles = {"oai/" + uuid.uuid4().hex: "Title %s" % uuid.uuid4().hex for _ in range(count)}
        for identifier, title in titles.items():
            instance.source.register(identifier, self.description(title))
        return titles

    def test_no_title_of_what_was_withdrawn_stays_with_a_harvester(self, instance):
        titles = self.register(instance, self.withdrawals)
        harvester = Harvester(self.address(instance))
        harvester.harvest()
        assert set(titles.values()) <= set(harvester.kept.values())
        living, stale = set(titles.values()), 0
        for number, (identifier, title) in enumerate(titles.items(), 1):
            instance.source.set_state(identifier, "withdrawn", "Consent ended.")
            instance.forget_withdrawals()
            living.discard(title)
            if number % self.every == 0:
                harvester.harvest()
                stale += len((set(harvester.kept.values()) & set(titles.values())) - living)
        assert stale == 0 and 0 not in harvester.pages
        assert not set(titles.values()) & set(harvester.kept.values())
        # and what is taken back comes back
        identifier, title = list(titles.items())[-1]
        assert instance.run_cli("withdrawal", "undo", "tsd", identifier, "--reason", "A mistake.").exit_code == 0
        harvester.harvest()
        assert title in harvester.kept.values()

    def test_dates_are_days_or_seconds_and_a_day_is_whole(self, instance):
        (title,) = self.register(instance, 1).values()
        address, today = self.address(instance), datetime.datetime.utcnow()
        given = {"verb": "ListRecords", "metadataPrefix": "oai_dc"}
        tomorrow = today + datetime.timedelta(days=1)
        yesterday = today - datetime.timedelta(days=1)
        # a test that is run at midnight sees both days
        day = Harvester(address, until=tomorrow.strftime(DAY))
        day.arguments.update({"from": yesterday.strftime(DAY)})
        day.harvest()
        assert title in day.kept.values()
        only_today = Harvester(address, until=datetime.datetime.utcnow().strftime(DAY))
        only_today.harvest()
        assert title in only_today.kept.values()
        for dates, code in [
            ({"until": "2001-01-01"}, "noRecordsMatch"),
            ({"from": "2026-01-01", "until": "2026-01-02T00:00:00Z"}, "badArgument"),
            ({"from": "2026-13-01"}, "badArgument"),
            ({"until": "now"}, "badArgument"),
            ({"until": "9999-12-31"}, None),
            ({"from": ["2026-01-01", "2026-01-02"]}, "badArgument"),
            ({"who": "1"}, "badArgument"),
        ]:
            assert error(address, **dict(given, **dates)) == code, dates
        assert error(address, verb="ListRecords", metadataPrefix="none") == "cannotDisseminateFormat"
        assert error(address, verb="ListRecords") == "badArgument"

    def test_tokens_live_an_hour_and_no_page_is_empty(self, instance, monkeypatch):
        from secureb2share_ext.hosts import oai_lists

        # so that the last page is a full one
        have = len(self.all(instance))
        self.register(instance, 3 - have % 3 + 3)
        root = asked(self.address(instance), {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc"})
        token = root.find("o:ListIdentifiers/o:resumptionToken", NS)
        sent = datetime.datetime.strptime(root.findtext("o:responseDate", namespaces=NS), "%Y-%m-%dT%H:%M:%SZ")
        ends = datetime.datetime.strptime(token.get("expirationDate"), "%Y-%m-%dT%H:%M:%SZ")
        assert 3590 < (ends - sent).total_seconds() < 3660
        harvester = Harvester(self.address(instance))
        harvester.harvest()
        assert set(harvester.pages) == {3}
        given = {"verb": "ListIdentifiers", "resumptionToken": token.text}
        assert error(self.address(instance), **given) is None
        assert error(self.address(instance), **dict(given, set="x")) == "badArgument"
        assert error(self.address(instance), **dict(given, resumptionToken=token.text + "x")) == "badResumptionToken"
        assert error(self.address(instance), verb="ListRecords", resumptionToken=token.text) == "badResumptionToken"
        monkeypatch.setattr(oai_lists, "LIFETIME", -1)
        assert error(self.address(instance), **given) == "badResumptionToken"

    def all(self, instance):
        harvester = Harvester(self.address(instance))
        harvester.harvest()
        return [number for number in harvester.pages for _ in range(number)]

    def test_identify_says_what_holds(self, instance):
        self.register(instance, 1)
        root = asked(self.address(instance), {"verb": "Identify"})
        said = root.find("o:Identify", NS)
        assert said.findtext("o:deletedRecord", namespaces=NS) == self.deleted
        earliest = said.findtext("o:earliestDatestamp", namespaces=NS)
        records = asked(self.address(instance), {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc"})
        assert all(earliest <= stamp.text for stamp in records.iter("{%s}datestamp" % NS["o"]))

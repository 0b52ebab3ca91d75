import datetime
import os

import pytest

from secureb2share_ext.maintenance import exposure

SECURE = {
    "SESSION_COOKIE_SECURE": True,
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "PERMANENT_SESSION_LIFETIME": datetime.timedelta(hours=8),
}
BASE = "https://catalogue.example.org"


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "keys"
    made.mkdir(mode=0o700)
    key = made / "a.key"
    key.write_text("whsk_")
    key.chmod(0o600)
    (made / "instance.json").write_text("{}")
    return made


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640, 0o604, 0o620, 0o602, 0o644, 0o777])
def test_a_key_that_others_can_read_is_a_finding(folder, mode):
    (folder / "a.key").chmod(mode)
    found = exposure.of_keys(str(folder))
    assert len(found) == (1 if mode & 0o077 else 0)
    assert all("a.key is open to others (mode %04o): run `chmod 600" % mode in said for said in found)


@pytest.mark.parametrize("mode", [0o700, 0o500, 0o750, 0o705, 0o711, 0o755, 0o770])
def test_a_key_folder_that_others_can_enter_is_a_finding(folder, mode):
    folder.chmod(mode)
    found = exposure.of_keys(str(folder))
    assert len(found) == (1 if mode & 0o077 else 0)
    assert all("The key folder %s is open to others (mode %04o)" % (folder, mode) in said for said in found)
    folder.chmod(0o700)


def test_a_link_is_followed(folder, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    elsewhere.chmod(0o755)
    os.rename(str(folder / "a.key"), str(elsewhere / "a.key"))
    os.symlink(str(elsewhere / "a.key"), str(folder / "a.key"))
    assert exposure.of_keys(str(folder)) == []
    elsewhere.chmod(0o777)
    (elsewhere / "a.key").chmod(0o644)
    opened, written = exposure.of_keys(str(folder))
    assert "leads to %s, which is open to others (mode 0644)" % (elsewhere / "a.key") in opened
    assert "lies in a folder that others can write to" in written
    (elsewhere / "a.key").unlink()
    (said,) = exposure.of_keys(str(folder))
    assert "cannot be looked at (No such file or directory)" in said
    os.symlink(str(folder), str(tmp_path / "link"))
    folder.chmod(0o755)
    assert "run `chmod 700 %s`" % folder in exposure.of_keys(str(tmp_path / "link"))[0]


def test_no_folder_is_no_finding(tmp_path):
    assert exposure.of_keys(None) == exposure.of_keys(str(tmp_path / "nowhere")) == []


@pytest.mark.parametrize(
    "changed, named",
    [
        ({}, None),
        ({"SESSION_COOKIE_SAMESITE": "Strict"}, None),
        ({"SESSION_COOKIE_SECURE": False}, "SECURE"),
        ({"SESSION_COOKIE_SECURE": None}, "SECURE"),
        ({"SESSION_COOKIE_HTTPONLY": False}, "HTTPONLY"),
        ({"SESSION_COOKIE_SAMESITE": None}, "SAMESITE"),
        ({"SESSION_COOKIE_SAMESITE": "None"}, "SAMESITE"),
    ],
)
def test_each_flag_that_the_sessions_cookie_lacks_is_a_finding(changed, named):
    found = exposure.of_cookies(dict(SECURE, **changed), BASE)
    assert [said.split()[0] for said in found] == (["SESSION_COOKIE_" + named] if named else [])


@pytest.mark.parametrize(
    "lifetime, hours",
    [
        (datetime.timedelta(days=1), None),
        (24 * 3600, None),
        (24 * 3600 + 3600, 25),
        (datetime.timedelta(days=31), 744),
        (86400.0, None),
    ],
)
def test_a_session_that_lasts_for_more_than_a_day_is_a_finding(lifetime, hours):
    found = exposure.of_cookies(dict(SECURE, PERMANENT_SESSION_LIFETIME=lifetime), BASE)
    assert [said.split(":")[0] for said in found] == (
        ["PERMANENT_SESSION_LIFETIME is %d hours" % hours] if hours else []
    )


def test_flags_are_asked_for_behind_https_alone():
    assert len(exposure.of_cookies({"SESSION_COOKIE_SAMESITE": None}, BASE)) == 3
    assert exposure.of_cookies({}, "http://localhost:5000") == exposure.of_cookies({}, None) == []
    # a Flask before 1.0
    assert len(exposure.of_cookies({"SESSION_COOKIE_SECURE": False}, BASE)) == 2

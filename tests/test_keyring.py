import os
import re
import uuid

import pytest
from instance import example, running
from served import ONE_DATABASE

from secureb2share_ext import client


@pytest.fixture(scope="module", params=ONE_DATABASE)
def instance(request, tmp_path_factory):
    if request.param == "postgresql" and not os.environ.get("SECUREB2SHARE_TEST_POSTGRESQL"):
        pytest.skip("no PostgreSQL: SECUREB2SHARE_TEST_POSTGRESQL is not set")
    with running(request.param, tmp_path_factory.mktemp("instance")) as found:
        yield found


def keys(instance, *words):
    result = instance.run_cli("keys", *words)
    assert result.exit_code == 0, result.output
    return result.output.strip()


def refused(instance, *words):
    result = instance.run_cli("keys", *words)
    assert result.exit_code == 1
    return result.output


def states(instance):
    return {line.split()[0]: line.split()[1] for line in keys(instance, "list").split("\n")}


def published(instance):
    return {key["kid"] for key in instance.source.keys()["keys"]}


def file_of(instance, kid):
    return os.path.join(instance.data, "keys", kid + ".key")


def publish(instance):
    identifier = "drill/" + uuid.uuid4().hex
    pid = instance.curate(example(), identifier).json()["id"]
    return identifier, pid


def reference(instance, pid):
    url = instance.call("GET", "/api/access/" + pid).headers["location"]
    return re.search("(?:ref|CBreference)=([^&]+)", url).group(1)


def kid_of(token, jwks):
    claims = client.verify_reference(token, jwks)
    assert claims["iss"] == "http://localhost:%s" % claims["iss"].rpartition(":")[2]
    return client.json.loads(client._from_b64url(token.split(".")[0]))["kid"]


def holds(jwks, headers, body):
    try:
        return client.verify_event(headers, body, jwks=jwks)["id"]
    except client.NotVerified:
        return None


def sent(instance, identifier):
    return [(headers, body) for headers, body in instance.receiver.requests if identifier.encode() in body]


def due_again(instance):
    assert instance.run_cli("deliveries", "retry", "--all").exit_code == 0


def test_rotation_drill(instance):
    (old,) = states(instance)
    assert "only active one" in refused(instance, "retire", old)
    assert "only active one" in refused(instance, "revoke", old)
    assert "no signing key nobody" in refused(instance, "retire", "nobody")

    # signed by the old key: a reference, an event that arrived, and one that did not
    arrived, pid = publish(instance)
    instance.sweep()
    old_reference = reference(instance, pid)
    instance.receiver.answer = lambda number: 503
    pending, _ = publish(instance)
    instance.sweep()
    assert kid_of(old_reference, instance.source.keys()) == old

    # both at once: the new one signs, what either signed verifies
    new = keys(instance, "new")
    assert published(instance) == {old, new} and states(instance) == {old: "active", new: "active"}
    assert kid_of(reference(instance, pid), instance.source.keys()) == new
    both = instance.source.keys()
    assert client.verify_reference(old_reference, both)["pid"] == pid
    due_again(instance)
    instance.sweep()
    (first, second) = sent(instance, pending)
    assert holds(both, *first) == holds(both, *second) is not None
    only_new = {"keys": [key for key in both["keys"] if key["kid"] == new]}
    assert holds(only_new, *first) is None and holds(only_new, *second)

    # retired: signs no more, still verifies
    assert keys(instance, "retire", old).startswith("Retired.")
    assert "already retired" in refused(instance, "retire", old)
    assert published(instance) == {old, new} and states(instance)[old] == "retired"
    assert os.path.exists(file_of(instance, old))
    assert client.verify_reference(old_reference, instance.source.keys())["pid"] == pid
    assert holds(instance.source.keys(), *sent(instance, arrived)[0])

    # revoked: verifies no more; what is pending goes out under the new key with the same bytes and id
    assert keys(instance, "revoke", old) == "Revoked. Its private part was deleted."
    assert "already revoked" in refused(instance, "revoke", old)
    assert "already revoked" in refused(instance, "retire", old)
    assert published(instance) == {new} and not os.path.exists(file_of(instance, old))
    with pytest.raises(client.NotVerified):
        client.verify_reference(old_reference, instance.source.keys())
    assert holds(instance.source.keys(), *sent(instance, arrived)[0]) is None
    instance.receiver.answer = None
    due_again(instance)
    instance.sweep()
    (first, _, third) = sent(instance, pending)
    assert holds(instance.source.keys(), *third) and third[1] == first[1]
    assert third[0]["webhook-id"] == first[0]["webhook-id"]
    assert len(instance.receiver.of(pending)) == 1
    # the reference is issued again for whoever follows the link
    assert kid_of(reference(instance, pid), instance.source.keys()) == new


def test_revoking_the_newest_key_falls_back_to_the_active_one_before(instance):
    before = next(kid for kid, state in states(instance).items() if state == "active")
    stolen = keys(instance, "new")
    os.remove(file_of(instance, stolen))
    assert keys(instance, "revoke", stolen) == "Revoked. Its private part is not on this machine."
    _, pid = publish(instance)
    assert kid_of(reference(instance, pid), instance.source.keys()) == before

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy
from instance import database, skip_unless_there

from demo.catalogue import services

ROOT = Path(__file__).resolve().parents[2]
ALL = {
    "SQLALCHEMY_DATABASE_URI": "postgresql+psycopg2://catalogue@db.example.org/catalogue",
    "BROKER_URL": "amqp://mq.example.org//",
    "CACHE_REDIS_URL": "redis://cache.example.org/0",
    "SEARCH_HOSTS": "['search.example.org:9200']",
}


@pytest.mark.parametrize(
    "name, switched",
    [
        ("SQLALCHEMY_DATABASE_URI", {"SQLALCHEMY_DATABASE_URI"}),
        (
            "BROKER_URL",
            {
                "BROKER_URL",
                "CELERY_BROKER_URL",
                "CELERY_TASK_ALWAYS_EAGER",
                "CELERY_TASK_DEFAULT_QUEUE",
                "SECUREB2SHARE_SWEEP_INTERVAL",
            },
        ),
        (
            "CACHE_REDIS_URL",
            {
                "ACCOUNTS_SESSION_REDIS_URL",
                "CACHE_KEY_PREFIX",
                "CACHE_REDIS_URL",
                "CACHE_TYPE",
                "OAUTH2_CACHE_TYPE",
                "RATELIMIT_STORAGE_URI",
            },
        ),
        ("SEARCH_HOSTS", {"SEARCH_HOSTS", "SEARCH_INDEX_PREFIX"}),
    ],
)
def test_each_variable_alone_switches_its_service(name, switched):
    without, alone = services.settings({}, "demo-1"), services.settings({name: ALL[name], "HOME": "/"}, "demo-1")
    assert {key for key in alone if alone[key] != without.get(key)} == switched
    assert ("indexer_class" in services.endpoint({name: ALL[name]})) == (name != "SEARCH_HOSTS")


@pytest.mark.parametrize(
    "text, hosts",
    [
        ("http://127.0.0.1:9200", ["http://127.0.0.1:9200"]),
        ("['localhost:9200']", ["localhost:9200"]),
        ('["one:9200", "other:9200"]', ["one:9200", "other:9200"]),
        ("one:9200,other:9200", ["one:9200", "other:9200"]),
    ],
)
def test_hosts_of_the_search_cluster(text, hosts):
    assert services.hosts(text) == hosts


@pytest.mark.services
def test_demo_on_all_of_them(tmp_path):
    skip_unless_there("services")
    redis, search = (os.environ["SECUREB2SHARE_TEST_" + name] for name in ("REDIS", "SEARCH"))
    with database("services", tmp_path) as uri:
        named = {"SQLALCHEMY_DATABASE_URI": uri, "BROKER_URL": redis + "/3", "CACHE_REDIS_URL": redis + "/4"}
        # what the environment says of another Invenio does not reach it
        foreign = {"INVENIO_SQLALCHEMY_DATABASE_URI": "sqlite://", "INVENIO_INSTANCE_PATH": str(tmp_path / "instance")}
        result = subprocess.run(
            [sys.executable, "-m", "demo", "--check"],
            cwd=str(ROOT),
            env=dict(os.environ, SEARCH_HOSTS=search, **named, **foreign),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        engine = sqlalchemy.create_engine(uri)
        with engine.connect() as connection:
            states = connection.execute(sqlalchemy.text("SELECT DISTINCT state FROM secureb2share_event")).scalars()
            assert set(states) == {"acknowledged"}, result.stdout
            assert connection.scalar(sqlalchemy.text("SELECT count(*) FROM secureb2share_index")) == 0
        engine.dispose()
    assert result.returncode == 0, result.stdout
    assert " passed, 0 failed" in result.stdout

"""The real services that the environment names, and what Invenio has to know of each.

SQLALCHEMY_DATABASE_URI, BROKER_URL, CACHE_REDIS_URL and SEARCH_HOSTS, as docker-services-cli exports them. Each one
alone switches that service; several demos may share one, but for the database.
"""

import re

HERE = "demo.catalogue"


def settings(environ, name):
    """The part of Invenio's configuration that depends on them; `name` keeps instances that share a service apart."""
    found = dict(IN_PROCESS)
    if environ.get("SQLALCHEMY_DATABASE_URI"):
        found["SQLALCHEMY_DATABASE_URI"] = environ["SQLALCHEMY_DATABASE_URI"]
    if environ.get("BROKER_URL"):
        found.update(
            BROKER_URL=environ["BROKER_URL"],
            CELERY_BROKER_URL=environ["BROKER_URL"],
            CELERY_TASK_DEFAULT_QUEUE=name,
            CELERY_TASK_ALWAYS_EAGER=False,
            SECUREB2SHARE_SWEEP_INTERVAL=1,
        )
    if environ.get("CACHE_REDIS_URL"):
        found.update(
            CACHE_TYPE="RedisCache",
            CACHE_REDIS_URL=environ["CACHE_REDIS_URL"],
            CACHE_KEY_PREFIX=name + ":",
            OAUTH2_CACHE_TYPE="redis",
            ACCOUNTS_SESSION_REDIS_URL=environ["CACHE_REDIS_URL"],
            RATELIMIT_STORAGE_URI=environ["CACHE_REDIS_URL"],
        )
    if environ.get("SEARCH_HOSTS"):
        found.update(SEARCH_HOSTS=hosts(environ["SEARCH_HOSTS"]), SEARCH_INDEX_PREFIX=name + "-")
    return found


def endpoint(environ):
    """The part of an entry of RECORDS_REST_ENDPOINTS that depends on them."""
    if environ.get("SEARCH_HOSTS"):
        # the rest is what invenio-records-rest does by itself
        return {"search_index": "secureb2share-dataset-v1.0.0"}
    return {
        "search_class": HERE + ".search:Search",
        "search_factory_imp": HERE + ".search:search_factory",
        "indexer_class": None,
    }


def hosts(text):
    """The hosts in a text such as "http://127.0.0.1:9200", "['localhost:9200']" or "one:9200,other:9200"."""
    return re.findall(r"[^\s,'\"\[\]]+", text)


IN_PROCESS = {
    "CACHE_TYPE": "SimpleCache",
    "ACCESS_CACHE": "invenio_cache:current_cache",
    "OAUTH2_CACHE_TYPE": "simple",
    "RATELIMIT_STORAGE_URI": "memory://",
    "BROKER_URL": "memory://",
    "CELERY_BROKER_URL": "memory://",
    "CELERY_TASK_ALWAYS_EAGER": True,
    # nobody asks for results
    "CELERY_RESULT_BACKEND": "cache",
    "CELERY_CACHE_BACKEND": "memory",
}

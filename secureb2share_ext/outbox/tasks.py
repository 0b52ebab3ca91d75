"""The task that Celery runs."""

from typing import Dict

from celery import shared_task

from ..proxies import current
from . import delivery


@shared_task(ignore_result=True)
def sweep() -> Dict[str, int]:
    """Look whether the lock was picked, bring the search index up to date, send the events that are due, and forget."""
    extension = current()
    if not extension.is_on:
        return {}
    # first: whatever fails below, a picked lock is noticed
    extension.lock.compare()
    extension.host.index()
    counts = delivery.sweep(extension)
    extension.forget()
    return counts

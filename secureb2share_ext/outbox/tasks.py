"""The task that Celery runs."""

from typing import Dict

from celery import shared_task

from ..proxies import current
from . import delivery


@shared_task(ignore_result=True)
def sweep() -> Dict[str, int]:
    """Look after the lock, the search index, the events that are due, sessions, and what is to be forgotten."""
    extension = current()
    if not extension.is_on:
        return {}
    # first: whatever fails below, a picked lock is noticed
    extension.lock.compare()
    extension.host.index()
    counts = delivery.sweep(extension)
    extension.end_sessions()
    extension.forget()
    return counts

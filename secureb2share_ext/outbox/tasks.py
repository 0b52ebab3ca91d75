"""The task that Celery runs."""

from typing import Dict

from celery import shared_task

from ..proxies import current
from . import delivery


@shared_task(ignore_result=True)
def sweep() -> Dict[str, int]:
    """Bring the search index up to date, send the events that are due, look whether the lock was picked, and forget."""
    extension = current()
    if not extension.is_on:
        return {}
    extension.host.index()
    counts = delivery.sweep(extension)
    extension.lock.compare()
    extension.forget()
    return counts

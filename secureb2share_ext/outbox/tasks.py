"""What does Celery run?"""

from celery import shared_task

from ..proxies import current
from . import delivery


@shared_task(ignore_result=True)
def sweep():
    """Bring the search index up to date, then send what is due."""
    extension = current()
    if not extension.is_on:
        return {}
    extension.host.index()
    return delivery.sweep(extension.targets, extension.mark)

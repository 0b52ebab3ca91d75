"""What does Celery run?"""

from celery import shared_task

from .. import config
from . import delivery


@shared_task(ignore_result=True)
def sweep():
    """Send what is due."""
    return delivery.sweep(config.current().targets)

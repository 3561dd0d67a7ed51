"""The Celery application; loaded by core's AppConfig, never by the call path."""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "e911portal.settings")

app = Celery("e911portal")
app.conf.update(settings.CELERY)
app.autodiscover_tasks()

"""Django application of what all apps share."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CoreConfig(AppConfig):
    name = "e911portal.core"
    label = "core"
    verbose_name = "Publication and audit"

    def ready(self) -> None:
        # Celery is loaded here and not from e911portal/__init__.py: the call path imports that
        # package and must not pull Celery in.
        from e911portal import celery  # noqa: F401
        from e911portal.core import checks, logins, lookups, trigrams  # noqa: F401

        post_migrate.connect(trigrams.make_missing)

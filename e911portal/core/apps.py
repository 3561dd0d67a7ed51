"""Django application of what all apps share."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "e911portal.core"
    label = "core"
    verbose_name = "Publication and audit"

    def ready(self) -> None:
        # Celery is loaded here and not from e911portal/__init__.py: the call path imports that
        # package and must not pull Celery in.
        from e911portal import celery  # noqa: F401
        from e911portal.core import checks, logins  # noqa: F401

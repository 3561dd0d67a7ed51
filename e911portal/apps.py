"""Django application of the composition root: its commands and background jobs; it has no
models."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "e911portal"
    label = "portal"

    def ready(self) -> None:
        from e911portal import tasks  # noqa: F401  registers the handlers of background jobs

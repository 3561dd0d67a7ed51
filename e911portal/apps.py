"""Django application of the composition root: its commands and background jobs; it has no
models."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "e911portal"
    label = "portal"

    def ready(self) -> None:
        # They register the handlers of background jobs.
        from e911portal import background, tasks  # noqa: F401

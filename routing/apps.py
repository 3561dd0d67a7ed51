"""Django application routing."""

from django.apps import AppConfig


class RoutingConfig(AppConfig):
    name = "routing"

    def ready(self) -> None:
        from routing import tasks  # noqa: F401  registers the handlers of background jobs

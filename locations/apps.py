"""Django application locations."""

from django.apps import AppConfig


class LocationsConfig(AppConfig):
    name = "locations"

    def ready(self) -> None:
        from locations import tasks  # noqa: F401  registers the handlers of background jobs

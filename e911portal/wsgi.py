"""WSGI entry point: everything of the portal except the event stream."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "e911portal.settings")

application = get_wsgi_application()

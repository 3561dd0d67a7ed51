"""The environment of a test run: a state directory per process, set before Django reads it.

Importing this module sets Django up; ``tests/conftest.py`` does so before anything else.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import django
import pytest
from django.conf import settings

if settings.configured:
    raise pytest.UsageError("Unset DJANGO_SETTINGS_MODULE: the tests choose their own settings.")

STATE_DIR = Path(tempfile.mkdtemp(prefix="e911portal-test-"))
atexit.register(shutil.rmtree, STATE_DIR, ignore_errors=True)

os.environ["DJANGO_SETTINGS_MODULE"] = "e911portal.settings"
os.environ["STATE_DIR"] = str(STATE_DIR)
os.environ["SECRET_KEY"] = "of this test run"
os.environ["FIELD_ENCRYPTION_KEY"] = "of this test run"
# Workers of tests that run side by side share a broker, not their jobs.
os.environ["CELERY_QUEUE"] = f"test-{os.getpid()}"
# Whoever runs the tests may have a portal running from the same shell: its addresses are not ours.
# DATABASE_URL and CELERY_BROKER_URL stay, they say what the suite is to run on.
for name in ("PORTAL_ADDR", "CALLPATH_ADDR", "CALLPATH_URL", "SIP_ADDR", "DEBUG", "SECURE_TLS"):
    os.environ.pop(name, None)

# Hashed file names need collectstatic; tests look at pages, not at the names of their files.
settings.STORAGES = {
    **settings.STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Found when asked for: each client of a test would otherwise list a thousand files.
settings.WHITENOISE_AUTOREFRESH = True
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: threads and other processes of a test see the same rows.
    settings.DATABASES["default"]["TEST"] = {"NAME": str(STATE_DIR / "test.sqlite3")}
else:
    # A connection kept by a thread that ended would forbid dropping the test database.
    settings.DATABASES["default"]["CONN_MAX_AGE"] = 0

django.setup()
# The workers of pytest-xdist inherit this environment; pytest-django would take the variable
# as the order to set Django up there before this module gave them a state directory of their own.
del os.environ["DJANGO_SETTINGS_MODULE"]

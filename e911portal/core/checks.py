"""System checks: what an operator should know before it hurts."""

import sqlite3
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register


@register(deploy=True)
def sqlite_version(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn of the WAL-reset defect of SQLite before 3.51.3 where the live database is SQLite."""
    engine = settings.DATABASES["default"]["ENGINE"]
    if not engine.endswith("sqlite3") or sqlite3.sqlite_version_info >= (3, 51, 3):
        return []
    return [
        Warning(
            f"SQLite {sqlite3.sqlite_version} has a rare defect that can damage a busy database.",
            hint=(
                "Good enough to try the portal and for a small site with backups. For more, set "
                "DATABASE_URL to PostgreSQL. Location answers do not depend on this database."
            ),
            id="core.W001",
        )
    ]

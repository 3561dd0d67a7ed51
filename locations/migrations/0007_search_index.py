"""Trigram indexes for the search over switch ports on PostgreSQL.

Without them a search reads every port: on half a million that is the one list page that takes longer
than the others by far.  SQLite has an index of another kind (``e911portal.core.trigrams``).
"""

import logging

from django.db import DatabaseError, migrations, transaction

COLUMNS = ("port_id", "port_key", "description")


def add(apps, schema_editor):
    """Add the indexes.  Who may not create the extension, or whose server comes without it, does
    without: search works, slower."""
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=connection.alias):
            schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError as refused:
        logging.getLogger(__name__).warning(
            "The search over switch ports stays without an index, because the extension "
            "pg_trgm cannot be created: %s",
            refused,
        )
        return
    for column in COLUMNS:
        # The expression is what Django asks for with icontains.
        schema_editor.execute(
            f"CREATE INDEX switchport_{column}_search ON locations_switchport "
            f"USING gin (upper({column}::text) gin_trgm_ops)"
        )


def remove(apps, schema_editor):
    """Remove the indexes; the extension may serve others."""
    if schema_editor.connection.vendor == "postgresql":
        for column in COLUMNS:
            schema_editor.execute(f"DROP INDEX IF EXISTS switchport_{column}_search")


class Migration(migrations.Migration):
    dependencies = [("locations", "0006_seen_elements")]
    operations = [migrations.RunPython(add, remove)]

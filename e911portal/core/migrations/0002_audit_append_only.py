"""Audit rows are appended, never altered: the database itself refuses, whatever code is at fault."""

from django.db import migrations

# actor_id may become NULL when a user is deleted; actor_name keeps who it was.
COLUMNS = ", ".join(
    f'"{name}"'
    for name in (
        "at", "actor_name", "via", "request_id", "action", "object_type", "object_id",
        "object_label", "before", "after", "publishable", "previous_hash", "hash",
    )
)  # fmt: skip

SQLITE = [
    f"CREATE TRIGGER audit_no_update BEFORE UPDATE OF {COLUMNS} "
    "ON core_auditevent BEGIN SELECT RAISE(ABORT, 'audit rows are never altered'); END",
    "CREATE TRIGGER audit_no_delete BEFORE DELETE ON core_auditevent "
    "BEGIN SELECT RAISE(ABORT, 'audit rows are never deleted'); END",
]
POSTGRESQL = [
    "CREATE FUNCTION audit_append_only() RETURNS trigger AS $$ BEGIN "
    "RAISE EXCEPTION 'audit rows are never altered or deleted'; END $$ LANGUAGE plpgsql",
    f"CREATE TRIGGER audit_no_update BEFORE UPDATE OF {COLUMNS} "
    "ON core_auditevent FOR EACH ROW EXECUTE FUNCTION audit_append_only()",
    "CREATE TRIGGER audit_no_delete BEFORE DELETE ON core_auditevent "
    "FOR EACH ROW EXECUTE FUNCTION audit_append_only()",
]
SQLITE_BACK = ["DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"]
POSTGRESQL_BACK = [
    "DROP TRIGGER audit_no_update ON core_auditevent",
    "DROP TRIGGER audit_no_delete ON core_auditevent",
    "DROP FUNCTION audit_append_only()",
]


def execute(sqlite, postgresql):
    def run(apps, schema_editor):
        statements = postgresql if schema_editor.connection.vendor == "postgresql" else sqlite
        for statement in statements:
            schema_editor.execute(statement)

    return run


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [
        migrations.RunPython(
            execute(SQLITE, POSTGRESQL), execute(SQLITE_BACK, POSTGRESQL_BACK)
        )
    ]

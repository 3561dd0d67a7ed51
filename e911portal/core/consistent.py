"""Reading the draft as it was at one moment, without keeping anybody from writing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction


@contextmanager
def consistent_read() -> Iterator[None]:
    """Give the block one unchanging view of the database, at any length, without the write lock.

    SQLite: a deferred transaction in WAL mode.  PostgreSQL: repeatable read.  Inside a transaction
    that is open already (a test, an import's preview) the view is that transaction's.
    """
    if connection.in_atomic_block:
        yield
        return
    sqlite: Any = connection  # `transaction_mode` is SQLite's
    mode = getattr(sqlite, "transaction_mode", None)
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        sqlite.transaction_mode = "DEFERRED"
    try:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
    finally:
        if connection.vendor == "sqlite":
            sqlite.transaction_mode = mode

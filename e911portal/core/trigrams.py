"""Index of the texts of a large table on SQLite, for the search box (FTS5, tokenizer ``trigram``).

A model names its columns, ``TRIGRAMS = ("port_id", ...)``: a search reads what is in the index and
not every row.  Triggers keep it, and ``migrate`` makes what is missing: whenever Django alters a
table it makes a new one, without the triggers.  PostgreSQL has an index of its own
(``locations`` migration 0007).
"""

from typing import Any

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections, models, transaction

#: Words shorter than this have no trigram.
SHORTEST = 3


def find(
    rows: models.QuerySet[Any], words: list[str], columns: tuple[str, ...], limit: int
) -> list[int] | None:
    """Return the keys of the rows of the table in which one of ``words`` occurs in a column of the
    index, whatever its case.

    None where the index does not tell: the model or the database has none, ``columns`` lack some of
    it, a word is too short, or more than ``limit`` rows have one.
    """
    model, connection = rows.model, connections[rows.db]
    indexed = getattr(model, "TRIGRAMS", ())
    if not indexed or not set(indexed) <= set(columns) or connection.vendor != "sqlite":
        return None
    phrases = ['"' + word.replace('"', '""') + '"' for word in words if len(word) >= SHORTEST]
    with connection.cursor() as cursor:
        if len(phrases) < len(words) or _missing(model, cursor):
            return None
        cursor.execute(
            _sql("SELECT rowid FROM {index} WHERE {index} MATCH %s LIMIT %s", model),
            [" OR ".join(phrases), limit + 1],
        )
        keys = [key for (key,) in cursor.fetchall()]
    return keys if len(keys) <= limit else None


def make_missing(
    app_config: AppConfig, using: str = DEFAULT_DB_ALIAS, verbosity: int = 0, **kwargs: Any
) -> None:
    """Make the indexes of an app's models that are missing; receives ``post_migrate``."""
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    for model in app_config.get_models():
        with transaction.atomic(using=using), connection.cursor() as cursor:
            if not getattr(model, "TRIGRAMS", ()) or not _missing(model, cursor):
                continue
            if verbosity:
                nouns = model._meta.verbose_name_plural
                print(f"  Making the search index of {nouns}", file=kwargs.get("stdout"))
            cursor.execute(_sql("DROP TABLE IF EXISTS {index}", model))
            for name in _TRIGGERS:
                cursor.execute(_sql(f"DROP TRIGGER IF EXISTS {{index}}_{name}", model))
            try:
                cursor.execute(_sql(_TABLE, model))
            except OperationalError:
                continue  # SQLite before 3.34: a search reads every row
            cursor.execute(_sql("INSERT INTO {index}({index}) VALUES ('rebuild')", model))
            for name, when in _TRIGGERS.items():
                cursor.execute(_sql(f"CREATE TRIGGER {{index}}_{name} {when} END", model))


_TABLE = (
    "CREATE VIRTUAL TABLE {index} USING fts5({columns}, content='{table}', content_rowid='{key}', "
    "tokenize='trigram')"
)
_ADD = "INSERT INTO {index}(rowid, {columns}) VALUES (new.{key}, {new});"
_TAKE = "INSERT INTO {index}({index}, rowid, {columns}) VALUES ('delete', old.{key}, {old});"
_TRIGGERS = {
    "insert": f"AFTER INSERT ON {{table}} BEGIN {_ADD}",
    "delete": f"AFTER DELETE ON {{table}} BEGIN {_TAKE}",
    "update": f"AFTER UPDATE OF {{columns}} ON {{table}} BEGIN {_TAKE} {_ADD}",
}


def _sql(text: str, model: type[models.Model]) -> str:
    """Return ``text`` with the names of the model; all are names of Python, none needs quoting."""
    meta: Any = model._meta
    columns = [meta.get_field(name).column for name in model.TRIGRAMS]  # type: ignore[attr-defined]
    return text.format(
        index=f"{meta.db_table}_trigrams",
        table=meta.db_table,
        key=meta.pk.column,
        columns=", ".join(columns),
        new=", ".join(f"new.{column}" for column in columns),
        old=", ".join(f"old.{column}" for column in columns),
    )


def _missing(model: type[models.Model], cursor: Any) -> bool:
    """Return whether the index or one of its triggers is not there."""
    index = _sql("{index}", model)
    cursor.execute("SELECT name FROM sqlite_master WHERE name GLOB %s", [f"{index}*"])
    there = {name for (name,) in cursor.fetchall()}
    return not {index, *(f"{index}_{name}" for name in _TRIGGERS)} <= there

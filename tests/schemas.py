"""The XML schemas of the RFCs, kept beside the repository and used for checking only."""

from functools import cache
from pathlib import Path

import pytest
from lxml import etree

SHARED = Path(__file__).parents[2] / "shared"


@cache
def _schema() -> etree.XMLSchema | None:
    bundle = SHARED / "schemas" / "bundle" / "all.xsd"
    return etree.XMLSchema(etree.parse(bundle)) if bundle.exists() else None


def schema_errors(document: bytes | str) -> list[str]:
    """Return what the schemas find wrong with a document; skips the test without them."""
    schema = _schema()
    if schema is None:
        pytest.skip(f"no schemas in {SHARED / 'schemas'}")
    data = document.encode() if isinstance(document, str) else document
    schema.validate(etree.fromstring(data))
    return [f"{error.line}: {error.message}" for error in schema.error_log]


def sample(name: str) -> bytes:
    """Return a canonical message; skips the test when the samples are not there."""
    path = SHARED / "samples" / name
    if not path.exists():
        pytest.skip(f"no {path}")
    return path.read_bytes()

"""ServiceInfo of RFC 7852: what kind of service the call is made by."""

import pytest
from lxml import etree

from routing.domain.service_info import NAMESPACE, document
from tests.schemas import schema_errors


@pytest.mark.parametrize(
    ("tier", "mobility"),
    [
        ("mac", "Fixed"),
        ("endpoint", "Fixed"),
        ("port", "Nomadic"),
        ("bssid", "Nomadic"),
        ("client", "Nomadic"),
        ("last_known", "Nomadic"),
        (None, "Unknown"),
    ],
)
def test_document_says_whether_the_phone_stays_where_it_is(tier: str | None, mobility: str) -> None:
    root = etree.fromstring(document("ref@example.com", tier))

    assert [(element.tag.removeprefix(f"{{{NAMESPACE}}}"), element.text) for element in root] == [
        ("DataProviderReference", "ref@example.com"),
        ("ServiceEnvironment", "Business"),
        ("ServiceType", "MLTS-local"),
        ("ServiceMobility", mobility),
    ]


@pytest.mark.parametrize("reference", ["ref@example.com", "a<b&c>@x", "r@2001-db8--1"])
def test_document_is_valid(reference: str) -> None:
    assert schema_errors(document(reference, "port")) == []

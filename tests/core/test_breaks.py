"""Addresses on narrow cards: broken at their joints, never altered, never markup."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e911portal.core.templatetags.portal import breaks


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("sip:anna@pbx.example.com", "sip:anna<wbr>@pbx<wbr>.example<wbr>.com"),
        ("sip:+12125550199@x;user=phone", "sip:+12125550199<wbr>@x<wbr>;user=phone"),
        ("", ""),
        ("<b>@x", "&lt;b&gt;<wbr>@x"),
    ],
)
def test_address_breaks_before_its_joints(uri: str, shown: str) -> None:
    assert breaks(uri) == shown


@given(st.text())
def test_what_is_shown_is_what_was_given(uri: str) -> None:
    assert html.unescape(breaks(uri).replace("<wbr>", "")) == html.unescape(html.escape(uri))

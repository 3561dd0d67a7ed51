"""What is taken as the address of a channel."""

import pytest

from notifications.domain.channels import check_address


@pytest.mark.parametrize(
    ("transport", "address"),
    [
        ("email", "security@example.com"),
        ("webhook", "https://hooks.example.com:8443/911?desk=ny"),
        ("webhook", "http://10.20.0.7/911"),
        ("sip_message", "sip:security@example.com"),
        ("sip_message", "sips:desk@[2001:db8::1]:5061;transport=tls"),
        ("xmpp", "security@example.com"),
    ],
)
def test_address_of_the_transport_is_taken(transport: str, address: str) -> None:
    check_address(transport, address)


@pytest.mark.parametrize(
    ("transport", "address", "remedy"),
    [
        ("email", "security", "security@example.com"),
        ("email", "a@example.com\nBcc: b@example.com", "security@example.com"),
        ("email", "a@example.com, b@example.com", "security@example.com"),
        ("webhook", "hooks.example.com", "https://hooks.example.com/911"),
        ("webhook", "file:///etc/passwd", "https://hooks.example.com/911"),
        ("webhook", "https:///911", "https://hooks.example.com/911"),
        ("webhook", "https://example.com:port/", "https://hooks.example.com/911"),
        ("webhook", "https://example.com/\r\nX-Evil: 1", "https://hooks.example.com/911"),
        ("sip_message", "security@example.com", "sip:security@example.com"),
        ("sip_message", "sip:a@example.com\r\nX-Evil: 1", "sip:security@example.com"),
        ("xmpp", "xmpp:security@example.com", "security@example.com"),
        ("xmpp", "security@example.com/desk", "security@example.com"),
        ("xmpp", "example.com", "security@example.com"),
    ],
)
def test_other_address_is_refused_with_the_remedy(
    transport: str, address: str, remedy: str
) -> None:
    with pytest.raises(ValueError, match="Write for example") as refused:
        check_address(transport, address)

    message = str(refused.value)
    assert message.startswith(f"“{address}” is not ")
    assert message.endswith(f"Write for example {remedy}.")

"""A message to send."""

import pytest

from notifications.transports.message import Message


@pytest.fixture
def message() -> Message:
    """A message without address."""
    return Message(
        key="0123456789abcdef",
        attempt=1,
        address="",
        subject="EMERGENCY CALL: Anna at 12345 N Cedar Dr",
        text="Emergency call: a call to 911 was made\nLocation sent: ½ Cedar Dr\n",
        short="Emergency call: a call to 911 was made\nLocation sent: ½ Cedar Dr",
        record={"type": "emergency_call", "location": {"text": "½ Cedar Dr"}},
    )

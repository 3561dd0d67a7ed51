"""REST: emergency calls and what happened to them.

Which of them a person sees is the desk's rule, and therefore decided in ``notifications.api``.
"""

from e911portal.core.api.filters import filterset
from e911portal.core.api.serializers import ScopedSerializer
from routing.models import CallEvent, EmergencyCall


class CallEventSerializer(ScopedSerializer):
    class Meta:
        model = CallEvent
        fields = ["id", "call", "event_id", "kind", "at", "received_at", "data"]


CallEventFilter = filterset(
    CallEvent,
    "event_id",
    "kind",
    paths={"since": "at__gte", "before": "at__lt"},
    call="call_ref",
)


class EmergencyCallSerializer(ScopedSerializer):
    events = CallEventSerializer(many=True, read_only=True)

    class Meta:
        model = EmergencyCall
        fields = [
            "id", "call_ref", "call_id", "at", "state", "is_test", "caller_uri", "caller_name",
            "callback_number", "dialled", "site", "erl_name", "policy_name", "tag", "publication",
            "confidence", "location", "pidf_lo", "decision", "trunk", "answered_at", "ended_at",
            "events",
        ]  # fmt: skip


EmergencyCallFilter = filterset(
    EmergencyCall,
    "call_ref",
    "call_id",
    "state",
    "is_test",
    "caller_uri",
    "callback_number",
    "erl_name",
    "policy_name",
    "publication",
    paths={"since": "at__gte", "before": "at__lt"},
    site="name",
)

"""Pages of emergency calls: what was decided, sent and reported.  Nothing here is edited."""

import json

from e911portal.core.crud import READ_ONLY, CRUDView
from routing import filters, models, tables


class Calls(CRUDView):
    model, roles = models.EmergencyCall, READ_ONLY
    filterset_class, table_class = filters.CallFilter, tables.CallTable
    select_related = ("site",)
    detail_template = "routing/call.html"
    cards = (
        (
            "Call",
            (
                "at", "caller_name", "caller_uri", "callback_number", "dialled", "is_test",
                "confidence", "site", "erl_name", "policy_name", "tag", "publication", "trunk",
                "call_ref", "call_id",
            ),
        ),
    )  # fmt: skip

    def more_context(self, obj):
        events = list(obj.events.order_by("at", "pk"))
        return {
            "events": events,
            "targets": obj.decision.get("targets") or [],
            "reasons": obj.decision.get("reasons") or [],
            "decision": json.dumps(obj.decision, indent=2, ensure_ascii=False),
        }

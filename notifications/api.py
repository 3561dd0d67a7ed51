"""REST: security desks and whom they are told about, emergency calls, and who took note of them."""

from typing import Any

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from e911portal.core.api.errors import Conflict
from e911portal.core.api.filters import filterset
from e911portal.core.api.serializers import ScopedSerializer
from e911portal.core.api.viewsets import ScopedReadOnlyViewSet, ScopedViewSet
from e911portal.core.permissions import holds_everywhere
from notifications import queries
from notifications.actions import desk
from notifications.models import (
    Acknowledgement,
    Channel,
    Notification,
    SecurityDesk,
    Subscription,
)
from routing.api.calls import (
    CallEventFilter,
    CallEventSerializer,
    EmergencyCallFilter,
    EmergencyCallSerializer,
)
from routing.models import CallEvent, EmergencyCall


class SecurityDeskSerializer(ScopedSerializer):
    class Meta:
        model = SecurityDesk
        fields = ["id", "name", "sites", "members", "phone", "description"]


class SecurityDesks(ScopedViewSet):
    """Groups of people who watch over sites and see their emergency calls as they happen."""

    queryset = SecurityDesk.objects.prefetch_related("sites", "members")
    serializer_class = SecurityDeskSerializer
    filterset_class = filterset(
        SecurityDesk, "name", paths={"site_name": "sites__name", "member": "members__username"}
    )
    search_fields = ("name", "description")


class ChannelSerializer(ScopedSerializer):
    class Meta:
        model = Channel
        fields = [
            "id", "desk", "transport", "address", "secret", "is_enabled", "last_ok_at",
            "last_error",
        ]  # fmt: skip


class Channels(ScopedViewSet):
    """Ways to reach a desk outside the portal."""

    queryset = Channel.objects.select_related("desk")
    serializer_class = ChannelSerializer
    filterset_class = filterset(Channel, "transport", "address", "is_enabled", desk="name")
    search_fields = ("address", "desk__name")


class SubscriptionSerializer(ScopedSerializer):
    class Meta:
        model = Subscription
        fields = ["id", "desk", "location_policy", "site", "erl"]


class Subscriptions(ScopedViewSet):
    """What desks are told of: calls under one location policy, at one site or in one ERL."""

    queryset = Subscription.objects.select_related("desk", "location_policy", "site", "erl")
    serializer_class = SubscriptionSerializer
    filterset_class = filterset(
        Subscription, desk="name", location_policy="name", site="name", erl="name"
    )


class AcknowledgementSerializer(ScopedSerializer):
    class Meta:
        model = Acknowledgement
        fields = ["id", "call", "desk", "by", "name", "at", "note"]
        read_only_fields = ["call", "desk", "by", "at"]


class DeskScope:
    """Rows of those calls that the person's desks, sites or rights let them see."""

    def calls(self) -> Any:
        """Return the emergency calls in sight for what is being done."""
        answering = self.action == "acknowledge"  # type: ignore[attr-defined]
        user = self.request.user  # type: ignore[attr-defined]
        return queries.calls_in(queries.sight(user, "change" if answering else "view"))

    def get_queryset(self) -> Any:
        """Return the rows whose call is in sight."""
        rows = self.queryset.all()  # type: ignore[attr-defined]
        if getattr(self, "swagger_fake_view", False):
            return rows.none()
        return rows.filter(self.in_sight())

    def in_sight(self) -> Q:
        """Return the condition on the rows."""
        return Q(call__in=self.calls().values("pk"))


class EmergencyCalls(DeskScope, ScopedReadOnlyViewSet):
    """Emergency calls with everything that was decided, sent and reported."""

    queryset = EmergencyCall.objects.select_related("site").prefetch_related("events__call")
    serializer_class = EmergencyCallSerializer
    filterset_class = EmergencyCallFilter
    search_fields = ("caller_name", "caller_uri", "callback_number", "call_ref")

    def in_sight(self) -> Q:
        """Return the condition on the calls themselves."""
        return Q(pk__in=self.calls().values("pk"))

    @extend_schema(request=AcknowledgementSerializer, responses={201: AcknowledgementSerializer})
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Record that a named person took note of the call. 409 when somebody did already."""
        call = self.get_object()
        given = AcknowledgementSerializer(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        try:
            row = desk.acknowledge(
                call=call,
                name=given.validated_data["name"],
                note=given.validated_data.get("note", ""),
                by=request.user,
            )
        except desk.AlreadyAcknowledged as error:
            raise Conflict(str(error)) from error
        shown = AcknowledgementSerializer(row, context={"request": request})
        return Response(shown.data, status=status.HTTP_201_CREATED)


class CallEvents(DeskScope, ScopedReadOnlyViewSet):
    """What was reported of calls, event by event."""

    queryset = CallEvent.objects.select_related("call")
    serializer_class = CallEventSerializer
    filterset_class = CallEventFilter

    def in_sight(self) -> Q:
        """Return the condition; events without a call are for those who may see all events."""
        seen = super().in_sight()
        return seen | Q(call=None) if holds_everywhere(self._user, "view", CallEvent) else seen

    @property
    def _user(self) -> Any:
        return self.request.user


class Acknowledgements(DeskScope, ScopedReadOnlyViewSet):
    """Who took note of which call; made by `emergency-calls/{id}/acknowledge/`."""

    queryset = Acknowledgement.objects.select_related("call", "desk", "by")
    serializer_class = AcknowledgementSerializer
    filterset_class = filterset(Acknowledgement, call="call_ref", desk="name", by="username")


class NotificationSerializer(ScopedSerializer):
    attempts = serializers.IntegerField(
        read_only=True, help_text="By the portal; 0 where the SIP edge sent it."
    )
    reasons = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Notification
        fields = [
            "id", "call", "desk", "transport", "address", "state", "attempts", "due_at", "done_at",
            "error", "reasons",
        ]  # fmt: skip


class Notifications(DeskScope, ScopedReadOnlyViewSet):
    """The outbox: each message about a call, and what became of it."""

    queryset = Notification.objects.select_related("call", "desk")
    serializer_class = NotificationSerializer
    filterset_class = filterset(
        Notification,
        "transport",
        "address",
        "state",
        paths={"since": "due_at__gte", "before": "due_at__lt"},
        call="call_ref",
        desk="name",
    )

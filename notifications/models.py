"""Who must be told of an emergency call, by which way, and whether they saw it."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from e911portal.core.fields import EncryptedTextField
from e911portal.core.pages import HasPage
from e911portal.core.permissions import ScopedQuerySet
from locations.models import ERL, NetworkSite
from notifications.domain import channels
from routing.models import EmergencyCall, LocationPolicy


class SecurityDesk(HasPage):
    """People who watch over sites and see their emergency calls as they happen."""

    SHARED = True
    SHARED_SITES = ("sites",)

    name = models.CharField(max_length=80, unique=True)
    sites = models.ManyToManyField(
        NetworkSite,
        blank=True,
        related_name="security_desks",
        help_text="The desk sees all calls of these sites; none chosen: the calls of all sites.",
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="security_desks"
    )
    phone = models.CharField(max_length=40, blank=True)
    description = models.CharField(max_length=200, blank=True)

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class Channel(HasPage):
    """A way to reach a desk outside the portal."""

    SHARED = True
    SHARED_SITES = ("desk__sites",)
    PUBLISHED = True

    class Transport(models.TextChoices):
        EMAIL = "email", "E-mail"
        WEBHOOK = "webhook", "Web hook"
        SIP_MESSAGE = "sip_message", "SIP instant message"
        XMPP = "xmpp", "XMPP instant message"

    desk = models.ForeignKey(SecurityDesk, on_delete=models.CASCADE, related_name="channels")
    transport = models.CharField(max_length=12, choices=Transport.choices)
    address = models.CharField(
        max_length=250,
        help_text="E-mail address, https:// URL, SIP URI or XMPP address, by transport.",
    )
    secret = EncryptedTextField(
        blank=True,
        help_text="Signs what is sent to a web hook (HMAC-SHA256). The receiver needs the same.",
    )
    is_enabled = models.BooleanField("enabled", default=True)
    last_ok_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_error = models.CharField(max_length=500, blank=True, editable=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["desk", "transport", "address"],
                name="channel_once_per_desk",
                violation_error_message="The desk has this channel already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_transport_display()} {self.address}"

    def clean(self) -> None:
        try:
            channels.check_address(self.transport, self.address)
        except ValueError as error:
            raise ValidationError({"address": str(error)}) from error


class Subscription(HasPage):
    """A desk is told of calls under one location policy, at one site or in one ERL."""

    SHARED = True
    SHARED_SITES = ("site", "erl__site", "desk__sites")
    PUBLISHED = True

    desk = models.ForeignKey(SecurityDesk, on_delete=models.CASCADE, related_name="subscriptions")
    location_policy = models.ForeignKey(
        LocationPolicy, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    site = models.ForeignKey(
        NetworkSite, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    erl = models.ForeignKey(
        ERL, verbose_name="ERL", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(location_policy__isnull=False, site__isnull=True, erl__isnull=True)
                    | Q(location_policy__isnull=True, site__isnull=False, erl__isnull=True)
                    | Q(location_policy__isnull=True, site__isnull=True, erl__isnull=False)
                ),
                name="subscription_to_one_thing",
                violation_error_message="Choose one: a location policy, a site or an ERL.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.desk}: {self.location_policy or self.site or self.erl}"


class NotificationQuerySet(models.QuerySet["Notification"]):
    """The outbox."""

    def due(self, now: datetime) -> Self:
        """Return what waits to be sent and is in nobody's hands, or was when its sender died."""
        free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
        return self.filter(free, state=Notification.State.PENDING, due_at__lte=now)


class Notification(models.Model):
    """One message to one place about one call: the outbox row and its state."""

    class State(models.TextChoices):
        PENDING = "pending", "Waiting"
        SENT = "sent", "Sent"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Failed"

    call = models.ForeignKey(EmergencyCall, on_delete=models.CASCADE, related_name="notifications")
    desk = models.ForeignKey(
        SecurityDesk, null=True, on_delete=models.SET_NULL, related_name="notifications"
    )
    channel = models.ForeignKey(
        Channel, null=True, on_delete=models.SET_NULL, related_name="notifications"
    )
    transport = models.CharField(max_length=12)
    address = models.CharField(max_length=250)
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)
    reasons = models.JSONField(default=list, help_text="Why this place is told.")

    objects = NotificationQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["state", "due_at"], name="notification_due")]
        constraints = [
            models.UniqueConstraint(
                fields=["call", "transport", "address"], name="notified_once_per_address"
            )
        ]

    def __str__(self) -> str:
        return f"{self.transport} {self.address}: {self.state}"

    @property
    def way(self) -> str:
        """The transport in words."""
        return dict(Channel.Transport.choices).get(self.transport, self.transport)

    @property
    def tried(self) -> str:
        """Who tried to send it how often, in words; ``attempts`` are the portal's own."""
        if self.attempts:
            return f"{self.attempts} by the portal"
        return "none yet" if self.state == self.State.PENDING else "by the SIP edge"


class Acknowledgement(models.Model):
    """A named person took note of a call, and what they did about it."""

    call = models.OneToOneField(
        EmergencyCall, on_delete=models.CASCADE, related_name="acknowledgement"
    )
    desk = models.ForeignKey(
        SecurityDesk, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    name = models.CharField(max_length=120)
    at = models.DateTimeField(default=timezone.now)
    note = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%H:%M:%S}"


class DeskMessage(models.Model):
    """One entry of the desks' log.  Its id is the SSE id, so a browser that was away catches up."""

    class Kind(models.TextChoices):
        CALL = "call", "A call appeared or changed"
        ACKNOWLEDGED = "acknowledged", "A call was acknowledged"

    kind = models.CharField(max_length=12, choices=Kind.choices)
    call = models.ForeignKey(EmergencyCall, on_delete=models.CASCADE, related_name="desk_messages")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.kind} {self.call_id}"

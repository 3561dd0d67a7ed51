"""What all apps share: publications, the audit trail, background jobs, and access to the call
path."""

import secrets
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from e911portal.core.access import token_digest
from e911portal.core.fields import NormalisedCharField
from e911portal.core.network import network_text
from e911portal.core.permissions import ScopedQuerySet


class AuditQuerySet(ScopedQuerySet):
    """Reads of the audit trail."""

    def unpublished_since(self, watermark: int) -> Self:
        """Return the changes to publishable objects that came after the row ``watermark``."""
        return self.filter(pk__gt=watermark, publishable=True)

    def of(self, obj: models.Model) -> Self:
        """Return the history of one object, newest first."""
        return self.filter(object_type=obj._meta.label_lower, object_id=str(obj.pk)).order_by("-pk")


class AuditEvent(models.Model):
    """One change: who did what to which object, with the values before and after.

    Rows are written in the transaction of the change and never altered; each carries the hash of
    the one before it, so that a removed or edited row shows.
    """

    at = models.DateTimeField(default=timezone.now, editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    actor_name = models.CharField(max_length=150, blank=True)
    via = models.CharField(max_length=20)
    request_id = models.CharField(max_length=32, blank=True)
    action = models.CharField(max_length=80)
    object_type = models.CharField(max_length=80)
    object_id = models.CharField(max_length=40)
    object_label = models.CharField(max_length=250)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    publishable = models.BooleanField(
        default=False, help_text="Whether devices see the change only after publishing."
    )
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["object_type", "object_id"], name="audit_object"),
            models.Index(fields=["publishable", "id"], name="audit_publishable"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_label}"


class Publication(models.Model):
    """One immutable snapshot of everything that devices are answered from."""

    class State(models.TextChoices):
        BUILDING = "building", "Building"
        READY = "ready", "Ready"
        ACTIVE = "active", "Active"
        SUPERSEDED = "superseded", "Superseded"
        RETIRED = "retired", "Retired: the file is gone"
        FAILED = "failed", "Failed"

    number = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.BUILDING)
    comment = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    activated_at = models.DateTimeField(null=True, blank=True)
    file = models.CharField(max_length=100, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    signature = models.CharField(
        max_length=100, blank=True, help_text="Of number and SHA-256 by the portal (Ed25519)."
    )
    size = models.PositiveBigIntegerField(default=0)
    counts = models.JSONField(default=dict, help_text="Rows per table of the snapshot.")
    findings = models.JSONField(default=list, help_text="What the checks said at publication.")
    acknowledged = models.JSONField(default=list, help_text="Warnings accepted by the publisher.")
    audit_watermark = models.PositiveBigIntegerField(
        default=0, help_text="The last change that this publication contains."
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        permissions = [
            ("publish", "Can publish and roll back"),
            ("fetch_snapshot", "Can fetch snapshots (branch nodes)"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="active"), name="one_active_publication"
            )
        ]

    def __str__(self) -> str:
        return f"Publication {self.number}"


class Activation(models.Model):
    """From when on devices were answered from a publication: rows are added, never changed."""

    publication = models.ForeignKey(
        Publication, on_delete=models.PROTECT, related_name="activations"
    )
    at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.publication} from {self.at:%Y-%m-%d %H:%M:%S}"


class PublicationSchedule(models.Model):
    """Whether the draft is published by itself, and when.  There is one row at most.

    By itself goes only what harms nobody: no error, no warning that the active publication was not
    published with, and nothing that loses its location, policy or way out.
    """

    class Mode(models.TextChoices):
        MANUAL = "manual", "By hand only"
        DAILY = "daily", "Every day at a time"
        AUTOMATIC = "automatic", "As soon as nobody has edited for a while"

    mode = models.CharField(max_length=9, choices=Mode.choices, default=Mode.MANUAL)
    at = models.TimeField(
        null=True, blank=True, help_text="Every day at this time, in the portal's time zone."
    )
    quiet_minutes = models.PositiveSmallIntegerField(
        "quiet time (min)", default=10, help_text="How long nobody has edited anything."
    )
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    considered_at = models.DateTimeField(null=True, blank=True, editable=False)
    considered_change = models.PositiveBigIntegerField(
        default=0,
        editable=False,
        help_text="The last change that was there when it was considered.",
    )
    outcome = models.CharField(max_length=500, blank=True, editable=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="one_publication_schedule"),
            models.CheckConstraint(
                condition=~Q(mode="daily") | Q(at__isnull=False),
                name="daily_publication_has_a_time",
                violation_error_message="Give the time of day.",
            ),
        ]

    def __str__(self) -> str:
        return f"Publication: {self.get_mode_display().lower()}"


class Job(models.Model):
    """A piece of background work and its true state; a broker only carries the hint that it
    exists."""

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    kind = models.CharField(max_length=60)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    attempt = models.PositiveIntegerField(
        default=0, help_text="Fencing token: only the holder of the latest attempt may write."
    )
    lease_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(default=timezone.now)
    hinted_at = models.DateTimeField(null=True, blank=True)
    progress = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["state", "not_before"], name="job_due")]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"

    @property
    def is_finished(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED)

    @property
    def percent(self) -> int:
        return 100 * self.progress // self.total if self.total else 0


class AccessNetwork(models.Model):
    """A network whose hosts the call path trusts in one role, without a key."""

    PUBLISHED = True

    class Role(models.TextChoices):
        DEVICES = "devices", "Devices: may ask where they themselves are"
        EDGE = "edge", "SIP edge: may ask for routes and report events"
        PROXY = "proxy", "Reverse proxy: its X-Forwarded-For is believed"

    cidr = NormalisedCharField("network", normalise=network_text, max_length=50)
    role = models.CharField(max_length=8, choices=Role.choices)
    description = models.CharField(max_length=200, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "access network"
        constraints = [
            models.UniqueConstraint(
                fields=["cidr", "role"],
                name="access_network_once",
                violation_error_message="This network has that role already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.cidr} ({self.role})"


class AccessKey(models.Model):
    """A key with which a program asks the call path about others.  Only its hash is kept."""

    PUBLISHED = True

    name = models.CharField(max_length=80, unique=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    may_locate = models.BooleanField(
        "may locate others", default=True, help_text="Ask for the location of any device."
    )
    may_route = models.BooleanField(
        "may route calls", default=False, help_text="Ask for routes and report call events."
    )

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class APIToken(models.Model):
    """A token for the REST API.  It carries its owner's rights, expires, and is kept as a hash."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=8, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    is_read_only = models.BooleanField(default=False)

    class Meta:
        verbose_name = "API token"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"],
                name="api_token_name_once",
                violation_error_message="You have a token of that name already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @classmethod
    def issue(
        cls, *, user: Any, name: str, lifetime: timedelta, is_read_only: bool = False
    ) -> tuple[Self, str]:
        """Make a token; return the row and the secret, which is shown this once."""
        secret = secrets.token_urlsafe(32)
        row = cls(
            user=user,
            name=name,
            prefix=secret[:8],
            digest=token_digest(secret),
            expires_at=timezone.now() + lifetime,
            is_read_only=is_read_only,
        )
        row.full_clean()
        row.save()
        return row, secret

    def is_usable(self, now: datetime) -> bool:
        return now < self.expires_at and self.user.is_active

    def clean(self) -> None:
        if self.expires_at and self.expires_at <= self.created_at:
            raise ValidationError({"expires_at": "The token would expire before it is used."})


class LoginAttempt(models.Model):
    """A password that was tried at the door: for which account, from where, with what success.

    The account is kept as a keyed hash: people type their password there now and then.
    """

    account = models.CharField(max_length=64)
    address = models.CharField(max_length=50, blank=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    succeeded = models.BooleanField()

    class Meta:
        indexes = [
            models.Index(fields=["account", "at"], name="login_account"),
            models.Index(fields=["address", "at"], name="login_address"),
        ]

    def __str__(self) -> str:
        return f"{'Login' if self.succeeded else 'Failure'} from {self.address or 'nowhere known'}"

"""Emergency calls and what happened to them, as the call path and the SIP edge reported."""

from django.db import models
from django.utils import timezone

from e911portal.core.pages import HasPage
from e911portal.core.permissions import ScopedQuerySet
from locations.models import NetworkSite
from routing.domain import timeline


class EmergencyCall(HasPage):
    """One emergency call: who, from where, what was decided and sent.

    Reports about it make it what it is; nobody edits it.
    """

    SITE_PATH = "site"

    class State(models.TextChoices):
        ROUTING = "routing", "Routing"
        RINGING = "ringing", "Ringing"
        ANSWERED = "answered", "Answered"
        ENDED = "ended", "Ended"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Caller hung up"

    call_ref = models.CharField(max_length=255, unique=True)
    call_id = models.CharField(max_length=255, blank=True)
    at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=9, choices=State.choices, default=State.ROUTING)
    is_test = models.BooleanField("test call", default=False)
    caller_uri = models.CharField(max_length=255, blank=True)
    caller_name = models.CharField(max_length=120, blank=True)
    callback_number = models.CharField(max_length=40, blank=True)
    dialled = models.CharField(max_length=120, blank=True)
    site = models.ForeignKey(
        NetworkSite, null=True, blank=True, on_delete=models.SET_NULL, related_name="calls"
    )
    site_name = models.CharField(max_length=80, blank=True)
    erl_name = models.CharField(max_length=80, blank=True)
    policy_name = models.CharField(max_length=80, blank=True)
    tag = models.CharField("location policy tag", max_length=120, blank=True)
    publication = models.PositiveIntegerField(null=True, blank=True)
    confidence = models.CharField(max_length=12, blank=True)
    location = models.JSONField(default=dict, help_text="As sent to the provider.")
    pidf_lo = models.TextField("PIDF-LO as sent", blank=True)
    decision = models.JSONField(default=dict, help_text="The whole answer to the SIP edge.")
    trunk = models.CharField(max_length=80, blank=True)
    mode = models.CharField(
        max_length=40, blank=True, help_text="Where the SIP edge had its decision from."
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["-at"], name="call_newest")]

    #: States after which nothing more is expected.
    OVER = (State.ENDED, State.FAILED, State.CANCELLED)

    def __str__(self) -> str:
        caller = self.caller_name or self.caller_uri or "Unknown caller"
        return f"{caller} at {self.at:%Y-%m-%d %H:%M:%S}"


class CallEvent(models.Model):
    """One thing that was reported.  ``event_id`` makes a repeated report harmless.

    Without a call it is about a gateway, or could not be read and is kept as evidence.
    """

    SITE_PATH = "call__site"

    call = models.ForeignKey(
        EmergencyCall, null=True, blank=True, on_delete=models.CASCADE, related_name="events"
    )
    event_id = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=40)
    at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)
    data = models.JSONField(default=dict)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["call", "at"], name="call_timeline")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%H:%M:%S}"

    @property
    def words(self) -> str:
        """What happened, as people say it."""
        return timeline.event_words(self.kind, self.data)

    @property
    def attempts(self) -> list[str]:
        """What each trunk said that was tried before."""
        return timeline.attempts(self.data)

    @property
    def where(self) -> str:
        """The trunk or the desk that it is about."""
        return str(self.data.get("target") or self.data.get("desk") or "")

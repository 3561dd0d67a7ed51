"""PSTN usages, voice routes, trunks, voice policies and users: which way out, in which order."""

import ipaddress
import re

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from e911portal.core.fields import NormalisedCharField
from e911portal.core.pages import HasPage
from e911portal.core.permissions import ScopedQuerySet
from locations.domain import identifiers
from locations.models import NetworkSite
from routing.domain import patterns

_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_][a-z0-9_-]{0,62})*\.?")


def host_name(text: str) -> str:
    """Return a host name or IP address in lower case. Raises ``ValueError`` for anything else."""
    host = text.strip().strip("[]").lower()
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    if not _HOST.fullmatch(host) or re.fullmatch(r"[0-9.]+", host):
        raise ValueError(f"“{text}” is not a host name or IP address.")
    return host


def sip_address(text: str) -> str:
    """Return a user's SIP URI. Raises ``ValueError`` for a tel URI or one without a user."""
    uri = identifiers.uri(text)
    if not uri.startswith("sip:") or "@" not in uri:
        raise ValueError(
            f"“{text}” is not a user's SIP URI. Write for example sip:anna@example.com."
        )
    return uri


def number_pattern(text: str) -> str:
    """Return a number pattern that compiles and cannot run away. Raises ``ValueError``
    otherwise."""
    pattern = text.strip()
    patterns.compile_pattern(pattern)
    return pattern


class PSTNUsage(HasPage):
    """A name for a kind of call; policies name usages, routes carry them."""

    PUBLISHED = True
    SHARED = True

    name = models.CharField(max_length=80, unique=True)
    description = models.CharField(max_length=200, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "PSTN usage"

    def __str__(self) -> str:
        return self.name


class Trunk(HasPage):
    """A way out to the telephone network: the provider's SIP trunk or a gateway."""

    PUBLISHED = True
    SHARED = True
    SHARED_SITES = ("site",)

    class Kind(models.TextChoices):
        PROVIDER = "provider", "E9-1-1 service provider"
        GATEWAY = "gateway", "Gateway"
        BRANCH_GATEWAY = "branch_gateway", "Survivable branch gateway"
        ELIN_GATEWAY = "elin_gateway", "ELIN gateway"

    class Transport(models.TextChoices):
        UDP = "udp", "UDP"
        TCP = "tcp", "TCP"
        TLS = "tls", "TLS"

    class CivicProfile(models.TextChoices):
        CLDXF = "cldxf", "CLDXF (NENA i3)"
        RFC5139 = "rfc5139", "RFC 5139"
        MICROSOFT = "microsoft", "Microsoft (NAM and LOC)"

    #: Kinds that cannot do their work without the location in the call.
    NEEDS_PIDF_LO = (Kind.PROVIDER, Kind.ELIN_GATEWAY)

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=14, choices=Kind.choices)
    host = NormalisedCharField(normalise=host_name, max_length=253)
    port = models.PositiveIntegerField(
        default=5060, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    transport = models.CharField(max_length=3, choices=Transport.choices, default=Transport.TCP)
    site = models.ForeignKey(
        NetworkSite,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="trunks",
        help_text="Where the gateway stands; empty for a provider.",
    )
    send_pidf_lo = models.BooleanField(
        "send PIDF-LO",
        null=True,
        blank=True,
        help_text="Send the location in the call. Unset: yes for providers and ELIN gateways.",
    )
    civic_profile = models.CharField(
        max_length=9, choices=CivicProfile.choices, default=CivicProfile.RFC5139
    )
    send_conference_data = models.BooleanField(
        default=False,
        help_text="Microsoft's PIDF-LO extension with conference URI, mode and policy tag.",
    )
    send_service_info = models.BooleanField(
        "send ServiceInfo",
        default=False,
        help_text="Additional data of RFC 7852: a business telephone system, phone fixed or "
        "nomadic.",
    )
    no_reply_ms = models.PositiveIntegerField(
        "fast failover timer (ms)",
        default=2000,
        validators=[MinValueValidator(100), MaxValueValidator(32000)],
        help_text="Silence after the INVITE before the next trunk is tried.",
    )
    no_answer_ms = models.PositiveIntegerField(
        "no-answer timer (ms)",
        default=30000,
        validators=[MinValueValidator(1000), MaxValueValidator(300000)],
        help_text="Ringing or progress without an answer before the next trunk is tried.",
    )
    last_resort = models.PositiveSmallIntegerField(
        "last-resort order",
        null=True,
        blank=True,
        help_text="Tried in this order when no route matches or the call path is gone; "
        "empty: never.",
    )
    is_enabled = models.BooleanField("enabled", default=True)
    description = models.CharField(max_length=200, blank=True)

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.send_conference_data and self.civic_profile != self.CivicProfile.MICROSOFT:
            raise ValidationError(
                {
                    "send_conference_data": "Conference data is part of Microsoft's PIDF-LO. "
                    "Choose the civic profile Microsoft, or leave it out."
                }
            )

    @property
    def sends_pidf_lo(self) -> bool:
        """Whether calls on this trunk carry the location: as set, else by kind."""
        return self.kind in self.NEEDS_PIDF_LO if self.send_pidf_lo is None else self.send_pidf_lo

    def get_send_pidf_lo_display(self) -> str:
        """Return in words whether the location is sent, and that the kind says so where it does."""
        words = "Yes" if self.sends_pidf_lo else "No"
        return words if self.send_pidf_lo is not None else f"{words}, by its kind"


class VoiceRoute(HasPage):
    """Numbers that match a pattern, for certain usages, leave by certain trunks in order."""

    PUBLISHED = True
    SHARED = True

    name = models.CharField(max_length=80, unique=True)
    number_pattern = NormalisedCharField(
        normalise=number_pattern,
        max_length=250,
        default=r"^\+911$",
        help_text=r"Regular expression on the number with its +, for example ^\+911$.",
    )
    priority = models.PositiveIntegerField(
        default=100, help_text="Routes of one usage are tried from the lowest number up."
    )
    suppress_caller_id = models.BooleanField(
        "suppress caller id", default=False, help_text="Send the alternate caller id instead."
    )
    alternate_caller_id = NormalisedCharField(
        normalise=identifiers.phone_number,
        max_length=16,
        blank=True,
        help_text="A number in the PS-ALI database, usually of the security desk.",
    )
    usages = models.ManyToManyField(PSTNUsage, through="RouteUsage", related_name="routes")
    trunks = models.ManyToManyField(Trunk, through="RouteTrunk", related_name="routes")
    description = models.CharField(max_length=200, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(suppress_caller_id=False) | ~Q(alternate_caller_id=""),
                name="suppressed_caller_id_has_alternate",
                violation_error_message=(
                    "A suppressed caller id needs an alternate caller id, else nobody can call "
                    "back."
                ),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Say beside the field what the constraint would say about the row as a whole."""
        if self.suppress_caller_id and not self.alternate_caller_id:
            raise ValidationError(
                {
                    "alternate_caller_id": "A suppressed caller id needs an alternate caller id, "
                    "else nobody can call back. Write a number such as +12125550100, or do not "
                    "suppress."
                }
            )


class RouteUsage(models.Model):
    """A usage of a route, in its place."""

    PUBLISHED = True
    SHARED = True

    route = models.ForeignKey(VoiceRoute, on_delete=models.CASCADE, related_name="route_usages")
    usage = models.ForeignKey(PSTNUsage, on_delete=models.PROTECT, related_name="route_usages")
    position = models.PositiveSmallIntegerField(default=0)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["route", "usage"],
                name="usage_once_per_route",
                violation_error_message="The route has this usage already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.route}: {self.usage}"


class RouteTrunk(models.Model):
    """A trunk of a route, in its place."""

    PUBLISHED = True
    SHARED = True

    route = models.ForeignKey(VoiceRoute, on_delete=models.CASCADE, related_name="route_trunks")
    trunk = models.ForeignKey(Trunk, on_delete=models.PROTECT, related_name="route_trunks")
    position = models.PositiveSmallIntegerField(default=0)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["route", "trunk"],
                name="trunk_once_per_route",
                violation_error_message="The route has this trunk already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.route}: {self.trunk}"


class VoicePolicy(HasPage):
    """The usages a user's calls may take, in order; after the location policy's own they are the
    fallback."""

    PUBLISHED = True
    SHARED = True

    name = models.CharField(max_length=80, unique=True)
    description = models.CharField(max_length=200, blank=True)
    usages = models.ManyToManyField(PSTNUsage, through="VoicePolicyUsage", related_name="policies")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "voice policies"

    def __str__(self) -> str:
        return self.name


class VoicePolicyUsage(models.Model):
    """A usage of a voice policy, in its place."""

    PUBLISHED = True
    SHARED = True

    policy = models.ForeignKey(VoicePolicy, on_delete=models.CASCADE, related_name="policy_usages")
    usage = models.ForeignKey(PSTNUsage, on_delete=models.PROTECT, related_name="policy_usages")
    position = models.PositiveSmallIntegerField(default=0)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "usage"],
                name="usage_once_per_voice_policy",
                violation_error_message="The voice policy has this usage already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.policy}: {self.usage}"


class VoiceUser(HasPage):
    """A person or phone that makes calls."""

    PUBLISHED = True
    SITE_PATH = "home_site"

    sip_uri = NormalisedCharField(
        "SIP URI",
        normalise=sip_address,
        max_length=255,
        unique=True,
        error_messages={"unique": "There is a user with this SIP URI already."},
    )
    display_name = models.CharField(max_length=120, blank=True)
    line_uri = NormalisedCharField(
        "line number",
        normalise=identifiers.phone_number,
        max_length=16,
        null=True,
        blank=True,
        unique=True,
        error_messages={"unique": "Another user has this line number already."},
        help_text="E.164; the callback number of an emergency call.",
    )
    home_site = models.ForeignKey(
        NetworkSite,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="home_users",
        help_text="Its location policy applies where the network site is unknown.",
    )
    location_policy = models.ForeignKey(
        "routing.LocationPolicy",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="users",
        limit_choices_to={"scope": "tagged"},
        help_text="Used unless the network site the user is at has its own.",
    )
    voice_policy = models.ForeignKey(
        VoicePolicy, null=True, blank=True, on_delete=models.PROTECT, related_name="users"
    )

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return self.display_name or self.sip_uri

    def clean(self) -> None:
        if self.location_policy and self.location_policy.scope != "tagged":
            raise ValidationError(
                {"location_policy": "The global policy applies by itself. Choose a tagged policy."}
            )

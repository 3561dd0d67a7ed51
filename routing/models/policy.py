"""Location policies: what counts as an emergency call, how it leaves and who is told."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from e911portal.core.fields import NormalisedCharField, TextListField
from e911portal.core.pages import HasPage
from e911portal.core.permissions import ScopedQuerySet
from locations.models import NetworkSite
from routing.models.voice import PSTNUsage

_DIGITS = re.compile(r"[0-9]{1,10}")


def emergency_digits(text: str) -> str:
    """Return a dial string or mask: 1 to 10 digits. Raises ``ValueError`` otherwise."""
    digits = text.strip()
    if not _DIGITS.fullmatch(digits):
        raise ValueError(
            f"“{text}” is not a dial string. Write 1 to 10 digits without + or blanks, such as "
            f"9911."
        )
    return digits


def notification_uri(text: str) -> str:
    """Return a SIP URI that is notified or called. Raises ``ValueError`` when it is not
    ``sip:…``."""
    uri = text.strip()
    if not re.fullmatch(r"sips?:[^\s<>\"]{1,250}", uri):
        raise ValueError(f"“{text}” is not a SIP URI. Write for example sip:security@example.com.")
    return uri


class LocationPolicy(HasPage):
    """The emergency settings of a network site, of users, or of everybody (Lync:
    CsLocationPolicy)."""

    PUBLISHED = True
    SHARED = True

    class Scope(models.TextChoices):
        GLOBAL = "global", "Global: whoever has no other"
        TAGGED = "tagged", "Tagged: assigned to network sites and users"

    class LocationRequired(models.TextChoices):
        NO = "no", "No: never ask"
        YES = "yes", "Yes: ask, may be dismissed"
        DISCLAIMER = "disclaimer", "Disclaimer: ask, and show the disclaimer if dismissed"

    class ConferenceMode(models.TextChoices):
        ONE_WAY = "oneway", "One-way: the desk listens"
        TWO_WAY = "twoway", "Two-way: the desk listens and speaks"

    class Unvalidated(models.TextChoices):
        WITHHOLD = "withhold", "Withhold: go on to a coarser, validated place"
        FLAG = "flag", "Answer, flagged as not validated"

    name = models.CharField(max_length=80, unique=True)
    scope = models.CharField(max_length=6, choices=Scope.choices, default=Scope.TAGGED)
    description = models.CharField(max_length=200, blank=True)
    enhanced_emergency_services_enabled = models.BooleanField(
        "enhanced emergency services",
        default=True,
        help_text="Devices fetch their location and send it with an emergency call.",
    )
    location_required = models.CharField(
        max_length=10, choices=LocationRequired.choices, default=LocationRequired.NO
    )
    disclaimer = models.TextField(
        blank=True, max_length=350, help_text="Shown when the user dismisses the location prompt."
    )
    use_location_for_e911_only = models.BooleanField(
        "use location for E9-1-1 only",
        default=True,
        help_text="The location is not shown to other users.",
    )
    pstn_usage = models.ForeignKey(
        PSTNUsage,
        verbose_name="PSTN usage",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="location_policies",
        help_text="Tried before the usages of the caller's voice policy.",
    )
    notification_uris = TextListField(
        "notification URIs",
        normalise=notification_uri,
        help_text="SIP URIs told of each emergency call, one per line.",
    )
    conference_uri = NormalisedCharField(
        "conference URI",
        normalise=notification_uri,
        max_length=256,
        blank=True,
        help_text="Conferenced into the call by the provider, such as "
        "sip:+12125550199@example.com;user=phone.",
    )
    conference_mode = models.CharField(
        max_length=6, choices=ConferenceMode.choices, default=ConferenceMode.TWO_WAY
    )
    location_refresh_interval_hours = models.PositiveSmallIntegerField(
        "location refresh interval (h)",
        default=4,
        validators=[MinValueValidator(1), MaxValueValidator(12)],
    )
    unvalidated_addresses = models.CharField(
        max_length=8, choices=Unvalidated.choices, default=Unvalidated.WITHHOLD
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "location policies"
        constraints = [
            models.UniqueConstraint(
                fields=["scope"],
                condition=Q(scope="global"),
                name="one_global_location_policy",
                violation_error_message=(
                    "There is a global location policy already. Edit that one, or make this one "
                    "tagged."
                ),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.location_required == self.LocationRequired.DISCLAIMER and not self.disclaimer:
            raise ValidationError(
                {"disclaimer": "Write the text that is shown when the prompt is dismissed."}
            )
        if self.scope == self.Scope.GLOBAL and self.pk and self.site_assignments.exists():
            raise ValidationError(
                {
                    "scope": "The policy is assigned to network sites, which take tagged "
                    "policies only."
                }
            )


class EmergencyNumber(models.Model):
    """An emergency number of a policy: the dial string, and the masks translated to it."""

    PUBLISHED = True
    SHARED = True

    policy = models.ForeignKey(
        LocationPolicy, on_delete=models.CASCADE, related_name="emergency_numbers"
    )
    dial_string = NormalisedCharField(normalise=emergency_digits, max_length=10, default="911")
    masks = TextListField(
        normalise=emergency_digits,
        help_text="Other digits that mean this number, such as 9911; one per line.",
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "dial_string"],
                name="dial_string_once_per_policy",
                violation_error_message="This policy has that emergency number already.",
            )
        ]

    def __str__(self) -> str:
        return self.dial_string

    def clean(self) -> None:
        if any(not isinstance(mask, str) for mask in self.masks):
            return  # the field has its own message
        if len(";".join(self.masks)) > 100:
            raise ValidationError(
                {
                    "masks": f"The masks take {len(';'.join(self.masks))} characters together, and "
                    "100 are allowed. Remove some, or make them another emergency number's."
                }
            )
        if self.dial_string in self.masks:
            raise ValidationError(
                {"masks": f"{self.dial_string} is the dial string; remove the mask."}
            )
        taken = {
            digits
            for other in EmergencyNumber.objects.filter(policy=self.policy_id).exclude(pk=self.pk)
            for digits in (other.dial_string, *other.masks)
        }
        clash = sorted(taken & {self.dial_string, *self.masks})
        if clash:
            raise ValidationError(
                {
                    "masks": f"{', '.join(clash)} belongs to another emergency number of this "
                    "policy. Remove it here or there."
                }
            )


class SitePolicy(HasPage):
    """The assignment of a tagged location policy to a network site."""

    PUBLISHED = True
    SITE_PATH = "site"

    site = models.OneToOneField(
        NetworkSite, on_delete=models.CASCADE, related_name="policy_assignment"
    )
    location_policy = models.ForeignKey(
        LocationPolicy,
        on_delete=models.PROTECT,
        related_name="site_assignments",
        limit_choices_to={"scope": LocationPolicy.Scope.TAGGED},
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "site policies"

    def __str__(self) -> str:
        return f"{self.site}: {self.location_policy}"

    def clean(self) -> None:
        policy = self.location_policy if self.location_policy_id else None
        if policy and policy.scope != LocationPolicy.Scope.TAGGED:
            raise ValidationError(
                {
                    "location_policy": f"{policy} is not a tagged policy. A network site takes "
                    "tagged policies only, so that travelling users get the policy of where they "
                    "are."
                }
            )

"""Normalization rules, call-park orbits and ELINs."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from e911portal.core.fields import NormalisedCharField
from e911portal.core.pages import HasPage
from e911portal.core.permissions import ScopedQuerySet
from locations.domain import identifiers
from locations.models import ERL
from routing.domain import numbers
from routing.models.voice import number_pattern


class NormalizationRule(HasPage):
    """A dial-plan rule: digits that match a pattern become a global number."""

    PUBLISHED = True
    SHARED = True

    name = models.CharField(max_length=80, unique=True)
    pattern = NormalisedCharField(
        normalise=number_pattern, max_length=250, help_text=r"For example ^9?(911)$."
    )
    translation = models.CharField(max_length=80, help_text="For example +$1.")
    priority = models.PositiveIntegerField(
        default=100, help_text="The lowest matching rule applies."
    )
    description = models.CharField(max_length=200, blank=True)

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        rule = numbers.NormalizationRule(self.name, self.pattern, self.translation)
        if not rule.translation_works():
            raise ValidationError(
                {
                    "translation": f"“{self.translation}” names a group that the pattern does not "
                    "have. Use $1 for its first pair of parentheses."
                }
            )


def digits(text: str) -> str:
    """Return a string of digits. Raises ``ValueError`` otherwise."""
    value = text.strip()
    if not value.isascii() or not value.isdigit():
        raise ValueError(f"“{text}” is not a number. Write digits only.")
    return value


class CallParkOrbit(HasPage):
    """A range of numbers where calls are parked.  An emergency mask inside it would never be
    reached."""

    PUBLISHED = True
    SHARED = True

    name = models.CharField(max_length=80, unique=True)
    first = NormalisedCharField(normalise=digits, max_length=10)
    last = NormalisedCharField(normalise=digits, max_length=10)

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} {self.first}–{self.last}"

    def clean(self) -> None:
        if not (self.first.isdigit() and self.last.isdigit()):
            return  # each end has its own message
        if len(self.first) != len(self.last) or int(self.first) > int(self.last):
            raise ValidationError(
                {
                    "last": "The range must go up, and both ends must have the same number of "
                    f"digits. “{self.first}” to “{self.last}” does not."
                }
            )


class ELIN(HasPage):
    """An emergency location identification number: what a PSAP sees for an ERL behind an ELIN
    gateway."""

    PUBLISHED = True
    SITE_PATH = "erl__site"

    number = NormalisedCharField(
        normalise=identifiers.phone_number,
        max_length=16,
        unique=True,
        error_messages={"unique": "This ELIN belongs to an ERL already."},
        help_text="E.164; the carrier must have it with the ERL's address in its ALI database.",
    )
    erl = models.ForeignKey(ERL, verbose_name="ERL", on_delete=models.PROTECT, related_name="elins")
    callback_window_min = models.PositiveSmallIntegerField(
        "callback window (min)",
        default=30,
        validators=[MinValueValidator(0), MaxValueValidator(60)],
        help_text="How long after the call a PSAP's callback rings the phone that called.",
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "ELIN"
        verbose_name_plural = "ELINs"

    def __str__(self) -> str:
        return self.number


class ELINLease(models.Model):
    """Who used an ELIN, when and how often: the record of the leases that the call path made."""

    SITE_PATH = "elin__erl__site"

    elin = models.ForeignKey(ELIN, on_delete=models.CASCADE, related_name="leases")
    caller = models.CharField(max_length=255)
    call_ref = models.CharField(max_length=64, unique=True)
    leased_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "ELIN lease"

    def __str__(self) -> str:
        return f"{self.elin} for {self.caller}"

"""Address validation: providers, what they said and when, and the imported MSAG."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from e911portal.core.fields import EncryptedTextField
from e911portal.core.models import Job
from e911portal.core.pages import HasPage
from e911portal.core.permissions import ScopedQuerySet
from locations.domain import msag_records
from locations.domain.provider_urls import check_url
from locations.models.places import CivicAddress


class ServiceProvider(HasPage):
    """An E9-1-1 service provider's validation service, and how to reach it."""

    class Dialect(models.TextChoices):
        DASH = "dash", "DASH emergency provisioning (SOAP)"
        MSAG = "msag", "Imported MSAG (no network)"

    name = models.CharField(max_length=80, unique=True)
    dialect = models.CharField(max_length=10, choices=Dialect.choices, default=Dialect.DASH)
    url = models.URLField(
        "validation URL", blank=True, help_text="https://; plain http only to this machine."
    )
    username = models.CharField(max_length=120, blank=True)
    password = EncryptedTextField(blank=True, default="")
    client_certificate = EncryptedTextField(
        blank=True, default="", help_text="Client certificate (.pfx), base64."
    )
    certificate_password = EncryptedTextField(blank=True, default="")
    rate_per_second = models.FloatField(
        default=3.0,
        validators=[MinValueValidator(0.01), MaxValueValidator(1000)],
        help_text="Requests per second that the provider allows; never exceeded.",
    )
    connect_timeout_s = models.FloatField(
        "connect timeout (s)",
        default=5.0,
        validators=[MinValueValidator(0.1), MaxValueValidator(60)],
    )
    read_timeout_s = models.FloatField(
        "answer timeout (s)",
        default=10.0,
        validators=[MinValueValidator(0.1), MaxValueValidator(300)],
    )
    is_active = models.BooleanField("active", default=True)
    is_of_record = models.BooleanField(
        "provider of record",
        default=False,
        help_text="Its verdict decides what may be published; exactly one.",
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_of_record"],
                condition=Q(is_of_record=True),
                name="one_provider_of_record",
                violation_error_message=(
                    "Another provider is the provider of record. Take that mark from it first."
                ),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.dialect != self.Dialect.DASH:
            return
        if not self.url:
            raise ValidationError({"url": "Give the address of the provider's SOAP service."})
        try:
            check_url(self.url)
        except ValueError as error:
            raise ValidationError({"url": str(error)}) from error


class MSAGRange(HasPage):
    """One record of the Master Street Address Guide: a range of house numbers on a street."""

    SHARED = True

    class Parity(models.TextChoices):
        ODD = "O", "Odd"
        EVEN = "E", "Even"
        BOTH = "B", "Both"

    prd = models.CharField("leading direction", max_length=2, blank=True)
    rd = models.CharField("street name", max_length=60)
    sts = models.CharField("street suffix", max_length=4, blank=True)
    pod = models.CharField("trailing direction", max_length=2, blank=True)
    low = models.CharField("low number", max_length=10)
    high = models.CharField("high number", max_length=10)
    parity = models.CharField(max_length=1, choices=Parity.choices, default=Parity.BOTH)
    community = models.CharField(max_length=32)
    state = models.CharField(max_length=2)
    esn = models.CharField("ESN", max_length=5, blank=True)
    psap_id = models.CharField("PSAP id", max_length=4, blank=True)
    county_id = models.CharField(max_length=4, blank=True)
    exchange = models.CharField(max_length=4, blank=True)
    general = models.CharField(
        "general use", max_length=20, blank=True, help_text="As agreed; “ZIP 98765” gives the ZIP."
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "MSAG range"
        indexes = [models.Index(fields=["state", "community", "rd"], name="msag_street")]
        constraints = [
            models.UniqueConstraint(
                fields=["state", "community", "prd", "rd", "sts", "pod", "low", "high", "parity"],
                name="msag_range_once",
                violation_error_message="This range exists already.",
            )
        ]

    def __str__(self) -> str:
        street = " ".join(part for part in (self.prd, self.rd, self.sts, self.pod) if part)
        return f"{self.low}–{self.high} {street}, {self.community} {self.state}"

    def msag_range(self) -> msag_records.MSAGRange:
        """Return the range as the value that the MSAG check works on."""
        names = (
            "prd", "rd", "sts", "pod", "low", "high", "parity", "community", "state", "esn",
            "psap_id", "county_id", "exchange", "general",
        )  # fmt: skip
        return msag_records.MSAGRange(**{name: getattr(self, name) for name in names})


class ValidationRun(HasPage):
    """One request to validate a set of addresses with one provider."""

    provider = models.ForeignKey(ServiceProvider, on_delete=models.PROTECT, related_name="runs")
    job = models.OneToOneField(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    addresses = models.ManyToManyField(CivicAddress, related_name="+")

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Validation of {self.created_at:%Y-%m-%d %H:%M} with {self.provider}"


class AddressVerdict(models.Model):
    """What a provider said of an address at a time, with its raw words.  Never overwritten."""

    class Verdict(models.TextChoices):
        VALID = "valid", "Valid"
        ADJUSTED = "adjusted", "Adjusted: accept the provider's form"
        CANDIDATES = "candidates", "Several candidates"
        CSZ_ONLY = "csz_only", "City, state, postal code only"
        INVALID = "invalid", "Refused"
        UNREACHABLE = "unreachable", "Provider not reached"

    address = models.ForeignKey(CivicAddress, on_delete=models.CASCADE, related_name="verdicts")
    run = models.ForeignKey(
        ValidationRun, null=True, on_delete=models.SET_NULL, related_name="verdicts"
    )
    provider = models.ForeignKey(
        ServiceProvider, null=True, on_delete=models.SET_NULL, related_name="verdicts"
    )
    provider_name = models.CharField(max_length=80)
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    normal_form = models.CharField(
        max_length=64,
        help_text="Of the address as submitted; a later edit makes the verdict stale.",
    )
    submitted = models.JSONField(default=dict)
    standardized = models.JSONField(null=True)
    candidates = models.JSONField(default=list)
    aspects = models.JSONField(default=dict, help_text="civic, msag, position, routing")
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    provider_location_id = models.CharField(max_length=80, blank=True)
    message = models.CharField(max_length=500, blank=True)
    raw_reply = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    PUBLISHED = True

    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["address", "-id"], name="verdict_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "address"],
                condition=Q(run__isnull=False),
                name="one_verdict_per_run_and_address",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()}: {self.address}"

"""Places: civic addresses, emergency response locations and floor plans."""

import hashlib
from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import FileExtensionValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from PIL import Image

from e911portal.core.fields import DerivedCharField, DerivedModel
from e911portal.core.pages import HasPage
from e911portal.core.permissions import ScopedQuerySet
from locations.domain import addresses
from locations.models.network import NetworkSite


class CivicAddressQuerySet(ScopedQuerySet):
    """Addresses with what their provider said."""

    def with_verdict(self) -> Self:
        """Annotate ``verdict_status``, ``verdict_form``, ``verdict_at`` and ``verdict_provider``.

        They come from the newest verdict that says something: an unreachable provider takes nothing
        back.
        """
        from locations.models.validation import AddressVerdict

        newest = (
            AddressVerdict.objects.filter(address=OuterRef("pk"))
            .exclude(verdict=AddressVerdict.Verdict.UNREACHABLE)
            .order_by("-pk")
        )
        return self.annotate(
            verdict_status=Subquery(newest.values("verdict")[:1]),
            verdict_form=Subquery(newest.values("normal_form")[:1]),
            verdict_at=Subquery(newest.values("at")[:1]),
            verdict_provider=Subquery(newest.values("provider_name")[:1]),
        )

    def orphans(self) -> Self:
        """Return addresses that no ERL uses."""
        return self.filter(erls__isnull=True)


def civic_normal_form(address: "CivicAddress") -> str:
    """Return a digest of the normal form: the identity of an address in an indexable length."""
    return hashlib.sha256(address.street_address().normal_form().encode()).hexdigest()


class CivicAddress(DerivedModel, HasPage):
    """A street address down to the house number, as the MSAG knows it (RFC 5139 elements)."""

    PUBLISHED = True
    SHARED = True

    country = models.CharField(max_length=2, default="US", help_text="Two letters, ISO 3166.")
    a1 = models.CharField("state (A1)", max_length=40, help_text="Two letters in the US.")
    a2 = models.CharField("county (A2)", max_length=64, blank=True)
    a3 = models.CharField("city (A3)", max_length=64, help_text="The municipality.")
    a6 = models.CharField(
        "street (A6)", max_length=60, blank=True, help_text="Legacy; leave empty."
    )
    hno = models.CharField("house number (HNO)", max_length=10)
    hns = models.CharField(
        "house number suffix (HNS)", max_length=5, blank=True, help_text="For example ½ or A."
    )
    prd = models.CharField("leading direction (PRD)", max_length=9, blank=True)
    rd = models.CharField("street name (RD)", max_length=60)
    sts = models.CharField("street suffix (STS)", max_length=20, blank=True)
    pod = models.CharField("trailing direction (POD)", max_length=9, blank=True)
    pc = models.CharField("postal code (PC)", max_length=10, blank=True)
    pcn = models.CharField(
        "postal community (PCN)",
        max_length=64,
        blank=True,
        help_text="If it differs from the city.",
    )
    msag_community = models.CharField(
        "MSAG community", max_length=64, blank=True, help_text="If it differs from the city."
    )
    latitude = models.DecimalField(
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
    )
    longitude = models.DecimalField(
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )
    normal_form = DerivedCharField(
        derive=civic_normal_form, source="hno", max_length=64, db_index=True
    )

    objects = CivicAddressQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "civic addresses"
        constraints = [
            models.UniqueConstraint(
                fields=["normal_form"],
                name="civic_address_once",
                violation_error_message="This address exists already. Use that one for the ERL.",
            ),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__isnull=False, longitude__isnull=False),
                name="address_coordinates_paired",
                violation_error_message="Give both latitude and longitude, or neither.",
            ),
        ]

    def __str__(self) -> str:
        return self.street_address().one_line()

    def street_address(self) -> addresses.StreetAddress:
        """Return the address as the value that checks, validators and snapshot work on."""
        names = addresses.StreetAddress.__dataclass_fields__
        return addresses.StreetAddress(**{name: getattr(self, name) for name in names})


class ERLQuerySet(ScopedQuerySet):
    """Emergency response locations."""

    def orphans(self) -> Self:
        """Return ERLs that nothing points at."""
        return self.filter(
            subnets__isnull=True,
            switches__isnull=True,
            ports__isnull=True,
            access_points__isnull=True,
            fixed_endpoints__isnull=True,
            default_for_sites__isnull=True,
        )


class ERL(HasPage):
    """An emergency response location: the area that responders are sent to."""

    PUBLISHED = True
    SITE_PATH = "site"

    name = models.CharField(max_length=80, unique=True)
    site = models.ForeignKey(NetworkSite, on_delete=models.PROTECT, related_name="erls")
    civic_address = models.ForeignKey(CivicAddress, on_delete=models.PROTECT, related_name="erls")
    company = models.CharField("company (NAM)", max_length=60, blank=True)
    loc = models.CharField(
        "location (LOC)",
        max_length=60,
        blank=True,
        help_text="What the dispatcher reads: floor, wing.",
    )
    bld = models.CharField("building (BLD)", max_length=60, blank=True)
    flr = models.CharField("floor (FLR)", max_length=20, blank=True)
    unit = models.CharField("unit (UNIT)", max_length=20, blank=True)
    room = models.CharField("room (ROOM)", max_length=20, blank=True)
    seat = models.CharField("seat (SEAT)", max_length=20, blank=True)
    area_sq_ft = models.PositiveIntegerField("area (sq ft)", null=True, blank=True)
    psap_text = models.CharField(
        "PSAP display text",
        max_length=60,
        blank=True,
        help_text="Short text for the dispatcher's screen; many show 20 characters only.",
    )
    description = models.CharField(max_length=200, blank=True)

    objects = ERLQuerySet.as_manager()

    class Meta:
        verbose_name = "ERL"
        verbose_name_plural = "ERLs"

    def __str__(self) -> str:
        return self.name

    def civic(self) -> dict[str, str]:
        """Return all PIDF civic elements of the place, in RFC 5139 order."""
        inside = {
            "NAM": self.company, "LOC": self.loc, "BLD": self.bld, "FLR": self.flr,
            "UNIT": self.unit, "ROOM": self.room, "SEAT": self.seat,
        }  # fmt: skip
        return addresses.in_civic_order({**self.civic_address.street_address().civic(), **inside})


class FloorPlan(HasPage):
    """The picture of a floor, with ERLs, ports and access points marked on it."""

    SITE_PATH = "site"

    site = models.ForeignKey(NetworkSite, on_delete=models.PROTECT, related_name="floor_plans")
    building = models.CharField(max_length=60, blank=True)
    floor = models.CharField(max_length=20)
    image = models.ImageField(
        upload_to="floorplans/",
        width_field="width",
        height_field="height",
        validators=[FileExtensionValidator(["png", "jpg", "jpeg", "webp"])],
        help_text="PNG, JPEG or WebP, at most 10 MB. Drawings that can carry scripts are refused.",
    )
    width = models.PositiveIntegerField(editable=False, default=0)
    height = models.PositiveIntegerField(editable=False, default=0)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "building", "floor"],
                name="one_plan_per_floor",
                violation_error_message="This floor has a plan already. Replace its image instead.",
            )
        ]

    def __str__(self) -> str:
        return " ".join(part for part in (self.site.name, self.building, self.floor) if part)

    def clean(self) -> None:
        if not self.image or getattr(self.image, "_committed", False):
            return
        if self.image.size > 10 * 1024 * 1024:
            raise ValidationError({"image": "The image is larger than 10 MB. Scale it down."})
        try:
            with Image.open(self.image) as picture:
                kind = picture.format
        except OSError as error:
            raise ValidationError({"image": "The file is not a readable image."}) from error
        if kind not in ("PNG", "JPEG", "WEBP"):
            raise ValidationError({"image": f"{kind} is not taken. Use PNG, JPEG or WebP."})
        self.image.seek(0)


class FloorPlanMark(models.Model):
    """A pin or an outline on a floor plan, in pixels of the image from its upper left corner."""

    SITE_PATH = "plan__site"

    plan = models.ForeignKey(FloorPlan, on_delete=models.CASCADE, related_name="marks")
    erl = models.ForeignKey(
        ERL, null=True, blank=True, on_delete=models.CASCADE, related_name="marks"
    )
    port = models.ForeignKey(
        "locations.SwitchPort",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="marks",
    )
    access_point = models.ForeignKey(
        "locations.WirelessAccessPoint",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="marks",
    )
    points = models.JSONField(
        help_text="[[x, y], …]: one point is a pin, three or more an outline."
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(erl__isnull=False, port__isnull=True, access_point__isnull=True)
                    | Q(erl__isnull=True, port__isnull=False, access_point__isnull=True)
                    | Q(erl__isnull=True, port__isnull=True, access_point__isnull=False)
                ),
                name="mark_shows_one_thing",
                violation_error_message="Mark one ERL, one port or one access point.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.erl or self.port or self.access_point} on {self.plan}"

    def clean(self) -> None:
        points = self.points
        numbers = isinstance(points, list) and all(
            isinstance(point, list)
            and len(point) == 2
            and all(
                isinstance(value, int | float) and not isinstance(value, bool) for value in point
            )
            for point in points
        )
        if not numbers or len(points) not in (1, *range(3, 100)):
            raise ValidationError(
                {"points": "Give one point [x, y], or three and more for an outline."}
            )

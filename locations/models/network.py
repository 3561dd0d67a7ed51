"""Network regions, network sites and subnets: the topology that policy and location hang on."""

import functools
import zoneinfo

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from e911portal.core.fields import DerivedCharField, DerivedModel, NormalisedCharField
from e911portal.core.pages import HasPage
from e911portal.core.permissions import ScopedQuerySet
from locations.domain import identifiers

#: The names, read once: finding them walks through the files of the time zone database.
_time_zones = functools.cache(zoneinfo.available_timezones)


def time_zone_name(text: str) -> str:
    """Return the IANA name of a time zone. Raises ``ValueError`` for an unknown one."""
    name = text.strip()
    if name not in _time_zones():
        raise ValueError(f"“{text}” is not a time zone. Write for example America/New_York.")
    return name


class NetworkRegion(HasPage):
    """A hub of the network, with the sites behind it (Lync: CsNetworkRegion)."""

    PUBLISHED = True
    SHARED = True

    name = models.CharField(
        max_length=80, unique=True, help_text="Unique name, for example NorthAmerica."
    )
    central_site = models.CharField(
        max_length=80, blank=True, help_text="The central site of the voice topology it belongs to."
    )
    description = models.CharField(max_length=200, blank=True)

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class NetworkSite(HasPage):
    """An office, campus or branch: the anchor of rights, of location policy and of the map."""

    PUBLISHED = True
    SITE_PATH = "pk"

    name = models.CharField(max_length=80, unique=True, help_text="Unique name, for example NY1.")
    region = models.ForeignKey(NetworkRegion, on_delete=models.PROTECT, related_name="sites")
    description = models.CharField(max_length=200, blank=True)
    latitude = models.DecimalField(
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
        help_text="Degrees north, WGS 84. May be set by dragging the site on the map.",
    )
    longitude = models.DecimalField(
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
        help_text="Degrees east, WGS 84; the Americas are negative.",
    )
    time_zone = NormalisedCharField(
        normalise=time_zone_name, max_length=60, default="America/New_York"
    )
    default_erl = models.ForeignKey(
        "locations.ERL",
        verbose_name="default ERL",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="default_for_sites",
        help_text="Answered when nothing more precise is known of a device at this site.",
    )
    max_erl_area = models.PositiveIntegerField(
        "largest ERL area",
        null=True,
        blank=True,
        help_text="Square feet that one ERL may cover here by law; 5,000 where left empty.",
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__isnull=False, longitude__isnull=False),
                name="site_coordinates_paired",
                violation_error_message="Give both latitude and longitude, or neither.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.default_erl and self.pk and self.default_erl.site_id != self.pk:
            raise ValidationError(
                {
                    "default_erl": f"{self.default_erl} belongs to site {self.default_erl.site}. "
                    "Choose an ERL of this site."
                }
            )


class NetworkSiteUserPermission(UserObjectPermissionBase):
    """A person's right on a site."""

    content_object = models.ForeignKey(NetworkSite, on_delete=models.CASCADE)


class NetworkSiteGroupPermission(GroupObjectPermissionBase):
    """A group's right on a site."""

    content_object = models.ForeignKey(NetworkSite, on_delete=models.CASCADE)


class NetworkRegionUserPermission(UserObjectPermissionBase):
    """A person's right on all sites of a region."""

    content_object = models.ForeignKey(NetworkRegion, on_delete=models.CASCADE)


class NetworkRegionGroupPermission(GroupObjectPermissionBase):
    """A group's right on all sites of a region."""

    content_object = models.ForeignKey(NetworkRegion, on_delete=models.CASCADE)


def subnet_sort_key(subnet: "Subnet") -> str:
    """Return the text that sorts and compares subnets in the database."""
    return identifiers.network_key(identifiers.network(subnet.cidr))


class Subnet(DerivedModel, HasPage):
    """An IP network: the site, hence policy, of the devices in it, and their location if mapped.

    One table for both. Lync has two, which drift apart.
    """

    PUBLISHED = True
    SITE_PATH = "site"

    cidr = NormalisedCharField(
        "network",
        normalise=identifiers.network,
        max_length=50,
        unique=True,
        error_messages={"unique": "This network is mapped already. Edit that row instead."},
        help_text="IPv4 or IPv6 with its mask, for example 10.1.1.0/24. The longest prefix wins.",
    )
    sort_key = DerivedCharField(derive=subnet_sort_key, source="cidr", max_length=40, db_index=True)
    site = models.ForeignKey(NetworkSite, on_delete=models.PROTECT, related_name="subnets")
    erl = models.ForeignKey(
        "locations.ERL",
        verbose_name="ERL",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="subnets",
        help_text="Leave empty if the subnet says nothing about the place.",
    )
    excluded = models.BooleanField(
        "excluded from location",
        default=False,
        help_text="For VPN and NAT: gives the site, never a location.",
    )
    description = models.CharField(max_length=200, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(excluded=False) | Q(erl__isnull=True),
                name="excluded_subnet_has_no_erl",
                violation_error_message=(
                    "An excluded subnet never gives a location. Clear the ERL, or the exclusion."
                ),
            )
        ]

    def __str__(self) -> str:
        return self.cidr

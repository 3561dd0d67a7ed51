"""The wire map: switches and their ports, access points and their BSSIDs, endpoints that stay put.

An element may be known without a location; then the search goes on to the next coarser clue.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from e911portal.core.fields import DerivedCharField, DerivedModel, NormalisedCharField
from e911portal.core.pages import HasPage
from e911portal.core.permissions import ScopedQuerySet
from locations.domain import identifiers
from locations.models.network import NetworkSite


def erl_key(related_name: str) -> Any:
    """Return the optional foreign key to the ERL that an element of the wire map is mapped to."""
    return models.ForeignKey(
        "locations.ERL",
        verbose_name="ERL",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name=related_name,
        help_text="Where it is. Without one, the next coarser clue decides.",
    )


class Switch(HasPage):
    """An Ethernet switch or a stack of them, known to phones by LLDP chassis ids."""

    PUBLISHED = True
    SITE_PATH = "site"

    name = models.CharField(max_length=80, unique=True)
    site = models.ForeignKey(NetworkSite, on_delete=models.PROTECT, related_name="switches")
    erl = erl_key("switches")
    description = models.CharField(max_length=200, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "switches"

    def __str__(self) -> str:
        return self.name


class ChassisID(models.Model):
    """One chassis id under which a switch announces itself; a stack has one per member."""

    PUBLISHED = True
    SITE_PATH = "switch__site"

    switch = models.ForeignKey(Switch, on_delete=models.CASCADE, related_name="chassis_ids")
    value = NormalisedCharField(
        "chassis id",
        normalise=identifiers.chassis_id,
        max_length=255,
        unique=True,
        error_messages={"unique": "Another switch has this chassis id already."},
        help_text="MAC address, IP address or name, as the switch announces it by LLDP.",
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "chassis id"

    def __str__(self) -> str:
        return self.value


def port_key(port: "SwitchPort") -> str:
    """Return the normal form of the port's name, in which Gi1/0/1 equals GigabitEthernet1/0/1."""
    return identifiers.port_id(port.port_id)


class SwitchPort(DerivedModel, HasPage):
    """A port of a switch, and so usually a wall outlet."""

    PUBLISHED = True
    SITE_PATH = "switch__site"
    TRIGRAMS = ("port_id", "port_key", "description")

    class Subtype(models.IntegerChoices):
        """Port id subtypes of IEEE 802.1AB, table 8-3."""

        INTERFACE_ALIAS = 1, "1 Interface alias"
        PORT_COMPONENT = 2, "2 Port component"
        MAC_ADDRESS = 3, "3 MAC address"
        NETWORK_ADDRESS = 4, "4 Network address"
        INTERFACE_NAME = 5, "5 Interface name"
        AGENT_CIRCUIT_ID = 6, "6 Agent circuit id"
        LOCALLY_ASSIGNED = 7, "7 Locally assigned"

    switch = models.ForeignKey(Switch, on_delete=models.CASCADE, related_name="ports")
    port_id = models.CharField(
        max_length=255,
        help_text="As the switch announces it; shown as typed, matched in any spelling.",
    )
    port_key = DerivedCharField(derive=port_key, source="port_id", max_length=255)
    subtype = models.PositiveSmallIntegerField(
        "port id subtype", choices=Subtype.choices, default=Subtype.LOCALLY_ASSIGNED
    )
    erl = erl_key("ports")
    description = models.CharField(max_length=200, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["switch", "port_key", "subtype"],
                name="port_once_per_switch",
                violation_error_message=(
                    "This switch has that port already; Gi1/0/1 and GigabitEthernet1/0/1 are the "
                    "same."
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.switch} / {self.port_id}"


class WirelessAccessPoint(HasPage):
    """A wireless access point, known to devices by the BSSIDs of its radios and SSIDs."""

    PUBLISHED = True
    SITE_PATH = "site"

    name = models.CharField(max_length=80, unique=True)
    site = models.ForeignKey(NetworkSite, on_delete=models.PROTECT, related_name="access_points")
    erl = erl_key("access_points")
    description = models.CharField(max_length=200, blank=True)

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class BSSID(models.Model):
    """A BSSID of an access point; the last one or two hex digits may be a ``*``."""

    PUBLISHED = True
    SITE_PATH = "access_point__site"

    access_point = models.ForeignKey(
        WirelessAccessPoint, on_delete=models.CASCADE, related_name="bssids"
    )
    value = NormalisedCharField(
        "BSSID",
        normalise=identifiers.bssid,
        max_length=17,
        unique=True,
        error_messages={"unique": "Another access point has this BSSID already."},
        help_text="00-19-5B-7F-77-0D, or a range such as 00-19-5B-7F-77-0*. The exact one wins.",
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "BSSID"

    def __str__(self) -> str:
        return self.value

    def clean(self) -> None:
        # What drivers report while there is no connection: it would place all of them here.
        if self.value in ("00-00-00-00-00-00", "ff-ff-ff-ff-ff-ff"):
            raise ValidationError(
                {
                    "value": f"“{self.value}” is what devices report without Wi-Fi. "
                    "Write the BSSID of a radio."
                }
            )


class FixedEndpoint(HasPage):
    """A phone that no clue can locate, or that never moves: analog, common area, fixed desk."""

    PUBLISHED = True
    SITE_PATH = "site"

    class Kind(models.TextChoices):
        ANALOG = "analog", "Analog device"
        COMMON_AREA = "common_area", "Common-area phone"
        FIXED_DESK = "fixed_desk", "Fixed desk phone"

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    site = models.ForeignKey(NetworkSite, on_delete=models.PROTECT, related_name="fixed_endpoints")
    number = NormalisedCharField(
        normalise=identifiers.phone_number,
        max_length=16,
        null=True,
        blank=True,
        unique=True,
        error_messages={"unique": "Another fixed endpoint has this number already."},
        help_text="E.164, for example +12125550100.",
    )
    sip_uri = NormalisedCharField(
        "SIP URI",
        normalise=identifiers.uri,
        max_length=255,
        null=True,
        blank=True,
        unique=True,
        error_messages={"unique": "Another fixed endpoint has this SIP URI already."},
    )
    mac = NormalisedCharField(
        "MAC address",
        normalise=identifiers.mac,
        max_length=17,
        null=True,
        blank=True,
        unique=True,
        error_messages={"unique": "Another fixed endpoint has this MAC address already."},
    )
    erl = erl_key("fixed_endpoints")
    description = models.CharField(max_length=200, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(number__isnull=False) | Q(sip_uri__isnull=False) | Q(mac__isnull=False),
                name="fixed_endpoint_identified",
                violation_error_message="Give a number, a SIP URI or a MAC address to know it by.",
            )
        ]

    def __str__(self) -> str:
        return self.name

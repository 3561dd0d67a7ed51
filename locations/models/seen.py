"""What devices report and the wire map does not know: candidates for mapping."""

from typing import Any, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Concat, Substr

from e911portal.core.permissions import ScopedQuerySet
from locations.models.network import NetworkSite, Subnet
from locations.models.wiremap import BSSID, ChassisID, SwitchPort


class SeenElementQuerySet(ScopedQuerySet):
    """Elements that devices reported."""

    def unmapped(self) -> Self:
        """Return those that still have no location in the draft, the most reported first.

        Subnets are compared as they are counted, by /24 and /64; one inside a larger mapped subnet
        is sorted out by ``queries.unmapped_elements``.
        """
        mapped = {
            "bssid": BSSID.objects.filter(
                Q(value=OuterRef("key"))
                | Q(value=Concat(Substr(OuterRef("key"), 1, 16), Value("*")))
                | Q(value=Concat(Substr(OuterRef("key"), 1, 15), Value("*"))),
                access_point__erl__isnull=False,
            ),
            "port": SwitchPort.objects.filter(
                switch__chassis_ids__value=OuterRef("key"),
                port_key=OuterRef("port"),
                erl__isnull=False,
            ),
            "chassis": ChassisID.objects.filter(value=OuterRef("key"), switch__erl__isnull=False),
            "subnet": Subnet.objects.filter(
                Q(erl__isnull=False) | Q(excluded=True), cidr=OuterRef("key")
            ),
        }
        known = Q()
        for kind, rows in mapped.items():
            known |= Q(Exists(rows), kind=kind)
        return self.filter(is_ignored=False).exclude(known).order_by(F("count").desc(), "pk")


class SeenElement(models.Model):
    """A network element that devices reported and lookups fell through, and how often."""

    SITE_PATH = "site"

    class Kind(models.TextChoices):
        BSSID = "bssid", "BSSID"
        PORT = "port", "Switch port"
        CHASSIS = "chassis", "Switch"
        SUBNET = "subnet", "Subnet"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    key = models.CharField(max_length=255, help_text="BSSID, chassis id or network.")
    port = models.CharField(max_length=255, blank=True, help_text="Port id in its normal form.")
    site = models.ForeignKey(
        NetworkSite,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="seen_elements",
        help_text="By the subnet of the device that reported it.",
    )
    count = models.PositiveBigIntegerField(default=0)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(db_index=True)
    is_ignored = models.BooleanField(
        "ignored", default=False, help_text="Not ours to map: a neighbour's network, a lab."
    )

    objects = SeenElementQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["-count"], name="seen_most")]
        constraints = [
            models.UniqueConstraint(fields=["kind", "key", "port"], name="seen_element_once")
        ]

    def __str__(self) -> str:
        return f"{self.key} / {self.port}" if self.port else self.key

    def suggestion(self) -> tuple[str, dict[str, Any]]:
        """Return the model to map it with, and the values that its form begins with."""
        site = {"site": self.site_id} if self.site_id else {}
        if self.kind == self.Kind.SUBNET:
            return "locations.subnet", {"cidr": self.key, **site}
        if self.kind == self.Kind.BSSID:
            return "locations.wirelessaccesspoint", {"name": self.key, **site}
        switch = ChassisID.objects.filter(value=self.key).values_list("switch", flat=True).first()
        if self.kind == self.Kind.PORT and switch:
            return "locations.switchport", {"switch": switch, "port_id": self.port}
        return "locations.switch", {"name": self.key, **site}


class SeenReport(models.Model):
    """A report that was counted: the same one, delivered again, changes nothing."""

    event_id = models.CharField(max_length=64, unique=True)
    received_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.event_id

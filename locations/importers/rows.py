"""What one row of any file says, in neutral words: the dialects make these, the planner reads them.

``KEEP`` means that the file says nothing of the matter, so what the database has stays; an empty
text or None means that it says there is none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar

from locations.importers.places import Place
from locations.importers.tables import Table


class Keep(Enum):
    """The file does not say."""

    KEEP = "keep"


KEEP = Keep.KEEP
Text = str | Keep


@dataclass(frozen=True, slots=True)
class Source:
    """Where a row stands.  ``columns`` gives the heading or parameter behind a field's name."""

    file: str
    line: int
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NamedERL:
    """A location given by the name of an ERL."""

    name: str


@dataclass(frozen=True, slots=True)
class LocationID:
    """A location given by the key that Teams has for it."""

    value: str


Location = Place | NamedERL | LocationID | Keep | None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file; ``noun`` and ``named_by`` say what it is about if it makes no sense.

    ``idle`` is what the plan says of a row that by itself does nothing.
    """

    noun: ClassVar[str] = ""
    named_by: ClassVar[tuple[str, ...]] = ()
    idle: ClassVar[str] = "Known to the other rows of this import; added where one of them uses it."

    source: Source

    @property
    def kind(self) -> str:
        """Return what kind of thing the row is about."""
        return self.noun

    @property
    def label(self) -> str:
        """Return what the file calls it."""
        return " / ".join(text for name in self.named_by if (text := str(getattr(self, name))))


@dataclass(frozen=True, slots=True)
class OwnRow(Row):
    """A row of one of our own tables: its cells by heading; headings left out are not said."""

    table: Table
    cells: Mapping[str, str]

    @property
    def kind(self) -> str:
        return self.table.noun

    @property
    def label(self) -> str:
        return " / ".join(text for name in self.table.needed if (text := self.cells.get(name, "")))


@dataclass(frozen=True, slots=True)
class RegionRow(Row):
    """A network region."""

    noun = "network region"
    named_by = ("name",)

    name: str
    central_site: Text = KEEP
    description: Text = KEEP


@dataclass(frozen=True, slots=True)
class SiteRow(Row):
    """A network site; ``new_region`` is for one that is not there yet."""

    noun = "network site"
    named_by = ("name",)

    name: str
    region: Text = KEEP
    description: Text = KEEP
    latitude: Text = KEEP
    longitude: Text = KEEP
    time_zone: Text = KEEP
    new_region: str = ""


@dataclass(frozen=True, slots=True)
class NetworkSubnetRow(Row):
    """The site of a network (Lync: CsNetworkSubnet), its mask in ``mask`` or behind a slash."""

    noun = "subnet"
    named_by = ("network",)

    network: str
    mask: str
    site: str
    description: Text = KEEP


@dataclass(frozen=True, slots=True)
class ERLRow(Row):
    """An ERL by name, with its place."""

    noun = "ERL"
    named_by = ("name",)

    name: str
    place: Place
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LocationRow(Row):
    """What Teams calls a location: a key that other rows refer to, and its place."""

    noun = "location"
    named_by = ("key",)

    key: str
    place: Place
    civic_address: str = ""


@dataclass(frozen=True, slots=True)
class SubnetRow(Row):
    """The location of a subnet (Lync: CsLisSubnet): a network id without a mask, or CIDR."""

    noun = "subnet"
    named_by = ("network",)

    network: str
    location: Location = KEEP
    description: Text = KEEP


@dataclass(frozen=True, slots=True)
class SwitchRow(Row):
    """A switch, known by a chassis id or by name."""

    noun = "switch"
    named_by = ("chassis", "name")

    chassis: str
    location: Location = KEEP
    description: Text = KEEP
    name: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True)
class PortRow(Row):
    """A port of a switch, which is known by a chassis id or by name."""

    noun = "switch port"
    named_by = ("switch", "chassis", "port")

    chassis: str
    port: str
    subtype: str = ""
    location: Location = KEEP
    description: Text = KEEP
    switch: str = ""
    any_subtype: bool = False  # one that is there under another subtype is the same port


@dataclass(frozen=True, slots=True)
class BSSIDRow(Row):
    """A BSSID and its location; ``access_point`` names the device if the file knows it."""

    noun = "wireless access point"
    named_by = ("access_point", "bssid")

    bssid: str
    location: Location = KEEP
    description: Text = KEEP
    access_point: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True)
class EndpointRow(Row):
    """A phone that stays where it is."""

    noun = "fixed endpoint"
    named_by = ("name",)

    name: str
    location: Location = KEEP
    description: Text = KEEP
    number: str = ""
    mac: str = ""
    uri: str = ""


@dataclass(frozen=True, slots=True)
class NoticeRow(Row):
    """A line that was understood and changes nothing here; says why, and what to do instead."""

    message: str
    remedy: str = ""
    command: str = ""

    named_by = ("command",)


@dataclass(frozen=True, slots=True)
class TroubleRow(Row):
    """A line that was not understood."""

    message: str
    remedy: str = ""
    column: str = ""
    value: str = ""
    command: str = ""

    named_by = ("command",)

"""What one cmdlet of Lync says of routing (see ``locations.importers.rows``)."""

from dataclasses import dataclass

from locations.importers.rows import KEEP, Row, Text


@dataclass(frozen=True, slots=True)
class UsageRow(Row):
    """A PSTN usage."""

    noun = "PSTN usage"
    named_by = ("name",)

    name: str


@dataclass(frozen=True, slots=True)
class RouteRow(Row):
    """A voice route; ``usages`` and ``gateways`` are None when the cmdlet does not give them."""

    noun = "voice route"
    named_by = ("name",)

    name: str
    number_pattern: Text = KEEP
    priority: Text = KEEP
    suppress_caller_id: Text = KEEP
    alternate_caller_id: Text = KEEP
    description: Text = KEEP
    usages: tuple[str, ...] | None = None
    gateways: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class PolicyRow(Row):
    """A location policy: the fields the cmdlet gives, as (field, text), and its numbers."""

    noun = "location policy"
    named_by = ("name",)

    name: str
    scope: str
    values: tuple[tuple[str, str], ...]
    usage: Text = KEEP
    numbers: Text = KEEP


@dataclass(frozen=True, slots=True)
class SitePolicyRow(Row):
    """The location policy of a network site."""

    noun = "site policy"
    named_by = ("site",)

    site: str
    policy: str


@dataclass(frozen=True, slots=True)
class DisclaimerRow(Row):
    """The disclaimer of everybody who has no policy of their own (Lync Server 2010)."""

    noun = "location policy"
    named_by = ()

    text: str


@dataclass(frozen=True, slots=True)
class VoicePolicyRow(Row):
    """A voice policy and its usages in order, None when the cmdlet does not give them.

    ``extends`` puts them behind those that the policy has.
    """

    noun = "voice policy"
    named_by = ("name",)

    name: str
    description: Text = KEEP
    usages: tuple[str, ...] | None = None
    extends: bool = False


@dataclass(frozen=True, slots=True)
class TrunkRow(Row):
    """Whether a trunk sends PIDF-LO; with ``is_new`` it is added if it is not there."""

    noun = "trunk"
    named_by = ("gateway",)

    gateway: str
    send_pidf_lo: str
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class OtherTrunksRow(Row):
    """Whether the trunks send PIDF-LO of which nothing else is said."""

    noun = "trunk"
    idle = "Every trunk has its own setting, which goes before the global one."

    send_pidf_lo: str

"""Everything the routing decision reads, as one immutable table with its JSON form.

The draft in the database and a published snapshot both become a RoutingTable, so that the publish
gate, the simulator page, the commands and a live call ask the same object.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from routing.domain.elins import ELIN, elins_of_company
from routing.domain.numbers import NormalizationRule
from routing.domain.policy import LocationPolicy, PolicyChoice, choose
from routing.domain.selection import Trunk, VoiceRoute

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CallParkOrbit:
    """A range of numbers at which calls are parked; they may begin with ``*`` or ``#``."""

    name: str
    first: str
    last: str

    def contains(self, number: str) -> bool:
        """Return whether ``number``, written as it is dialled, is an orbit of the range."""
        low, high, given = (text.lstrip("*#") for text in (self.first, self.last, number))
        same_prefix = self.first.removesuffix(low) == number.removesuffix(given)
        return same_prefix and len(low) == len(given) and low <= given <= high


@dataclass(frozen=True, slots=True)
class VoiceUser:
    """A person or phone with an account: where it is homed and which policies it was granted."""

    sip_uri: str
    display_name: str = ""
    number: str = ""
    voice_policy: str = ""
    location_policy: str = ""
    home_site: int | None = None

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "VoiceUser":
        """Return the user of a record.  Raises KeyError without a SIP URI."""
        home = record.get("home_site")
        return cls(
            sip_uri=str(record["sip_uri"]),
            display_name=str(record.get("display_name") or ""),
            number=str(record.get("number") or ""),
            voice_policy=str(record.get("voice_policy") or ""),
            location_policy=str(record.get("location_policy") or ""),
            home_site=None if home is None else int(home),
        )


@dataclass(frozen=True, slots=True)
class RoutingTable:
    """Policies, usages, routes, trunks, dial plan, orbits and ELINs of one draft or publication.

    ``site_policies`` maps site ids to policy names. ``faults`` names the records that could not be
    read; the rest of the table works without them.
    """

    policies: Mapping[str, LocationPolicy] = field(default_factory=dict)
    site_policies: Mapping[int, str] = field(default_factory=dict)
    global_policy: str = ""
    usages: tuple[str, ...] = ()
    routes: tuple[VoiceRoute, ...] = ()
    trunks: Mapping[str, Trunk] = field(default_factory=dict)
    voice_policies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rules: tuple[NormalizationRule, ...] = ()
    orbits: tuple[CallParkOrbit, ...] = ()
    elins: tuple[ELIN, ...] = ()
    last_resort: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    def elins_of(self, erl: str, company: str = "") -> tuple[ELIN, ...]:
        """Return the ELINs of a location: its own, else those in its company name, as in Lync."""
        own = tuple(elin for elin in self.elins if elin.erl == erl)
        return own or tuple(ELIN(number, erl) for number in elins_of_company(company))

    def policy_for(self, site: int | None, user: VoiceUser | None, tag: str = "") -> PolicyChoice:
        """Return the location policy at a network site (its id) for a user, by the call's tag."""
        home = user.home_site if user else None
        return choose(
            self.policies,
            tag=tag,
            site_policy=self.site_policies.get(site) if site is not None else None,
            user_policy=user.location_policy if user else None,
            home_site_policy=self.site_policies.get(home) if home is not None else None,
            global_policy=self.global_policy,
        )

    def to_values(self) -> dict[str, Any]:
        """Return the rows of the snapshot's ``routing`` table as key → JSON-ready value."""
        return {
            "global_policy": self.global_policy,
            "usages": list(self.usages),
            "routes": [asdict(route) for route in self.routes],
            "trunks": [asdict(trunk) for trunk in self.trunks.values()],
            "voice_policies": {name: list(usages) for name, usages in self.voice_policies.items()},
            "normalization": [asdict(rule) for rule in self.rules],
            "orbits": [asdict(orbit) for orbit in self.orbits],
            "elins": [asdict(elin) for elin in self.elins],
            "last_resort": list(self.last_resort),
        }

    @classmethod
    def from_values(
        cls,
        values: Mapping[str, Any],
        policies: Iterable[Mapping[str, Any]] = (),
        site_policies: Mapping[int, str] | None = None,
    ) -> "RoutingTable":
        """Return the table of ``to_values()`` and policy records.

        Never raises for a bad record: one broken route must not take the others with it.
        """
        faults: list[str] = []

        def read(kind: str, build: Callable[[Any], T], records: Any) -> tuple[T, ...]:
            good: list[T] = []
            for record in _items(records):
                try:
                    good.append(build(record))
                except (KeyError, TypeError, ValueError, AttributeError) as error:
                    faults.append(f"{kind}: a record cannot be read: {error!r}")
            return tuple(good)

        found = read("policy", LocationPolicy.from_record, policies)
        trunks = read("trunk", Trunk.from_record, values.get("trunks"))
        return cls(
            policies={policy.name: policy for policy in found},
            site_policies=dict(site_policies or {}),
            global_policy=str(values.get("global_policy") or ""),
            usages=read("usage", str, values.get("usages")),
            routes=read("route", VoiceRoute.from_record, values.get("routes")),
            trunks={trunk.name: trunk for trunk in trunks},
            voice_policies=dict(read("voice policy", _names, values.get("voice_policies"))),
            rules=read("normalization", _rule, values.get("normalization")),
            orbits=read("orbit", _orbit, values.get("orbits")),
            elins=read("elin", ELIN.from_record, values.get("elins")),
            last_resort=read("last resort", str, values.get("last_resort")),
            faults=tuple(faults),
        )


def _items(records: Any) -> Iterable[Any]:
    if isinstance(records, Mapping):
        return records.items()
    return records if isinstance(records, list | tuple) else ()


def _names(item: tuple[str, Iterable[str]]) -> tuple[str, tuple[str, ...]]:
    key, names = item
    return str(key), tuple(str(name) for name in names)


def _rule(record: Mapping[str, Any]) -> NormalizationRule:
    return NormalizationRule(
        str(record.get("name") or record["pattern"]),
        str(record["pattern"]),
        str(record["translation"]),
    )


def _orbit(record: Mapping[str, Any]) -> CallParkOrbit:
    return CallParkOrbit(str(record.get("name") or ""), str(record["first"]), str(record["last"]))

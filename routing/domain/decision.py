"""One emergency call from its INVITE to the answer: the decisions of this package, put together.

The law here is that 911 completes. Each step that could fail (who calls, where from, under which
policy, whom to notify) is taken by ``_Call.step``: a fault in it becomes a reason in the answer,
and the trunks are named all the same.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from locations.domain import pidflo
from locations.domain.addresses import civic_normal_form
from locations.domain.display import dispatcher_text
from locations.domain.pidflo import MicrosoftExtension
from locations.domain.resolution import Clue, ERLRecord, Evidence, Resolution, SiteRow
from routing.domain import elins, selection, service_info
from routing.domain.callerid import CallerID, CallerIDSource, present
from routing.domain.elins import ELINChoice, Lease
from routing.domain.location import CallLocation, of_network, weigh
from routing.domain.numbers import match_emergency
from routing.domain.policy import LocationPolicy, PolicyChoice, UnvalidatedAddresses, choose
from routing.domain.reply import RouteDecision, Target
from routing.domain.request import Caller, Heard, RouteRequest, caller, clue
from routing.domain.selection import Attempt, Selection, TrunkKind, usages_of
from routing.domain.table import RoutingTable, VoiceUser

log = logging.getLogger(__name__)
T = TypeVar("T")

#: How long those who receive a location with a call may keep it (RFC 4119 §2.2.2).
RETENTION = timedelta(hours=24)
_NOBODY = Caller((), (), "", "")
_NO_CLUE: tuple[Clue, tuple[str, ...]] = (Clue(), ())
#: Gives the leases of the ELINs with these numbers.
LeasesOf = Callable[[Iterable[str]], Iterable[Lease]]


def no_leases(_: Iterable[str]) -> Iterable[Lease]:
    """Return that no ELIN was shown lately, as for a call that is only simulated."""
    return ()


class Published(Protocol):
    """What a decision reads of a publication, or of the draft when a call is only simulated."""

    @property
    def number(self) -> int: ...
    @property
    def table(self) -> RoutingTable: ...
    def site_at(self, ip: str) -> SiteRow | None: ...
    def site_of(self, clue: Clue) -> SiteRow | None: ...
    def is_excluded(self, ip: str) -> bool: ...
    def user(self, uris: Iterable[str], phones: Iterable[str]) -> VoiceUser | None: ...
    def has_endpoint(self, uri: str) -> bool: ...
    def resolve(
        self, clue: Clue, *, withhold: bool, now: datetime, last_known: Evidence | None
    ) -> Resolution: ...
    def erl_at(self, normal_form: str) -> ERLRecord | None: ...
    def notify(self, policy: str, site: str, erl: str) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class _Circumstances:
    """What is known before the way out is chosen."""

    who: Caller
    user: VoiceUser | None
    site: SiteRow | None
    choice: PolicyChoice
    location: CallLocation
    clue: Clue

    @property
    def phone(self) -> str:
        """The caller's own number, E.164, or empty."""
        numbers = (self.user.number if self.user else "", *self.who.numbers)
        return next((number for number in numbers if number), "")

    @property
    def uri(self) -> str:
        """The caller's own URI, or empty."""
        uris = (self.user.sip_uri if self.user else "", *self.who.uris)
        return next((uri for uri in uris if uri), "")

    @property
    def name(self) -> str:
        """The caller's name, as we know it before as the phone says it."""
        return (self.user.display_name if self.user else "") or self.who.name


def decide(
    request: RouteRequest,
    published: Published,
    *,
    now: datetime,
    new_ref: Callable[[], str],
    trunks_down: Collection[str] = (),
    leases: LeasesOf = no_leases,
    last_known: Evidence | None = None,
    heard: Heard | None = None,
) -> RouteDecision:
    """Return how a call leaves; an ordinary number is no emergency and gets no targets.

    ``trunks_down`` holds names or next hops of trunks believed dead, ``leases`` gives those of
    ELINs that recent calls showed (asked only for a call that needs one), ``last_known`` is the
    evidence that this caller gave earlier, ``heard`` what was read of the request already.
    """
    call = _Call(request, published, now)
    table = call.table
    who = call.step("caller", _NOBODY, lambda: heard.who if heard else caller(request, table.rules))
    evidence, unread = call.step(
        "clue", _NO_CLUE, lambda: (heard.said, heard.unread) if heard else clue(request)
    )
    call.reasons.extend(unread)
    site = call.step("site", None, lambda: call.site(evidence, who))
    user = call.step("user", None, lambda: published.user(who.uris, who.numbers))
    site_id = site.id if site else None
    choice = call.step(
        "policy", choose({}), lambda: table.policy_for(site_id, user, request.policy_tag)
    )
    call.reasons.extend(choice.reasons)
    match = match_emergency(request.ruri, choice.policy.emergency_numbers, table.rules)
    call.reasons.extend(match.reasons)
    if not match.emergency:
        return RouteDecision(match, choice, published.number, reasons=tuple(call.reasons))

    place = call.step(
        "location", CallLocation(), lambda: call.locate(evidence, who, choice.policy, last_known)
    )
    call.reasons.extend(place.reasons)
    known = _Circumstances(who, user, site, choice, place, evidence)
    way = call.step(
        "route",
        Selection(tuple(Attempt(trunk) for trunk in table.trunks.values()), True, ()),
        lambda: call.way_out(known, match.route_numbers, trunks_down),
    )
    call.reasons.extend(way.reasons)
    elin = call.step("elin", ELINChoice(None, ()), lambda: call.elin(known, way, leases))
    call.reasons.extend(elin.reasons)
    number = elin.elin.number if elin.elin else ""
    ref = request.call_ref or new_ref()
    content_id = f"{ref}@{who.domain.strip('[]').replace(':', '-') or 'e911.invalid'}"
    targets = tuple(
        replace(
            call.target(known, attempt, match.dial_string, number),
            service_info=call.service_info(known, attempt, content_id),
        )
        for attempt in way.attempts
    )
    notify = call.step("notification", choice.policy.notification_uris, lambda: call.notify(known))
    shows_elin = bool(targets) and targets[0].caller_id.source is CallerIDSource.ELIN
    return RouteDecision(
        match=match,
        choice=choice,
        publication=published.number,
        call_ref=ref,
        location=place,
        targets=targets,
        callback_number=number if shows_elin else known.phone or number,
        content_id=content_id,
        notify=notify,
        reasons=tuple(call.reasons),
        caller_uri=known.uri,
        caller_name=known.name,
        caller_number=known.phone,
        leased_elin=number,
    )


class _Call:
    """The steps of one decision, and the reasons gathered so far."""

    __slots__ = ("now", "published", "reasons", "request", "table")

    def __init__(self, request: RouteRequest, published: Published, now: datetime) -> None:
        self.request = request
        self.published = published
        self.now = now
        self.reasons: list[str] = []
        self.table = self.step("routing table", RoutingTable(), lambda: published.table)

    def step(self, what: str, default: T, take: Callable[[], T]) -> T:
        """Return what ``take`` returns, and ``default`` with a reason when it fails."""
        try:
            return take()
        except Exception as error:
            # Broad on purpose: whatever is wrong in here, an emergency call must still leave.
            log.exception("call %s: %s failed", self.request.call_ref, what)
            self.reasons.append(
                f"{what}: failed inside ({type(error).__name__}), the call goes on without it"
            )
            return default

    def site(self, evidence: Clue, who: Caller) -> SiteRow | None:
        """Return the network site of the caller: of the subnet, else of the mapped element.

        An analog phone in the elevator has no address, but it stands in a building whose policy
        applies to it.
        """
        found = self.published.site_at(evidence.ip) if evidence.ip else None
        return found or self.published.site_of(self._asked(evidence, who))

    def _asked(self, evidence: Clue, who: Caller) -> Clue:
        """Return the evidence together with the URI by which a fixed endpoint may be known."""
        candidates = (*who.uris, *(f"tel:{number}" for number in who.numbers))
        fixed = (uri for uri in candidates if self.published.has_endpoint(uri))
        return replace(
            evidence,
            uri=next(fixed, next(iter(candidates), None)),
            entity=next(iter(who.uris), None),
        )

    def locate(
        self, evidence: Clue, who: Caller, policy: LocationPolicy, last_known: Evidence | None
    ) -> CallLocation:
        """Return the location by the network's evidence, weighed with the one the client sent."""
        asked = self._asked(evidence, who)
        resolution = self.published.resolve(
            asked,
            withhold=policy.unvalidated_addresses is UnvalidatedAddresses.WITHHOLD,
            now=self.now,
            last_known=last_known,
        )
        self.reasons.extend(resolution.reasons)
        return self.step(
            "client location", of_network(resolution), lambda: self._weigh(resolution, evidence)
        )

    def _weigh(self, resolution: Resolution, evidence: Clue) -> CallLocation:
        if not self.request.pidf_lo:
            return of_network(resolution)
        given = pidflo.read(self.request.pidf_lo.encode()).location
        published = self.published.erl_at(civic_normal_form(given.civic)) if given.civic else None
        excluded = evidence.ip is not None and self.published.is_excluded(evidence.ip)
        return weigh(resolution, given, published, excluded=excluded)

    def way_out(
        self, known: _Circumstances, route_numbers: Sequence[str], down: Collection[str]
    ) -> Selection:
        """Return the trunks to try in order."""
        voice_policy = known.user.voice_policy if known.user else ""
        usages = usages_of(
            known.choice.policy.pstn_usage, self.table.voice_policies.get(voice_policy, ())
        )
        return selection.select(
            route_numbers,
            usages,
            self.table.routes,
            self.table.trunks,
            last_resort=self.table.last_resort,
            down=down,
        )

    def elin(self, known: _Circumstances, way: Selection, leases: LeasesOf) -> ELINChoice:
        """Return the ELIN for this call, if any attempt needs one."""
        if not any(attempt.trunk.kind is TrunkKind.ELIN_GATEWAY for attempt in way.attempts):
            return ELINChoice(None, ())
        erl = known.location.erl
        pool = self.table.elins_of(erl.name, str(erl.record.get("company") or "")) if erl else ()
        # Leases are remembered by what the phone says of itself in From.
        held = leases([elin.number for elin in pool])
        return elins.choose(pool, self.request.from_uri, held, now=self.now)

    def target(
        self, known: _Circumstances, attempt: Attempt, dial_string: str, elin: str
    ) -> Target:
        """Return one attempt with the number it shows and the document it carries."""
        shown = self.step(
            "caller id",
            CallerID(known.phone, known.name, CallerIDSource.CALLER, ()),
            lambda: self._shown(known, attempt, elin),
        )
        self.reasons.extend(shown.reasons)
        return Target(
            trunk=attempt.trunk,
            dial_string=dial_string,
            caller_id=shown,
            domain=known.who.domain or attempt.trunk.address,
            caller_uri=known.uri,
            pidf_lo=self.step("PIDF-LO", "", lambda: self._document(known, attempt)),
        )

    def _shown(self, known: _Circumstances, attempt: Attempt, elin: str) -> CallerID:
        record = known.location.erl.record if known.location.erl else {}
        return present(
            attempt,
            caller_number=known.phone,
            caller_name=known.name,
            elin=elin,
            location_text=dispatcher_text(
                str(record.get("psap_text") or ""), record.get("civic") or {}
            ),
            site_number=str(known.site.record.get("caller_id") or "") if known.site else "",
        )

    def _document(self, known: _Circumstances, attempt: Attempt) -> str:
        """Return the PIDF-LO for a trunk's civic profile, or nothing where none is to be sent."""
        policy, trunk = known.choice.policy, attempt.trunk
        if not trunk.send_pidf_lo or not known.location.located:
            return ""
        if not policy.enhanced_emergency_services_enabled:
            self.reasons.append(f"PIDF-LO: {trunk.name}: “{policy.name}” switches it off")
            return ""
        extension = None
        if trunk.send_conference_data:
            extension = MicrosoftExtension(
                policy.conference_uri, str(policy.conference_mode), known.choice.tag
            )
        device = f"mac:{known.clue.mac.replace('-', '')}" if known.clue.mac else known.uri
        return pidflo.for_sip(
            known.location.place,
            entity=known.uri
            or (f"tel:{known.phone}" if known.phone else "pres:caller@e911.invalid"),
            device_id=device or "urn:uuid:00000000-0000-0000-0000-000000000000",
            now=self.now,
            expires=self.now + RETENTION,
            profile=trunk.civic_profile,
            extension=extension,
        )

    def service_info(self, known: _Circumstances, attempt: Attempt, reference: str) -> str:
        """Return the document about our service, or nothing where the trunk does not ask for it."""
        if not attempt.trunk.send_service_info:
            return ""
        return self.step(
            "ServiceInfo", "", lambda: service_info.document(reference, known.location.tier)
        )

    def notify(self, known: _Circumstances) -> tuple[str, ...]:
        """Return whom to tell: the policy's URIs, then those of policy, site and ERL, each once."""
        erl = known.location.erl.name if known.location.erl else ""
        site = known.location.site or (known.site.name if known.site else "")
        policy = known.choice.policy
        published = self.published.notify(policy.name, site, erl)
        return tuple(dict.fromkeys((*policy.notification_uris, *published)))

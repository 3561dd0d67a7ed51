"""The check of an address against a Master Street Address Guide.

A guide says which house numbers of which street of which community exist for 911, and which
answering point serves them.  The check goes from coarse to fine and names, element by element, what
it had to change or did not find.
"""

import difflib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from locations.domain.addresses import StreetAddress
from locations.domain.msag_records import MSAGRange
from locations.domain.streets import Street, fold, place, street
from locations.domain.verdicts import Verdict

_ELEMENTS = ("A1", "A3", "PRD", "RD", "STS", "POD", "HNO", "PC")


@dataclass(frozen=True, slots=True)
class MSAGAnswer:
    """What the guide says: ``valid``, ``adjusted``, ``candidates`` or ``invalid``, and why.

    ``elements`` gives ``valid``, ``adjusted``, ``invalid`` or ``unchecked`` for A1, A3 (the
    community), PRD, RD, STS, POD, HNO and PC.  ``matched`` is set with ``valid`` and ``adjusted``.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    elements: Mapping[str, str] = field(default_factory=dict)
    standardized: StreetAddress | None = None
    candidates: tuple[StreetAddress, ...] = ()
    matched: MSAGRange | None = None


def communities(address: StreetAddress) -> tuple[str, ...]:
    """Return the comparable community names: the MSAG's if known, else municipality, then post."""
    known = address.msag_community.strip()
    names = (known,) if known else (address.a3, address.pcn)
    return tuple(place(name) for name in names if name.strip())


def street_of(address: StreetAddress) -> Street:
    """Return the street of an address in Publication 28 form."""
    return street(f"{address.prd} {address.rd} {address.sts} {address.pod}")


def standardize(address: StreetAddress, found: MSAGRange) -> StreetAddress:
    """Return the address in the spelling of a range; municipality and house number stay."""
    line = found.canonical_street()
    keep = not found.postal_code or _same_postal_code(address.pc, found.postal_code)
    return replace(
        address,
        a1=found.state,
        prd=line.prd,
        rd=line.name,
        sts=line.sts,
        pod=line.pod,
        pc=address.pc if keep else found.postal_code,
        msag_community=found.community,
    )


def changed_elements(submitted: StreetAddress, standardized: StreetAddress) -> tuple[str, ...]:
    """Return the elements in which a standardized address departs from the submitted one.

    Spelling does not count.  A3 stands for the community.  A postal code that was not submitted is
    filled in, not changed.
    """
    before, after = street_of(submitted), street_of(standardized)
    community = place(standardized.msag_community or standardized.a3)
    agreed = {
        "A1": fold(submitted.a1) == fold(standardized.a1),
        "A3": community in communities(submitted),
        "PRD": before.prd == after.prd,
        "RD": before.name == after.name,
        "STS": before.sts == after.sts,
        "POD": before.pod == after.pod,
        "HNO": fold(submitted.hno) == fold(standardized.hno),
        "HNS": fold(submitted.hns) == fold(standardized.hns),
        "PC": not submitted.pc.strip() or _same_postal_code(submitted.pc, standardized.pc),
    }
    return tuple(name for name, same in agreed.items() if not same)


def corrections(
    submitted: StreetAddress, standardized: StreetAddress
) -> tuple[tuple[str, str, str], ...]:
    """Return name, given and new value of each element of ``changed_elements``; of A3 the names of
    the community that were given, and the guide's."""
    given, line = street_of(submitted), street_of(standardized)
    community = standardized.msag_community or standardized.a3
    values = {
        "A1": (submitted.a1, standardized.a1),
        "A3": (" / ".join(communities(submitted)), community),
        "PRD": (given.prd, line.prd),
        "RD": (given.name, line.name),
        "STS": (given.sts, line.sts),
        "POD": (given.pod, line.pod),
        "HNO": (submitted.hno, standardized.hno),
        "HNS": (submitted.hns, standardized.hns),
        "PC": (submitted.pc, standardized.pc),
    }
    return tuple((name, *values[name]) for name in changed_elements(submitted, standardized))


class MSAG:
    """A guide in memory, indexed by state and street name."""

    def __init__(self, ranges: Iterable[MSAGRange]) -> None:
        self._streets: dict[tuple[str, str], list[MSAGRange]] = defaultdict(list)
        self._names: dict[tuple[str, str], set[str]] = defaultdict(set)
        for each in ranges:
            state, name = fold(each.state), each.canonical_street().name
            self._streets[state, name].append(each)
            self._names[state, place(each.community)].add(name)
        self._states = {state for state, _ in self._names}

    def check(self, address: StreetAddress) -> MSAGAnswer:
        """Return what the guide says about the address; the in-building part plays no role."""
        if missing := _missing(address):
            reasons = tuple(f"{name}: missing" for name in missing)
            return MSAGAnswer(Verdict.INVALID, reasons, dict.fromkeys(missing, "invalid"))
        state, wanted = fold(address.a1), street_of(address)
        if state not in self._states:
            return _invalid("A1", f"the guide has no street in {address.a1}")
        ranges = self._streets.get((state, wanted.name), [])
        if not ranges:
            return self._similar(address, state, wanted)
        fitting = [each for each in ranges if each.takes(address.hno)]
        if not fitting:
            return _invalid("HNO", _outside(address, ranges))
        return self._choose(address, state, fitting)

    def _choose(self, address: StreetAddress, state: str, fitting: list[MSAGRange]) -> MSAGAnswer:
        """Answer from the ranges of the right street name that take the house number."""
        names = communities(address)
        graded = [(changed_elements(address, standardize(address, each)), each) for each in fitting]
        exact = [each for changed, each in graded if not changed]
        if exact:
            best = min(exact, key=lambda each: names.index(place(each.community)))
            return _found(Verdict.VALID, address, best, (f"in range {best.describe()}",))
        # A community that the guide knows was hardly meant to be another one: a person must say so.
        is_known = any((state, name) in self._names for name in names)
        plausible: list[tuple[int, MSAGRange]] = []
        offered: list[MSAGRange] = []
        for changed, each in graded:
            contradicted = _contradicted(changed, address)
            if contradicted <= 1 and not ("A3" in changed and is_known):
                plausible.append((len(changed), each))
            if contradicted <= 2:
                offered.append(each)
        fewest = min((count for count, _ in plausible), default=0)
        nearest = _distinct(address, [each for count, each in plausible if count == fewest])
        if len(nearest) == 1:
            reasons = _corrections(address, nearest[0])
            return _found(Verdict.ADJUSTED, address, nearest[0], reasons)
        if not offered:
            return _invalid("RD", f"no {street_of(address).line()} in {' or '.join(names)}")
        return _candidates(address, offered)

    def _similar(self, address: StreetAddress, state: str, wanted: Street) -> MSAGAnswer:
        """Answer for a street name that the guide lacks: like names of the same community."""
        names = communities(address)
        known = {name for each in names for name in self._names.get((state, each), ())}
        close = difflib.get_close_matches(wanted.name, sorted(known), n=3, cutoff=0.8)
        offered = [
            each
            for name in close
            for each in self._streets[state, name]
            if each.takes(address.hno) and place(each.community) in names
        ]
        reason = f"no street named {wanted.name} in {address.a1}"
        if not offered:
            return _invalid("RD", reason)
        return _candidates(address, offered, (f"RD: {reason}",))


def check(address: StreetAddress, ranges: Iterable[MSAGRange]) -> MSAGAnswer:
    """Check one address against a few ranges; for many addresses build an ``MSAG`` once."""
    return MSAG(ranges).check(address)


def _missing(address: StreetAddress) -> tuple[str, ...]:
    given = {
        "A1": address.a1,
        "A3": " ".join(communities(address)),
        "RD": address.rd,
        "HNO": address.hno,
    }
    return tuple(name for name, value in given.items() if not value.strip())


def _invalid(element: str, reason: str) -> MSAGAnswer:
    """Return an answer that stops at one element: coarser ones passed, finer ones were not seen."""
    order = ("A1", "RD", "HNO")
    passed = order[: order.index(element)]
    elements = {name: "valid" if name in passed else "unchecked" for name in _ELEMENTS}
    elements[element] = "invalid"
    return MSAGAnswer(Verdict.INVALID, (f"{element}: {reason}",), elements)


def _found(
    verdict: Verdict, address: StreetAddress, matched: MSAGRange, reasons: tuple[str, ...]
) -> MSAGAnswer:
    standardized = standardize(address, matched)
    changed = changed_elements(address, standardized)
    elements = {name: "adjusted" if name in changed else "valid" for name in _ELEMENTS}
    if not matched.postal_code:
        elements["PC"] = "unchecked"
    return MSAGAnswer(verdict, reasons, elements, standardized, matched=matched)


def _candidates(
    address: StreetAddress, ranges: list[MSAGRange], reasons: tuple[str, ...] = ()
) -> MSAGAnswer:
    offered = _distinct(address, ranges)
    return MSAGAnswer(
        Verdict.CANDIDATES,
        reasons + tuple(f"candidate: {each.describe()}" for each in offered),
        candidates=tuple(standardize(address, each) for each in offered),
    )


def _corrections(address: StreetAddress, matched: MSAGRange) -> tuple[str, ...]:
    """Return one line per changed element with what was given and what the guide has."""
    standardized = standardize(address, matched)
    return tuple(
        f"{name}: {old or 'nothing'} given, {new or 'nothing'} in the guide"
        for name, old, new in corrections(address, standardized)
    )


def _contradicted(changed: tuple[str, ...], address: StreetAddress) -> int:
    """Return how many changed elements the address had stated otherwise, not merely left out."""
    given = street_of(address)
    left_out = {"PRD": not given.prd, "STS": not given.sts, "POD": not given.pod}
    return sum(not left_out.get(name, False) for name in changed)


def _outside(address: StreetAddress, ranges: list[MSAGRange]) -> str:
    names = communities(address)
    near = [each for each in ranges if place(each.community) in names] or ranges
    more = "; …" if len(near) > 4 else ""
    listed = "; ".join(each.describe() for each in near[:4])
    return f"{address.hno} is in no range of the street: {listed}{more}"


def _distinct(address: StreetAddress, ranges: list[MSAGRange]) -> list[MSAGRange]:
    """Return one range per resulting address: overlapping ranges of a street are one proposal."""
    first: dict[str, MSAGRange] = {}
    for each in ranges:
        first.setdefault(standardize(address, each).normal_form(), each)
    return list(first.values())


def _same_postal_code(one: str, other: str) -> bool:
    # ZIP+4 and ZIP are the same place here; Canadian codes come with and without the blank.
    first, second = (fold(text.partition("-")[0]).replace(" ", "") for text in (one, other))
    return first == second

"""What rows about regions, sites and subnets mean for the estate.

Lync keeps subnets twice: with a mask and a site for policy, and without a mask for location.  Here
they are one row, so a location's subnet finds its mask in the rows that are there.
"""

import ipaddress

from locations.domain import identifiers
from locations.importers.draft import Draft
from locations.importers.elements import canonical, home, mapped, site_named, words
from locations.importers.held import Entry
from locations.importers.rows import KEEP, NetworkSubnetRow, RegionRow, SiteRow, SubnetRow
from locations.importers.tables import Values
from locations.importers.troubles import Mistake


def region_row(draft: Draft, row: RegionRow) -> Entry:
    """Say that there is a region."""
    name = words(draft, "regions", name=row.name)["name"]
    said = words(draft, "regions", central_site=row.central_site, description=row.description)
    return draft.put("regions", name, said)


def site_row(draft: Draft, row: SiteRow) -> Entry:
    """Say that there is a site; a new one needs a region."""
    name = words(draft, "sites", name=row.name)["name"]
    said = words(
        draft,
        "sites",
        description=row.description,
        latitude=row.latitude,
        longitude=row.longitude,
        time_zone=row.time_zone,
    )
    if row.region is not KEEP and row.region:
        said["region_id"] = draft.named("regions", row.region, field="region").ref
    if row.new_region and draft.find("sites", name) is None:
        said["region_id"] = draft.put("regions", row.new_region, {}).ref
    if draft.find("sites", name) is None and "region_id" not in said:
        raise Mistake(f"The new site “{name}” has no region.", field="region", remedy="Name one.")
    return draft.put("sites", name, said)


def network_subnet_row(draft: Draft, row: NetworkSubnetRow) -> Entry:
    """Say to which site a network belongs."""
    cidr = _cidr(row.network, row.mask)
    said: Values = words(draft, "subnets", description=row.description)
    said["site_id"] = site_named(draft, row.site)
    alike = _by_network_id(draft).setdefault(cidr.partition("/")[0], [])
    if cidr not in alike:
        alike.append(cidr)
    return draft.put("subnets", cidr, said)


def subnet_row(draft: Draft, row: SubnetRow) -> Entry:
    """Say where the devices of a network are."""
    cidr = _known_cidr(draft, row.network)
    found = draft.find("subnets", cidr)
    site = found.values["site_id"] if found else _site_of_new(draft, cidr, row)
    said = mapped(draft, row.location, site) | words(draft, "subnets", description=row.description)
    return draft.put("subnets", cidr, said, birth={"site_id": site})


def _cidr(network: str, mask: str) -> str:
    _not_empty(network)
    text = network.strip() if "/" in network or not mask else f"{network.strip()}/{mask.strip()}"
    return canonical(identifiers.network, text, "network")


def _not_empty(network: str) -> None:
    if not network.strip():
        raise Mistake(
            "The subnet is empty.",
            field="network",
            remedy="Write the network id, for example 10.1.1.0, after this parameter or in this "
            "column.",
        )


def _by_network_id(draft: Draft) -> dict[str, list[str]]:
    index = draft.shelf.get("network ids")
    if index is None:
        index = draft.shelf["network ids"] = {}
        for cidr in draft.whole("subnets").stored:
            index.setdefault(cidr.partition("/")[0], []).append(cidr)
        for cidr, entry in draft.whole("subnets").entries.items():
            if entry.ref < 0:
                index.setdefault(cidr.partition("/")[0], []).append(cidr)
    return index


def _known_cidr(draft: Draft, network: str) -> str:
    """Return the network that a bare network id means: Lync's LIS has no masks."""
    _not_empty(network)
    if "/" in network:
        return _cidr(network, "")
    address = canonical(identifiers.ip, network, "network")
    known = [
        cidr
        for cidr in _by_network_id(draft).get(address, ())
        if draft.find("subnets", cidr) is not None
    ]
    mask = draft.options.get("mask", "").lstrip("/")
    if mask:
        asked = canonical(identifiers.network, f"{address}/{mask}", "network")
        if asked in known or not known:
            return asked
    if known:
        return known[0] if len(known) == 1 else _told_apart(draft, address, known)
    raise Mistake(
        f"The mask of subnet {address} is not known.",
        field="network",
        value=network,
        remedy="Give the prefix length, for example 24 (--mask 24); or import the network subnets "
        "(Identity, Mask, SiteID) in the same run.",
    )


def _told_apart(draft: Draft, address: str, known: list[str]) -> str:
    """Return the network that a network id means of several that begin there; a remark says so.

    It is the one that an export writes, the longest prefix that is mapped, so that what was
    exported comes back to where it was.  Where none is mapped, the longest prefix: devices in the
    others may be elsewhere.  An excluded one is meant only if there is no other.
    """

    def rank(cidr: str) -> tuple[bool, bool, int]:
        entry = draft.find("subnets", cidr)
        assert entry is not None  # these were just found
        values = entry.values
        is_mapped = values["erl_id"] is not None
        return is_mapped, not values["excluded"], int(cidr.partition("/")[2])

    *others, chosen = sorted(known, key=rank)
    state = "the longest prefix that has a location"
    if not rank(chosen)[0]:
        state = "the longest prefix; none of them has a location"
    draft.remarks.append(
        f"several subnets begin at {address}: {chosen} is meant ({state}), "
        f"not {', '.join(sorted(others))}; --mask names another"
    )
    return chosen


def _site_of_new(draft: Draft, cidr: str, row: SubnetRow) -> int:
    """Return the site of a new subnet: as asked for, of the enclosing subnet, of the address."""
    if not draft.options.get("site"):
        network = ipaddress.ip_network(cidr)
        for length in _lengths(draft):
            if length < network.prefixlen:
                enclosing = draft.find("subnets", str(network.supernet(new_prefix=length)))
                if enclosing is not None:
                    return int(enclosing.values["site_id"])
    return home(draft, row.location)


def _lengths(draft: Draft) -> list[int]:
    """Return the prefix lengths that there are, longest first."""
    lengths: list[int] | None = draft.shelf.get("prefix lengths")
    if lengths is None:
        held = draft.whole("subnets")
        known = {int(cidr.partition("/")[2]) for cidr in (*held.stored, *held.entries)}
        lengths = draft.shelf["prefix lengths"] = sorted(known, reverse=True)
    return lengths

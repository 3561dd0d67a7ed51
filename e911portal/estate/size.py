"""How large an estate is: as many of everything as an organisation with so many ports has."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Rows to make per kind.

    ``ports`` are rows of the draft; a stack publishes each of its ports once per member.
    """

    ports: int
    bssids: int
    subnets: int
    erls: int
    sites: int
    addresses: int
    endpoints: int
    users: int

    @classmethod
    def of(
        cls,
        ports: int = 500_000,
        *,
        bssids: int | None = None,
        subnets: int | None = None,
        erls: int | None = None,
        sites: int | None = None,
    ) -> "Size":
        """Return the size with ``ports`` ports, and of the rest what is usual unless it is given.

        Per 500,000 ports: 100,000 BSSIDs, 50,000 subnets, 20,000 ERLs on 5,000 addresses, 200
        sites, 10,000 fixed endpoints, 50,000 users.  Raises ``ValueError`` for a number below 1.
        """
        sites = max(1, ports // 2500) if sites is None else sites
        erls = max(sites, ports // 25) if erls is None else erls
        size = cls(
            ports=ports,
            bssids=max(4, ports // 5) if bssids is None else bssids,
            subnets=max(sites, ports // 10) if subnets is None else subnets,
            erls=erls,
            sites=sites,
            addresses=max(sites, erls // 4),
            endpoints=max(1, ports // 50),
            users=max(1, ports // 10),
        )
        if min(size.ports, size.bssids, size.subnets, size.erls, size.sites) < 1:
            raise ValueError("An estate has at least one of everything.")
        if size.erls < size.sites:
            raise ValueError("An estate has at least one ERL per site.")
        return size

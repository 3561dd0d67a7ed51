"""Making a whole synthetic estate, all of it or nothing."""

import random
from typing import Any

from django.db import transaction

from e911portal.estate import places, ways_out, wiremap
from e911portal.estate.rows import Progress
from e911portal.estate.size import Size
from locations.models import NetworkSite


class Occupied(Exception):
    """There are network sites already, and nobody asked for an estate beside them."""


def build(
    size: Size, *, seed: int = 911, beside: bool = False, by: Any = None, progress: Progress
) -> None:
    """Make the estate of that size and seed in one transaction.

    The same arguments make the same rows.  Raises ``Occupied`` when there are sites and ``beside``
    is not set, ``ValueError`` when the estate is too large for its networks, and ``IntegrityError``
    when a row of it is there already.
    """
    if not beside and NetworkSite.objects.exists():
        raise Occupied("There are network sites already.")
    chance = random.Random(seed)  # noqa: S311  not for secrets: it must be the same at every run
    with transaction.atomic():
        sites = places.make(size, chance=chance, by=by, progress=progress)
        erls = places.make_erls(size, sites, chance=chance, by=by, progress=progress)
        ground = wiremap.Ground(sites, erls, chance)
        wiremap.make(size, ground, by=by, progress=progress)
        ways_out.make(size, sites, by=by, progress=progress)

"""Shapes of a PIDF-LO (RFC 5491 §5) as a point with a radius that encloses them.

Who reads a location needs one place to go to and how far off it may be.  A corner of a polygon, or
the mast of an arc band, taken for the caller's place would be wrong and look exact.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

#: The element that tells the size of a shape around its position; shapes without one are outlines.
SIZES: dict[str, str | None] = {
    "Point": None,
    "Circle": "radius",
    "Sphere": "radius",
    "Ellipse": "semiMajorAxis",
    "Ellipsoid": "semiMajorAxis",
    "ArcBand": "outerRadius",
    "Polygon": None,
    "Prism": None,
}
_METRES_PER_DEGREE = 111_320.0
_WGS84 = re.compile(r"(?:.*\D)?(4326|4979)", re.DOTALL)

Position = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Point:
    """A position in WGS 84 (EPSG 4326), in degrees; with a radius in metres it is a circle."""

    lat: float
    lon: float
    radius_m: float | None = None


def shape_xml(point: Point) -> str:
    """Return a point or circle for a document that declares the prefixes ``gml`` and ``gs``."""
    position = f"<gml:pos>{point.lat:.6f} {point.lon:.6f}</gml:pos>"
    if point.radius_m is None:
        return f'<gml:Point srsName="urn:ogc:def:crs:EPSG::4326">{position}</gml:Point>'
    return (
        f'<gs:Circle srsName="urn:ogc:def:crs:EPSG::4326">{position}'
        f'<gs:radius uom="urn:ogc:def:uom:EPSG::9001">{point.radius_m:g}</gs:radius></gs:Circle>'
    )


def dimensions(srs_name: str) -> int:
    """Return the numbers per position in a reference system, 0 for one that is not WGS 84.

    None given is EPSG 4326, which RFC 5491 has as the usual one.
    """
    known = _WGS84.fullmatch(srs_name.strip() or "4326")
    return 0 if known is None else 2 if known[1] == "4326" else 3


def positions(numbers: str, per_position: int) -> list[Position]:
    """Return the latitude and longitude of each position in a list of numbers.

    Raises ``ValueError`` for what is no number or not on earth.
    """
    values = [float(number) for number in numbers.split()]
    if len(values) < 2:
        raise ValueError(f"“{numbers}” is no position.")
    found = list(zip(values[::per_position], values[1::per_position], strict=False))
    for lat, lon in found:
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            raise ValueError(f"{lat} {lon} is not on earth.")
    return found


def enclose(outline: Sequence[Position], size_m: float | None) -> Point | None:
    """Return the point in the middle of the positions of a shape, and the radius that holds it.

    ``size_m`` is what the shape tells of itself around its one position; ``None`` for no position.
    """
    if not outline:
        return None
    if len(outline) == 1:
        size = size_m if size_m is not None and math.isfinite(size_m) and size_m > 0 else None
        return Point(*outline[0], size)
    lats, lons = [lat for lat, _ in outline], [lon for _, lon in outline]
    if max(lons) - min(lons) > 180:  # over the date line
        lons = [lon % 360 for lon in lons]
    lat, lon = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
    radius = max(_distance(lat, lon, *corner) for corner in zip(lats, lons, strict=True))
    return Point(round(lat, 6), round((lon + 180) % 360 - 180, 6), math.ceil(radius))


def _distance(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Return metres between two positions near each other."""
    east = (other_lon - lon) * math.cos(math.radians(lat))
    return math.hypot(other_lat - lat, east) * _METRES_PER_DEGREE

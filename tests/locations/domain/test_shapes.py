"""Shapes of RFC 5491 §5.2 are read as circles that hold them; never as a corner or a mast."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locations.domain import pidflo
from locations.domain.shapes import Point, enclose, positions

#: The shapes of RFC 5491 §5.2 with their numbers, by name.
POLYGON = (
    '<gml:Polygon srsName="urn:ogc:def:crs:EPSG::4326"><gml:exterior><gml:LinearRing>{}'
    "</gml:LinearRing></gml:exterior></gml:Polygon>"
)
CORNERS = ("43.311 -73.422", "43.111 -73.322", "43.111 -73.222", "43.311 -73.122",
           "43.411 -73.222", "43.411 -73.322", "43.311 -73.422")  # fmt: skip
METRES = 'uom="urn:ogc:def:uom:EPSG::9001"'


def round_shape(name: str, position: str, sizes: str, crs: str = "4326") -> str:
    return (
        f'<gs:{name} srsName="urn:ogc:def:crs:EPSG::{crs}"><gml:pos>{position}</gml:pos>{sizes}'
        f"</gs:{name}>"
    )


AXES = f"<gs:semiMajorAxis {METRES}>1275</gs:semiMajorAxis><gs:semiMinorAxis>670</gs:semiMinorAxis>"
MIDDLE = (43.261, -73.272)


def read(shape: str) -> Point | None:
    document = (
        '<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:gml="http://www.opengis.net/gml" '
        'xmlns:gs="http://www.opengis.net/pidflo/1.0" entity="pres:a@b"><tuple id="t"><status>'
        f"<geopriv><location-info>{shape}</location-info></geopriv></status></tuple></presence>"
    )
    return pidflo.read(document.encode()).location.point


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (
            '<gml:Point srsName="urn:ogc:def:crs:EPSG::4979"><gml:pos>-34.4 150.8 34</gml:pos>'
            "</gml:Point>",
            Point(-34.4, 150.8),
        ),
        (
            round_shape("Circle", "42.5463 -73.2512", "<gs:radius>\n 850.24 \n</gs:radius>"),
            Point(42.5463, -73.2512, 850.24),
        ),
        (round_shape("Ellipse", "42.5463 -73.2512", AXES), Point(42.5463, -73.2512, 1275)),
        (
            round_shape("Ellipsoid", "42.5463 -73.2512 26.3", AXES, "4979"),
            Point(42.5463, -73.2512, 1275),
        ),
        (
            round_shape("Sphere", "42.5463 -73.2512 26.3", "<gs:radius>850.24</gs:radius>", "4979"),
            Point(42.5463, -73.2512, 850.24),
        ),
        (
            round_shape(
                "ArcBand",
                "-43.5723 153.21760",
                "<gs:innerRadius>3594</gs:innerRadius><gs:outerRadius>4148</gs:outerRadius>",
            ),
            Point(-43.5723, 153.2176, 4148),
        ),
        (round_shape("Circle", "1 2", ""), Point(1, 2)),
        (round_shape("Circle", "1 2", "<gs:radius>-5</gs:radius>"), Point(1, 2)),
        (round_shape("Circle", "1 2", "<gs:radius>nan</gs:radius>"), Point(1, 2)),
        (round_shape("Circle", "200000 900000", "", "2263"), None),
        (round_shape("Circle", "1 2", "", "14326"), None),
        (POLYGON.format(""), None),
        (POLYGON.format("<gml:posList>43 -73 44</gml:posList>").replace("4326", "nowhere"), None),
    ],
    ids=["point-3d", "circle", "ellipse", "ellipsoid", "sphere", "arc-band", "no-radius",
         "negative-radius", "no-number", "another-system", "a-system-with-a-longer-name",
         "nothing", "no-system"],
)  # fmt: skip
def test_shape_is_read(shape: str, expected: Point | None) -> None:
    assert read(shape) == expected


@pytest.mark.parametrize(
    "ring",
    [
        "".join(f"<gml:pos>{corner}</gml:pos>" for corner in CORNERS),
        f"<gml:posList>{' '.join(CORNERS)}</gml:posList>",
    ],
    ids=["pos", "posList"],
)
def test_polygon_is_its_middle_and_what_holds_it(ring: str) -> None:
    found = read(POLYGON.format(ring))

    assert found
    assert (found.lat, found.lon) == MIDDLE
    assert found.radius_m == 17_183  # to the southern corners: 16.7 km south and 4 km east


def test_prism_has_three_numbers_per_position() -> None:
    corners = " ".join(f"{corner} 36.6" for corner in CORNERS)
    base = POLYGON.format(f"<gml:posList>{corners}</gml:posList>")
    base = base.replace(' srsName="urn:ogc:def:crs:EPSG::4326"', "")

    found = read(
        f'<gs:Prism srsName="urn:ogc:def:crs:EPSG::4979"><gs:base>{base}</gs:base>'
        "<gs:height>2.4</gs:height></gs:Prism>"
    )

    assert found == read(POLYGON.format(f"<gml:posList>{' '.join(CORNERS)}</gml:posList>"))


def test_polygon_over_the_date_line() -> None:
    found = enclose([(0, 179.9), (0.2, 179.9), (0.2, -179.9), (0, -179.9)], None)

    assert found
    assert (found.lat, abs(found.lon)) == (0.1, 180)
    assert found.radius_m
    assert found.radius_m < 20_000


NEAR = st.tuples(st.floats(-0.01, 0.01), st.floats(-0.01, 0.01))


@given(st.floats(-80, 80), st.floats(-179.9, 179.9), st.lists(NEAR, min_size=2, max_size=15))
def test_every_corner_is_in_the_circle(
    lat: float, lon: float, corners: list[tuple[float, float]]
) -> None:
    outline = [(lat + north, lon + east) for north, east in corners]

    found = enclose(outline, None)

    assert found
    assert found.radius_m is not None
    for north, east in outline:
        away = math.hypot(north - found.lat, (east - found.lon) * math.cos(math.radians(lat)))
        assert away * 111_320 <= found.radius_m * 1.001 + 1


@given(st.text(alphabet="0123456789.-+e naif", max_size=30), st.integers(2, 3))
def test_any_numbers_are_positions_on_earth_or_refused(numbers: str, per_position: int) -> None:
    try:
        found = positions(numbers, per_position)
    except ValueError:
        return
    assert all(-90 <= lat <= 90 and -180 <= lon <= 180 for lat, lon in found)


def test_second_address_is_the_same_place_in_another_language() -> None:
    document = (
        '<presence entity="pres:a@b"><tuple id="t"><status><geopriv><location-info>'
        "<civicAddress/><civicAddress><A3>Biel</A3><RD>Bahnhofstrasse</RD></civicAddress>"
        "<civicAddress><A3>Bienne</A3><LOC>Gare</LOC></civicAddress>"
        "</location-info></geopriv></status></tuple></presence>"
    )

    assert pidflo.read(document.encode()).location.civic == {"A3": "Biel", "RD": "Bahnhofstrasse"}

"""Street names in the one spelling in which they compare: USPS Publication 28, appendices B and C.

``North Cedar Drive``, ``N. Cedar Dr`` and ``N CEDAR DR`` are the same street.  Where the elements
of a street begin and end is decided here and nowhere else, so an address split by a person, a line
returned by a provider and a record of the Master Street Address Guide meet in the same form.
"""

import re
import unicodedata
from dataclasses import dataclass

#: Standard abbreviation first, then the spellings in use for it.
_SUFFIXES = """
ALY ALLEE ALLEY ALLY, ANX ANEX ANNEX ANNX, ARC ARCADE, AVE AV AVEN AVENU AVENUE AVN AVNUE,
BCH BEACH, BLF BLUF BLUFF, BLVD BOUL BOULEVARD BOULV, BND BEND, BR BRANCH BRNCH, BRG BRDGE BRIDGE,
BRK BROOK, BTM BOTTOM, BYP BYPA BYPAS BYPASS BYPS, BYU BAYOO BAYOU,
CIR CIRC CIRCL CIRCLE CRCL CRCLE, CLB CLUB, CLF CLIFF, CLFS CLIFFS, CMN COMMON, COR CORNER,
CORS CORNERS, CP CAMP CMP, CPE CAPE, CRES CRESCENT CRSENT CRSNT, CRK CREEK, CRSE COURSE,
CSWY CAUSEWAY CAUSWA, CT COURT, CTR CEN CENT CENTER CENTR CENTRE CNTER CNTR, CTS COURTS,
CURV CURVE, CV COVE, CYN CANYN CANYON CNYN, DL DALE, DM DAM, DR DRIV DRIVE DRV, DRS DRIVES,
DV DIV DIVIDE DVD, EST ESTATE, ESTS ESTATES, EXPY EXP EXPR EXPRESS EXPRESSWAY EXPW,
EXT EXTENSION EXTN EXTNSN, FALL, FLD FIELD, FLDS FIELDS, FLS FALLS, FLT FLAT, FRD FORD,
FRG FORG FORGE, FRK FORK, FRST FOREST FORESTS, FRY FERRY FRRY, FT FORT FRT,
FWY FREEWAY FREEWY FRWAY FRWY, GDN GARDEN GARDN GRDEN GRDN, GDNS GARDENS GRDNS, GLN GLEN,
GRN GREEN, GRV GROV GROVE, GTWY GATEWAY GATEWY GATWAY GTWAY, HBR HARB HARBOR HARBR HRBOR, HL HILL,
HLS HILLS, HOLW HLLW HOLLOW HOLLOWS HOLWS, HTS HEIGHTS HT, HVN HAVEN,
HWY HIGHWAY HIGHWY HIWAY HIWY HWAY, INLT INLET, IS ISLAND ISLND, ISLE ISLES,
JCT JCTION JCTN JUNCTION JUNCTN JUNCTON, KNL KNOL KNOLL, KY KEY, LDG LDGE LODG LODGE, LK LAKE,
LKS LAKES, LN LANE, LNDG LANDING LNDNG, LOOP LOOPS, MALL, MDW MEADOW, MDWS MEADOWS MEDOWS, MEWS,
ML MILL, MLS MILLS, MNR MANOR, MSN MISSION MISSN MSSN, MT MNT MOUNT,
MTN MNTAIN MNTN MOUNTAIN MOUNTIN MTIN, MTWY MOTORWAY, NCK NECK, OPAS OVERPASS,
ORCH ORCHARD ORCHRD, OVAL OVL, PARK PRK, PASS, PATH PATHS, PIKE PIKES,
PKWY PARKWAY PARKWY PKWAY PKY, PL PLACE, PLN PLAIN, PLNS PLAINS, PLZ PLAZA PLZA, PNE PINE,
PNES PINES, PR PRAIRIE PRR, PRT PORT, PSGE PASSAGE, PT POINT, PTS POINTS, RADL RAD RADIAL RADIEL,
RAMP, RD ROAD, RDG RDGE RIDGE, RDGS RIDGES, RDS ROADS, RIV RIVER RIVR RVR,
RNCH RANCH RANCHES RNCHS, ROW, RPDS RAPIDS, RST REST, RTE ROUTE, RUE, RUN, SHL SHOAL,
SHR SHOAR SHORE, SHRS SHOARS SHORES, SKWY SKYWAY, SMT SUMIT SUMITT SUMMIT, SPG SPNG SPRING SPRNG,
SPGS SPNGS SPRINGS SPRNGS, SPUR SPURS, SQ SQR SQRE SQU SQUARE, ST STR STREET STRT,
STA STATION STATN STN, STRA STRAV STRAVENUE STRVN, STRM STREAM STREME, TER TERR TERRACE,
TPKE TRNPK TURNPIKE TURNPK, TRAK TRACK TRACKS TRK TRKS, TRCE TRACE TRACES, TRFY TRAFFICWAY,
TRL TRAIL TRAILS TRLS, TUNL TUNEL TUNLS TUNNEL TUNNELS TUNNL, UN UNION, UPAS UNDERPASS,
VIA VDCT VIADCT VIADUCT, VIS VIST VISTA VST VSTA, VL VILLE,
VLG VILL VILLAG VILLAGE VILLG VILLIAGE, VLY VALLEY VALLY VLLY, VW VIEW, WALK WALKS, WALL, WAY WY,
WAYS, WL WELL, WLS WELLS, XING CROSSING CRSSNG, XRD CROSSROAD
"""

SUFFIXES: dict[str, str] = {
    word: words[0] for words in (group.split() for group in _SUFFIXES.split(",")) for word in words
}

DIRECTIONALS: dict[str, str] = {
    word: abbreviation
    for abbreviation, full in {
        "N": "NORTH", "S": "SOUTH", "E": "EAST", "W": "WEST",
        "NE": "NORTHEAST", "NW": "NORTHWEST", "SE": "SOUTHEAST", "SW": "SOUTHWEST",
    }.items()
    for word in (abbreviation, full)
}  # fmt: skip

_NAME_WORDS: dict[str, str] = {
    "SAINT": "ST", "FIRST": "1ST", "SECOND": "2ND", "THIRD": "3RD", "FOURTH": "4TH", "FIFTH": "5TH",
    "SIXTH": "6TH", "SEVENTH": "7TH", "EIGHTH": "8TH", "NINTH": "9TH", "TENTH": "10TH",
}  # fmt: skip

_SILENT = re.compile(r"['’`.]")
_SEPARATOR = re.compile(r"[^A-Z0-9]+")
_ORDINAL = re.compile(r"\d+(?:ST|ND|RD|TH)")
_HOUSE = re.compile(r"(\S*\d)-?([A-Z]*)")
_FRACTION = re.compile(r"\d/\d")


@dataclass(frozen=True, slots=True)
class Street:
    """A street in Publication 28 form; equal streets are equal values."""

    prd: str = ""
    name: str = ""
    sts: str = ""
    pod: str = ""

    def line(self) -> str:
        """Return the street on one line, for example ``N CEDAR DR``."""
        return " ".join(part for part in (self.prd, self.name, self.sts, self.pod) if part)


def fold(text: str) -> str:
    """Return text in capitals without accents, apostrophes and points; other marks are blanks."""
    letters = unicodedata.normalize("NFKD", text.upper()).encode("ascii", "ignore").decode()
    return _SEPARATOR.sub(" ", _SILENT.sub("", letters)).strip()


def place(text: str) -> str:
    """Return the comparable form of a community: ``Saint Louis`` and ``St. Louis`` are one."""
    words = {"SAINT": "ST", "SAINTE": "STE", "FORT": "FT", "MOUNT": "MT"}
    return " ".join(words.get(word, word) for word in fold(text).split())


def street(text: str) -> Street:
    """Return the street that a line without house number names.

    A directional or suffix is one only if a name remains beside it: ``North St`` is a street called
    North, ``Avenue N`` one called Avenue N.
    """
    words = [_NAME_WORDS.get(word, word) for word in fold(text).split()]
    prd = sts = pod = ""
    if len(words) > 1 and words[0] in DIRECTIONALS and not _only_suffix(words[1:]):
        prd = DIRECTIONALS[words.pop(0)]
    if len(words) > 1 and words[-1] in DIRECTIONALS and not _only_suffix(words[:-1]):
        pod = DIRECTIONALS[words.pop()]
    if len(words) > 1 and words[-1] in SUFFIXES:
        sts = SUFFIXES[words.pop()]
    return Street(prd, _name(words), sts, pod)


def house_and_street(line: str) -> tuple[str, str, Street]:
    """Return house number, its suffix and the street of a line such as ``12345 N Cedar Dr``.

    The number ends at its last digit (``N89W16758``, ``194-03``); letters after it or a fraction
    are its suffix.  Both are empty when the line starts with a street.
    """
    words = line.upper().replace(",", " ").split()
    if not words or _ORDINAL.fullmatch(words[0]):
        return "", "", street(line)
    house = _HOUSE.fullmatch(words[0])
    if house is None:
        return "", "", street(line)
    number, suffix = house.groups()
    rest = words[1:]
    if rest and not suffix and _FRACTION.fullmatch(rest[0]):
        suffix = rest.pop(0)
    return number, suffix, street(" ".join(rest))


def _only_suffix(words: list[str]) -> bool:
    return len(words) == 1 and words[0] in SUFFIXES


def _name(words: list[str]) -> str:
    # A one-word name keeps its direction in full: a town may have N Street and North Street.
    directions = DIRECTIONALS if len(words) > 1 else {}
    return " ".join(SUFFIXES.get(word) or directions.get(word, word) for word in words)

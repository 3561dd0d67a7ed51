"""MS-E911WS: the SOAP door of Lync and Skype for Business clients, and its WSDL.

A client reports its own subnet, address and MAC.  One without a key is placed by what it reports of
its surroundings (access point, port, subnet) and by the address that it asks from; the address and
the MAC it *names* count only from holders of a key, or everybody could look up everybody.
"""

from dataclasses import replace

from e911portal.callpath import clues, exchange, whereabouts
from e911portal.callpath.access import Caller
from e911portal.callpath.clues import Identity
from e911portal.callpath.exchange import Request, Response, problem
from e911portal.callpath.node import Node
from e911portal.core.snapshot import Snapshot
from locations.domain import identifiers
from locations.domain.resolution import Clue
from locations.e911ws import description, reader, writer
from locations.e911ws.messages import (
    SOAP_1_1,
    SOAP_1_2,
    GetLocations,
    GetLocationsInCity,
    Message,
    ReturnCode,
    SOAPFault,
)
from locations.lookup import SnapshotIndex, erls_in_city
from routing.lookup import policy_for

PATH = "/locationinformation/lisservice.svc"
#: A list that no person reads to its end; bounds the answer to less than a megabyte.
MOST_LOCATIONS = 500


def answer(request: Request, node: Node) -> Response:
    """``POST``: a SOAP answer; ``GET ?wsdl`` and ``?xsd``: how to ask."""
    if request.method == "GET":
        return _describe(request, node)
    snapshot = node.store.current()
    caller = node.admit(request, snapshot)
    try:
        message = reader.parse(request.body)
    except SOAPFault as error:
        return _fault(error)
    if isinstance(message.request, GetLocations):
        return _locations(message, message.request, caller, snapshot, node)
    return _in_city(message, message.request, caller, snapshot)


def fault(request: Request, node: Node, status: int, what: str) -> Response:
    """Say in SOAP that the message is too large, or that the answer failed."""
    code = "Client" if status == 413 else "Server"
    return _fault(SOAPFault(code, f"The request cannot be answered: {what}."))


def _locations(
    message: Message, asked: GetLocations, caller: Caller, snapshot: Snapshot | None, node: Node
) -> Response:
    if snapshot is None or not caller.may_ask_own:
        # The same answer as for a device that nobody knows: who may not ask learns nothing.
        return _answer(message, ReturnCode.NOT_FOUND, outcome="none")
    now, clue = node.clock(), _clue(asked, caller, snapshot)
    who = clues.identity_of(clue)
    if not caller.may_ask_others:
        # What it says of itself counts for later questions; what it may learn is by its address.
        node.clues.learn(replace(who, mac=asked.mac, ip=caller.source), clue, now)
        who = Identity(ip=caller.source)
    found = whereabouts.find(
        snapshot, clue, now, last_known=lambda: node.clues.last_known(who, now)
    )
    node.missed.count(found.resolution)
    erl = found.resolution.erl
    if erl is None:
        return _answer(message, ReturnCode.NOT_FOUND, outcome="none")
    places = [erl.record.get("civic") or {}]
    return _answer(message, ReturnCode.OK, places, outcome=found.resolution.tier or "none")


def _in_city(
    message: Message, asked: GetLocationsInCity, caller: Caller, snapshot: Snapshot | None
) -> Response:
    if not (asked.country and asked.state and asked.city):
        return _answer(message, ReturnCode.BAD_REQUEST, outcome="refused")
    places = []
    if snapshot and caller.may_ask_own:
        policy = policy_for(snapshot, ip=caller.source or None, user=None).policy
        places = [
            erl.record.get("civic") or {}
            for erl in erls_in_city(
                snapshot,
                asked.country,
                asked.state,
                asked.city,
                withhold=whereabouts.withholds(policy),
                limit=MOST_LOCATIONS,
            )
        ]
    code = ReturnCode.OK if places else ReturnCode.NOT_FOUND
    return _answer(message, code, places, outcome="city" if places else "none")


def _clue(asked: GetLocations, caller: Caller, snapshot: Snapshot) -> Clue:
    """Return the evidence in a request: of the asker, or of whom a key holder asks about."""
    names_another = caller.may_ask_others and (asked.ip or asked.subnet)
    address = asked.ip if names_another else caller.source
    return Clue(
        bssids=(asked.bssid,) if asked.bssid else (),
        chassis=asked.chassis,
        port=asked.port,
        port_subtype=asked.port_subtype,
        ip=_mapped(snapshot, address or None, asked.subnet),
        mac=asked.mac if caller.may_ask_others else None,
        uri=_uri(asked.entity) if caller.may_ask_others else None,
        entity=_uri(asked.entity),
    )


def _mapped(snapshot: Snapshot, address: str | None, subnet: str | None) -> str | None:
    """Return what decides the subnet: the address, or the reported subnet where that is unmapped.

    The address comes first, because a client at home may report the same private subnet as an
    office has.
    """
    index = SnapshotIndex(snapshot)
    known = (text for text in (address, subnet) if text and index.subnets(text))
    return next(known, address or subnet)


def _uri(entity: str) -> str | None:
    try:
        return identifiers.uri(entity)
    except ValueError:
        return None


def _describe(request: Request, node: Node) -> Response:
    address = node.uri(request, PATH) or PATH
    name, _, value = request.query.decode("latin-1").partition("=")
    document = None
    if name.lower() in ("wsdl", "singlewsdl"):
        document = description.wsdl(address)
    elif name.lower() == "xsd":
        document = description.schema(value, address)
    if document is None:
        return problem(404, f"POST a SOAP message to {PATH}, or GET it with ?wsdl.")
    return Response(200, document, exchange.XML, outcome="wsdl")


def _answer(
    message: Message, code: ReturnCode, places: list[dict[str, str]] | None = None, *, outcome: str
) -> Response:
    operation = type(message.request).__name__
    body = writer.answer(operation, code, message.request.entity, places or (), soap=message.soap)
    return Response(200, body, _kind(message.soap), outcome=outcome)


def _fault(error: SOAPFault) -> Response:
    # SOAP 1.1 §6.2: a fault travels with status 500; SOAP 1.2 part 2 §7.5.2: the sender's with 400.
    status = 400 if error.soap == SOAP_1_2 and error.code == "Client" else 500
    return Response(status, writer.fault(error), _kind(error.soap), outcome=f"fault_{error.code}")


def _kind(soap: str) -> bytes:
    return exchange.XML if soap == SOAP_1_1 else exchange.SOAP

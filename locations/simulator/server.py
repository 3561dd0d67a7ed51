"""The simulator as a program: options, sockets, TLS."""

import argparse
import logging
import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from locations.simulator.app import PATH, App
from locations.simulator.faults import KINDS, parse_fault
from locations.simulator.geocoding import EXAMPLE_GUIDE, Geocoder, read_guide, read_positions
from locations.simulator.operations import Operations
from locations.simulator.registry import Registry

DESCRIPTION = """\
Simulate an E9-1-1 service provider: validation and provisioning of addresses by SOAP.

The simulator speaks the DASH emergency provisioning dialect (SOAP 1.1, document/literal, HTTP
Basic) and decides by a Master Street Address Guide, so it refuses what a provider would refuse.
It is a process of its own; with the portal it shares the rule of how an address is compared with
a guide, and nothing else."""

MANUAL = f"""\
WHAT IT ANSWERS
  http://ADDR{PATH}
      POST: getAuthenticationCheck, validateLocation, addLocation, provisionLocation,
      removeLocation, removeURI, getURIs, getLocationsByURI, getProvisionedLocationByURI,
      getProvisionedLocationHistoryByURI.  GET with ?wsdl: the description of these.
  http://ADDR/healthz
      200 when it runs.

THE GUIDE
  One record of 200 characters per line, NENA 02-010 version 2.1.  “ZIP 98765” in the general-use
  field (columns 147-166) gives a range its postal code.  The bundled guide knows, among others:
      12345 N Cedar Dr, New York, NY 98765         500 S Grand Ave, Los Angeles, CA 90071
  A direction left out of “14th St” in New York gives two candidates; Hollywood Blvd in
  “Hollywood” is corrected to Los Angeles; 99999 Nowhere Blvd is refused.

FAULTS
  --fault KIND[:VALUE][@FIRST[-[LAST]]], repeatable.  FIRST and LAST count the POST requests from 1:
  @3 is the third only, @3- all from the third, @3-5 three of them; without @ all.
{chr(10).join(f"      {kind:<10} {text}" for kind, text in KINDS.items())}

EXAMPLES
  provider_simulator --rate 3 --user telecom --password secret
  provider_simulator --fault http:503@10-19          a provider that fails and comes back
  provider_simulator --addr 127.0.0.1:0 --state var/provider.json

EXIT STATUS
  0 stopped by Ctrl-C, 1 the address is taken or a file is missing, 2 wrong options or a guide that
  cannot be read.  SIGTERM ends it in good order and is what it then dies of."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options; the same ones serve ``manage.py`` and ``python -m``."""
    add = parser.add_argument
    # fmt: off
    add("--addr", default="127.0.0.1:8020", metavar="HOST:PORT",
        help="listen here; port 0 takes a free one, which the first line of output names")
    add("--msag", type=Path, default=EXAMPLE_GUIDE, metavar="FILE", help="the guide to decide by")
    add("--rate", type=float, default=0.0, metavar="N",
        help="answer HTTP 429 above N requests in a second (0: no limit)")
    add("--user", default="", help="demand this user name by HTTP Basic")
    add("--password", default="", help="… and this password")
    add("--state", type=Path, metavar="FILE", help="keep registrations in this JSON file")
    add("--lock", action="append", default=[], metavar="NUMBER",
        help="a number of another sub-account (1NPANXXXXXX), answered with LockedException")
    add("--fault", action="append", default=[], metavar="FAULT", help="see FAULTS below")
    add("--tls-cert", type=Path, metavar="PEM", help="serve HTTPS with this certificate chain")
    add("--tls-key", type=Path, metavar="PEM", help="… and this private key")
    add("--client-ca", type=Path, metavar="PEM",
        help="demand a client certificate signed by one of these")
    add("--log", action="store_true", help="write one line per request to standard error")
    # fmt: on


def serve(options: argparse.Namespace) -> None:
    """Answer until stopped; raise ValueError or OSError for unusable options."""
    if options.log:
        logging.basicConfig(format="%(asctime)s %(message)s", level=logging.INFO)
    ranges = read_guide(options.msag)
    registry = Registry(lambda: datetime.now(UTC), options.state, frozenset(options.lock))
    app = App(
        Operations(Geocoder(ranges, read_positions()), registry),
        rate=options.rate,
        credentials=(options.user, options.password) if options.user else None,
        faults=[parse_fault(text) for text in options.fault],
    )
    listener = _listen(options.addr)
    host, port = listener.getsockname()[:2]
    scheme = "https" if options.tls_cert else "http"
    shown = f"[{host}]" if ":" in host else host
    print(
        f"provider simulator: {scheme}://{shown}:{port}{PATH} "
        f"({len(ranges)} MSAG ranges, rate {options.rate or 'unlimited'})",
        flush=True,
    )
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_level="error",
        access_log=False,
        server_header=False,
        ssl_certfile=options.tls_cert,
        ssl_keyfile=options.tls_key,
        ssl_ca_certs=str(options.client_ca) if options.client_ca else None,
        ssl_cert_reqs=ssl.CERT_REQUIRED if options.client_ca else ssl.CERT_NONE,
        timeout_graceful_shutdown=1,
    )
    uvicorn.Server(config).run(sockets=[listener])


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program with command-line arguments."""
    parser = argparse.ArgumentParser(
        prog="provider_simulator",
        description=DESCRIPTION,
        epilog=MANUAL,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_arguments(parser)
    options = parser.parse_args(arguments)
    try:
        serve(options)
    except KeyboardInterrupt:
        return
    except OSError as error:
        parser.exit(1, f"provider_simulator: {error}\n")
    except ValueError as error:
        parser.error(str(error))


def _listen(address: str) -> socket.socket:
    """Return a listening socket, so that the address may be told before the first request."""
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdecimal():
        raise ValueError(f"“{address}” is not HOST:PORT")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, int(port)))
    listener.listen(128)
    return listener

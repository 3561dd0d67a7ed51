"""``python -m e911portal.callpath``: command line into environment, then the server."""

import argparse
import os
import shutil
from pathlib import Path

from e911portal import environment

DESCRIPTION = """\
The call path of e911portal: answers devices that ask where they are, and SIP edges that ask how an
emergency call leaves, from the publication in the state directory. It needs no database, no broker
and no portal, notices a new publication without a restart, and keeps the last good one for ever.
"""

MANUAL = """\
addresses:
  POST /held              HELD (RFC 5985, 6155, 7105, 7840); errors travel in HTTP 200
  GET, POST /held/l/TOKEN location URIs (RFC 6753)
  POST /locationinformation/lisservice.svc
                          MS-E911WS (Lync, Skype for Business); GET with ?wsdl describes it
  GET  /v1/location       ?bssid=&chassis=&port=&port_subtype=&ip=&mac=&uri=; none: the asker
  GET  /v1/policy         ?ip=&user=
  POST /v1/sip/route      how a call leaves; always 200 with targets, the reasons say what failed
  POST /v1/sip/events     what happened to a call; 202 when it is on disk
  POST /v1/sip/callback   whom a PSAP reaches that calls a number back
  GET  /healthz /readyz /metrics

environment:
  CALLPATH_ADDR           address to listen on (127.0.0.1:8010)
  STATE_DIR               publications/, spool/, keys/ and what a node remembers (var)
  CALLPATH_WORKERS        processes (1)
  CALLPATH_PORTAL_URL     where events are delivered (http:// and PORTAL_ADDR)
  CALLPATH_PORTAL_TOKEN   token for it; else the content of STATE_DIR/keys/callpath_token
  CALLPATH_PULL           1: fetch publications from CALLPATH_PORTAL_URL (0)
  CALLPATH_PORTAL_KEY     public key of the portal, base64; else STATE_DIR/keys/portal_public_key
  CALLPATH_URL            public address of this node, for held_uri, lis_uri and location URIs
  CALLPATH_TLS_CERTIFICATE, CALLPATH_TLS_KEY
                          files of a certificate chain and its key: serve https instead of http
  CALLPATH_TRUST_LOOPBACK 0: requests from this machine need a key or a listed network too (1)
  CALLPATH_REMEMBER       0: keep what devices report of themselves only as long as they say (1)
  TRUSTED_PROXIES         networks whose X-Forwarded-For is believed, besides the published ones
  CALLPATH_LOG_LEVEL      debug, info, warning or error (info)
  A variable NAME may also be given as NAME_FILE, the name of a file that holds it.

examples:
  python -m e911portal.callpath
  python -m e911portal.callpath --addr 0.0.0.0:8010 --workers 2 --portal-url https://e911.example.com
  python -m e911portal.callpath --pull https://e911.example.com --token=7f3a…
  curl -s '127.0.0.1:8010/v1/location?chassis=3c-4a-92-30-ec-00&port=7'

signals: SIGHUP looks for a publication and delivers events now; SIGTERM and SIGINT finish the
answers under way, keep what is queued, and end.

exit status: 0 after SIGTERM or SIGINT, 2 for a wrong option, else it could not start (1 or 3).
"""


def parser() -> argparse.ArgumentParser:
    """Return the command line; an option that is not given leaves the environment as it is."""
    line = argparse.ArgumentParser(
        prog="python -m e911portal.callpath",
        description=DESCRIPTION,
        epilog=MANUAL,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    line.add_argument("--addr", metavar="HOST:PORT", help="address to listen on")
    line.add_argument("--state-dir", metavar="DIR", help="state directory")
    line.add_argument("--workers", metavar="N", type=int, help="number of processes")
    line.add_argument(
        "--pull",
        metavar="URL",
        help="branch node: fetch signed publications from this portal and deliver events to it",
    )
    line.add_argument(
        "--portal-key",
        metavar="KEY",
        help="the portal's public key (base64); without it the first one that the portal tells is "
        "kept and believed",
    )
    line.add_argument("--portal-url", metavar="URL", help="portal that takes the events")
    line.add_argument(
        "--portal-token",
        "--token",
        metavar="TOKEN",
        help="token for the portal; other users of this machine can read it in the process list, "
        "so prefer the environment",
    )
    return line


def main() -> None:
    """Serve until told to end."""
    line = parser()
    given = line.parse_args()
    options = {
        "CALLPATH_ADDR": given.addr,
        "STATE_DIR": given.state_dir,
        "CALLPATH_WORKERS": given.workers,
        "CALLPATH_PORTAL_URL": given.pull or given.portal_url,
        "CALLPATH_PULL": "1" if given.pull else None,
        "CALLPATH_PORTAL_KEY": given.portal_key,
        "CALLPATH_PORTAL_TOKEN": given.portal_token,
    }
    # Worker processes are started afresh and read the environment only.
    os.environ.update({name: str(value) for name, value in options.items() if value is not None})
    try:
        host, port = environment.address("CALLPATH_ADDR", environment.CALLPATH_ADDR_DEFAULT)
        workers = environment.number("CALLPATH_WORKERS", 1, least=1)
        if workers > 1:
            _share_metrics(environment.state_dir() / "metrics")
        # Only here: --help and a wrong option must not wait for what a server needs.
        from e911portal.callpath import logs, server
        from e911portal.callpath.node import Settings

        Settings.from_environment().check()
        certificate, key = (
            environment.text("CALLPATH_TLS_CERTIFICATE"),
            environment.text("CALLPATH_TLS_KEY"),
        )
        server.check_certificate(certificate, key)
        logs.configure(environment.log_level("CALLPATH_LOG_LEVEL"))
    except ValueError as error:
        line.error(str(error))
    server.run(host, port, workers, certificate=certificate, key=key)


def _share_metrics(directory: Path) -> None:
    """Give the workers a directory for their counters, empty because they count from this start."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)


if __name__ == "__main__":
    main()

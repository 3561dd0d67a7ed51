"""Putting an edge's files in place, having Kamailio check them, and telling a running one."""

import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from e911portal.core.snapshot import Snapshot
from e911portal.environment import BASE_DIR
from routing import lookup
from routing.domain.table import RoutingTable
from routing.edge.fallback import fallback
from routing.edge.files import render
from routing.edge.settings import EdgeSettings

#: The fixed part of the configuration, the same at every site.
SOURCE = BASE_DIR / "deploy" / "kamailio"
_RELOADS: tuple[tuple[str, list[object]], ...] = (
    ("dispatcher.reload", []),
    ("permissions.addressReload", []),
    ("htable.reload", ["numbers"]),
    ("htable.reload", ["decisions"]),
    ("htable.reload", ["where"]),
    # What was answered by the last publication is no answer of this one.
    ("htable.flush", ["cache"]),
)
_DIALOGS = """
CREATE TABLE version (table_name VARCHAR(32) PRIMARY KEY, table_version INTEGER NOT NULL);
INSERT INTO version VALUES ('dialog', 7), ('dialog_vars', 1);
CREATE TABLE dialog (
    id INTEGER PRIMARY KEY NOT NULL, hash_entry INTEGER NOT NULL, hash_id INTEGER NOT NULL,
    callid VARCHAR(255) NOT NULL, from_uri VARCHAR(255) NOT NULL, from_tag VARCHAR(128) NOT NULL,
    to_uri VARCHAR(255) NOT NULL, to_tag VARCHAR(128) NOT NULL, caller_cseq VARCHAR(20) NOT NULL,
    callee_cseq VARCHAR(20) NOT NULL, caller_route_set VARCHAR(512), callee_route_set VARCHAR(512),
    caller_contact VARCHAR(255) NOT NULL, callee_contact VARCHAR(255) NOT NULL,
    caller_sock VARCHAR(64) NOT NULL, callee_sock VARCHAR(64) NOT NULL, state INTEGER NOT NULL,
    start_time INTEGER NOT NULL, timeout INTEGER DEFAULT 0 NOT NULL,
    sflags INTEGER DEFAULT 0 NOT NULL, iflags INTEGER DEFAULT 0 NOT NULL, toroute_name VARCHAR(32),
    req_uri VARCHAR(255) NOT NULL, xdata VARCHAR(512)
);
CREATE INDEX dialog_hash_idx ON dialog (hash_entry, hash_id);
CREATE TABLE dialog_vars (
    id INTEGER PRIMARY KEY NOT NULL, hash_entry INTEGER NOT NULL, hash_id INTEGER NOT NULL,
    dialog_key VARCHAR(128) NOT NULL, dialog_value VARCHAR(512) NOT NULL
);
CREATE INDEX dialog_vars_hash_idx ON dialog_vars (hash_entry, hash_id);
"""


class EdgeError(Exception):
    """Kamailio refuses the files, or does not answer; the text is what it said."""


def write(snapshot: Snapshot | None, settings: EdgeSettings, *, now: datetime) -> list[str]:
    """Write all files into ``settings.directory`` and return the names of those that changed.

    They are made aside and checked by Kamailio, where it is installed, before any is renamed into
    place: a running edge keeps what it has when something is wrong.  Raises ``EdgeError``.
    """
    directory = settings.directory
    directory.mkdir(parents=True, exist_ok=True)
    table = lookup.routing_table(snapshot) if snapshot else RoutingTable()
    aside = Path(tempfile.mkdtemp(prefix=".new-", dir=directory))
    try:
        _make(snapshot, table, replace(settings, directory=aside), now)
        check(aside)
        # The paths inside name the directory that they are read from.
        for name, text in render(table, settings).items():
            (aside / name).write_text(text, encoding="utf-8")
        return [path.name for path in sorted(aside.iterdir()) if _install(path, directory)]
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def check(directory: Path) -> str:
    """Have Kamailio parse the configuration in ``directory``; return its version line.

    Returns an empty text where Kamailio is not installed.  Raises ``EdgeError`` with its complaint.
    """
    program = kamailio()
    if program is None:
        return ""
    run = subprocess.run(  # noqa: S603
        [program, "-c", "-f", str(directory / "kamailio.cfg")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if run.returncode:
        lines = [line for line in run.stderr.splitlines() if "ERROR" in line or "CRITICAL" in line]
        raise EdgeError("\n".join(lines) or run.stderr[-2000:])
    version = subprocess.run([program, "-v"], capture_output=True, text=True, check=False)  # noqa: S603
    return version.stdout.splitlines()[0]


def reload(settings: EdgeSettings) -> None:
    """Have the running edge read its lists and tables anew; calls under way are not touched.

    ``local.cfg`` is read at start only: it holds addresses, and a second copy of the last resort.
    Raises ``EdgeError``.
    """
    for method, parameters in _RELOADS:
        try:
            call(settings, method, *parameters)
        except EdgeError:
            time.sleep(2)  # it takes one reload of a list a second
            call(settings, method, *parameters)


def call(settings: EdgeSettings, method: str, *parameters: object) -> object:
    """Return the result of one JSON-RPC call.  Raises ``EdgeError``."""
    message = {"jsonrpc": "2.0", "method": method, "params": list(parameters), "id": 1}
    request = urllib.request.Request(  # noqa: S310 - the scheme is ours
        settings.rpc_url, json.dumps(message).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310
            return json.loads(reply.read()).get("result")
    except urllib.error.HTTPError as error:
        raise EdgeError(f"{method}: {error.reason}") from error
    except (OSError, ValueError) as error:
        raise EdgeError(f"The edge does not answer at {settings.rpc_url}: {error}") from error


def trunks(settings: EdgeSettings) -> dict[str, bool]:
    """Return next hop → whether the running edge has it answer probes.  Raises ``EdgeError``."""
    found: dict[str, bool] = {}
    if not (settings.directory / "dispatcher.list").stat().st_size:
        return found  # Kamailio calls it an error to have none
    for entry in _named(call(settings, "dispatcher.list"), "DEST"):
        if isinstance(entry, dict):
            # The first letter: Active, Inactive, Trying (missed one probe) or Disabled.
            found[str(entry["URI"])] = str(entry["FLAGS"])[:1] in "AT"
    return found


def _named(value: object, name: str) -> Iterator[object]:
    """Yield what stands under ``name`` anywhere in a JSON value."""
    members = value.items() if isinstance(value, dict) else ()
    for key, member in members:
        if key == name:
            yield member
        else:
            yield from _named(member, name)
    for member in value if isinstance(value, list) else ():
        yield from _named(member, name)


def command(settings: EdgeSettings) -> list[str]:
    """Return the command that runs the edge in the foreground.  Raises ``EdgeError`` without it."""
    program = kamailio()
    if program is None:
        raise EdgeError(
            "Kamailio is not installed. On Debian and Ubuntu: apt install kamailio "
            "kamailio-utils-modules kamailio-extra-modules kamailio-sqlite-modules "
            "kamailio-tls-modules"
        )
    directory = settings.directory
    return [
        program, "-DD", "-E", "-f", str(directory / "kamailio.cfg"),
        "-Y", str(directory), "-w", str(directory), "-M", "16",
    ]  # fmt: skip


def kamailio() -> str | None:
    """Return the path of Kamailio, which Debian keeps out of users' search path."""
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])
    return shutil.which("kamailio", path=search)


def prepare_dialogs(path: Path) -> None:
    """Make the file that running calls are kept in over a restart, anew where it is damaged.

    A damaged file would keep Kamailio from starting; a forgotten call is only not reported.
    """
    try:
        with sqlite3.connect(path) as db:
            sound = db.execute("PRAGMA quick_check").fetchone() == ("ok",)
            rows = db.execute("SELECT table_version FROM version WHERE table_name = 'dialog'")
            if sound and rows.fetchone() == (7,):
                return
    except sqlite3.Error:
        pass
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as db:
        db.executescript(_DIALOGS)


def _make(
    snapshot: Snapshot | None, table: RoutingTable, settings: EdgeSettings, now: datetime
) -> None:
    directory = settings.directory
    for path in SOURCE.glob("*.cfg"):
        shutil.copyfile(path, directory / path.name)
    for name, text in render(table, settings).items():
        (directory / name).write_text(text, encoding="utf-8")
    fallback(snapshot, now=now).write(directory / "fallback.sqlite")
    prepare_dialogs(directory / "dialogs.sqlite")


def _install(path: Path, directory: Path) -> bool:
    """Move a file into place unless it is there already; return whether it changed."""
    target = directory / path.name
    if path.name == "dialogs.sqlite":
        if target.exists():
            return False
    elif target.exists() and target.read_bytes() == path.read_bytes():
        return False
    path.replace(target)
    return True

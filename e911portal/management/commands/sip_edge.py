"""`manage.py sip_edge`."""

import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from e911portal.core.snapshot import Snapshot, SnapshotStore
from routing.edge import installation
from routing.edge.installation import EdgeError
from routing.edge.settings import EdgeSettings

#: How often --watch looks for a new publication.
WATCH_SECONDS = 1.0


class Command(BaseCommand):
    help = (
        "The files of the SIP edge (Kamailio), rendered from the active publication. They are "
        "written aside, checked by Kamailio and then moved into place; a running edge is told to "
        "read its trunks and fallback decisions anew, without a call being touched. Needs no "
        "database. Exit status 1: Kamailio refuses the files, or does not answer."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument(
            "--write-config",
            nargs="?",
            const="",
            metavar="DIR",
            help="write the files into DIR (STATE_DIR/kamailio)",
        )
        parser.add_argument("--check", action="store_true", help="have Kamailio parse the files")
        parser.add_argument("--reload", action="store_true", help="tell the running edge")
        parser.add_argument("--trunks", action="store_true", help="show which trunks answer probes")
        parser.add_argument("--json", action="store_true", help="print --trunks as JSON")
        parser.add_argument(
            "--watch", action="store_true", help="write and reload at every publication, for ever"
        )
        parser.add_argument(
            "--run", action="store_true", help="write the files and become Kamailio, in front"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            edge = EdgeSettings.from_environment()
        except ValueError as error:
            raise CommandError(str(error)) from error
        if options["write_config"]:
            edge = replace(edge, directory=Path(options["write_config"]).resolve())
        asked = ("check", "reload", "trunks", "watch", "run")
        if options["write_config"] is None and not any(options[name] for name in asked):
            raise CommandError("Say what to do, for example --write-config --reload.")
        try:
            if options["write_config"] is not None:
                self._write(edge)
            if options["check"]:
                version = installation.check(edge.directory)
                self.stdout.write(version or "Kamailio is not installed, nothing was checked.")
            if options["reload"]:
                installation.reload(edge)
            if options["trunks"]:
                self._trunks(edge, as_json=options["json"])
        except EdgeError as error:
            raise CommandError(str(error)) from error
        if options["watch"]:
            self._watch(edge)
        if options["run"]:
            self._run(edge)

    def _write(self, edge: EdgeSettings, snapshot: Snapshot | None = None) -> None:
        snapshot = snapshot or _store().current()
        changed = installation.write(snapshot, edge, now=timezone.now())
        source = f"publication {snapshot.number}" if snapshot else "no publication"
        self.stdout.write(f"{edge.directory}: {source}, changed: {', '.join(changed) or 'nothing'}")

    def _trunks(self, edge: EdgeSettings, *, as_json: bool) -> None:
        states = installation.trunks(edge)
        if as_json:
            self.stdout.write(json.dumps(states, indent=2))
            return
        for hop, answers in states.items():
            self.stdout.write(f"{hop}  {'answers' if answers else 'DOWN, tried last'}")

    def _watch(self, edge: EdgeSettings) -> None:
        store = _store()
        done: int | None = None
        while True:
            snapshot = store.current()
            if snapshot and snapshot.number != done:
                try:
                    self._write(edge, snapshot)
                    if installation.kamailio():
                        installation.reload(edge)
                    done = snapshot.number
                except EdgeError as error:
                    self.stderr.write(f"{error}\nThe edge keeps what it has; tried again.")
                    time.sleep(10)
            time.sleep(WATCH_SECONDS)

    def _run(self, edge: EdgeSettings) -> None:
        try:
            command = installation.command(edge)
            try:
                self._write(edge)
            except EdgeError as error:
                # What ran yesterday is better than no edge.
                if not (edge.directory / "kamailio.cfg").exists():
                    raise
                self.stderr.write(f"{error}\nStarting with the files of before.")
            installation.prepare_dialogs(edge.directory / "dialogs.sqlite")
        except EdgeError as error:
            raise CommandError(str(error)) from error
        self.stdout.flush()
        os.execv(command[0], command)  # noqa: S606


def _store() -> SnapshotStore:
    return SnapshotStore(settings.PUBLICATIONS_DIR)

"""`manage.py resolve`."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from e911portal import simulation
from e911portal.management.asked import add_snapshot_arguments, asked_snapshot

HELP = {
    "bssid": "BSSID of the access point; several separated by commas, the best first",
    "chassis": "LLDP chassis id of the switch",
    "port": "LLDP port id",
    "port_subtype": "LLDP port id subtype, 1 to 7",
    "ip": "IP address of the device",
    "mac": "MAC address of the device",
    "uri": "SIP URI or number of the device or its user",
}


class Command(BaseCommand):
    help = (
        "Show where a device is, and why: the answer that the call path gives to the same clues, "
        "from the active publication or, with --draft, as it would be after publishing. "
        "Exit status 0: located; 3: not located; 1: a clue is not in its form."
    )

    def add_arguments(self, parser: Any) -> None:
        for name in simulation.CLUES:
            parser.add_argument(f"--{name.replace('_', '-')}", default="", help=HELP[name])
        add_snapshot_arguments(parser)
        parser.add_argument("--json", action="store_true", help="print the answer as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        clue = {name: options[name] for name in simulation.CLUES}
        if not any(clue.values()):
            raise CommandError("Give at least one clue, for example --ip 10.1.1.20.")
        with asked_snapshot(draft=options["draft"], at=options["at"]) as (snapshot, now):
            try:
                answer = simulation.resolve(snapshot, clue, now=now)
            except ValueError as error:
                raise CommandError(str(error)) from error
        self.stdout.write(
            json.dumps(answer, indent=2, ensure_ascii=False) if options["json"] else as_text(answer)
        )
        if not answer["located"]:
            raise SystemExit(3)


def as_text(answer: dict[str, Any]) -> str:
    """Return a location answer for a terminal."""
    if answer["located"]:
        civic = " ".join(f"{name}={text}" for name, text in answer["civic"].items())
        head = [
            f"{answer['erl']['name']} ({answer['erl']['site']}), by {answer['tier']} "
            f"{answer['matched']}, {answer['confidence']}",
            f"  {civic}",
        ]
    else:
        head = ["Not located."]
    return "\n".join(
        [
            *head,
            f"Publication {answer['publication']}, because",
            *(f"  {reason}" for reason in answer["reasons"]),
            *(
                f"  else {runner['erl']} by {runner['tier']} {runner['matched']}"
                for runner in answer["runners_up"]
            ),
        ]
    )

"""`manage.py trace_call`."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from e911portal import simulation
from e911portal.management.asked import add_snapshot_arguments, asked_snapshot


class Command(BaseCommand):
    help = (
        "Show what would happen if this caller dialled this number now: is it an emergency, which "
        "location policy applies, where the caller is, by which trunks the call leaves and with "
        "which number, who is told. Places no call. Exit status 0: an emergency call with a way "
        "out; 3: not an emergency call; 1: the request cannot be read, or no way out."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("dialled", help="what is dialled, for example 911 or 9911")
        parser.add_argument("--from", dest="from_uri", default="", help="SIP URI of the caller")
        parser.add_argument("--ip", default="", help="IP address the caller's phone is at")
        parser.add_argument("--bssid", default="", help="BSSID its access point has")
        parser.add_argument("--chassis", default="", help="LLDP chassis id of its switch")
        parser.add_argument("--port", default="", help="LLDP port id of its outlet")
        parser.add_argument("--mac", default="", help="its MAC address")
        add_snapshot_arguments(parser)
        parser.add_argument("--json", action="store_true", help="print the whole decision as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        call = {
            "ruri": f"sip:{options['dialled']}@edge.invalid",
            "from_uri": options["from_uri"],
            "src_ip": options["ip"],
            **{name: options[name] for name in ("ip", "bssid", "chassis", "port", "mac")},
        }
        with asked_snapshot(draft=options["draft"], at=options["at"]) as (snapshot, now):
            try:
                decision = simulation.trace(
                    snapshot,
                    {name: text for name, text in call.items() if text},
                    now=now,
                )
            except ValueError as error:
                raise CommandError(str(error)) from error
        self.stdout.write(
            json.dumps(decision, indent=2, ensure_ascii=False)
            if options["json"]
            else as_text(decision)
        )
        if not decision["emergency"]:
            raise SystemExit(3)
        if not decision["targets"]:
            raise SystemExit(1)


def as_text(decision: dict[str, Any]) -> str:
    """Return a routing decision for a terminal."""
    if not decision["emergency"]:
        head = ["Not an emergency call."]
    else:
        place = decision["location"].get("erl") or "no location"
        head = [
            f"{'Test call' if decision['test_call'] else 'Emergency call'}, "
            f"policy {decision['policy']} ({decision['tag']})",
            f"Location: {place['name'] if isinstance(place, dict) else place} "
            f"({decision['confidence']})",
        ]
        head += [
            f"{position}. {target['id']}: {target['uri']} via {target['dst']}, from "
            f"{target['from_uri']}, {'with' if target['send_pidf'] else 'without'} PIDF-LO"
            for position, target in enumerate(decision["targets"], start=1)
        ]
        head += [f"Told: {uri}" for uri in decision["notify"]]
        if decision["conference"]:
            head.append("Conference: {uri} ({mode})".format(**decision["conference"]))
    return "\n".join(
        [
            *head,
            f"Publication {decision['publication']}, because",
            *(f"  {reason}" for reason in decision["reasons"]),
        ]
    )

"""``manage.py create_token``: a token for the REST API, shown once."""

import json
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from e911portal.core import audit
from e911portal.core.models import APIToken


class Command(BaseCommand):
    """Issues a token that carries the rights of a user."""

    help = (
        "Make a token for the REST API and print its secret, which is stored as a hash and never "
        "shown again. The token has the rights of its user. Send it in the header "
        "“Authorization: Token <secret>”. Exit code 1 when the user does not exist or has a token "
        "of that name already."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", required=True, help="user name of the owner")
        parser.add_argument("--name", required=True, help="what the token is for, once per user")
        parser.add_argument("--days", type=int, default=90, help="days until it expires (90)")
        parser.add_argument("--read-only", action="store_true", help="may read, never write")
        parser.add_argument("--json", action="store_true", help="print all facts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the token in one transaction with its audit row."""
        users = get_user_model()
        try:
            owner = users.objects.get_by_natural_key(options["user"])
        except users.DoesNotExist as error:
            raise CommandError(f"There is no user “{options['user']}”.") from error
        if options["days"] < 1:
            raise CommandError("--days must be 1 or more.")
        try:
            with transaction.atomic():
                row, secret = APIToken.issue(
                    user=owner,
                    name=options["name"],
                    lifetime=timedelta(days=options["days"]),
                    is_read_only=options["read_only"],
                )
                audit.record("created", row, by=None, after=audit.field_values(row))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        if options["json"]:
            facts = {
                "token": secret,
                "name": row.name,
                "user": owner.get_username(),
                "read_only": row.is_read_only,
                "expires_at": row.expires_at.isoformat(),
            }
            self.stdout.write(json.dumps(facts))
            return
        self.stderr.write(f"Expires {row.expires_at:%Y-%m-%d}. The secret is not shown again:")
        self.stdout.write(secret)

"""`manage.py rollback`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from e911portal import publishing
from e911portal.core.models import Publication
from e911portal.core.snapshot import SnapshotError


class Command(BaseCommand):
    help = (
        "Answer devices from an earlier publication again, within milliseconds. The draft stays as "
        "it "
        "is, and shows what it is ahead. Exit status 0: done; 1: there is no such publication, or "
        "its file is gone or damaged."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("number", type=int, help="number of the publication to go back to")

    def handle(self, *args: Any, number: int, **options: Any) -> None:
        try:
            publication = publishing.rollback(number=number, by=None)
        except Publication.DoesNotExist as error:
            kept = Publication.objects.filter(state=Publication.State.SUPERSEDED).order_by(
                "-number"
            )
            numbers = ", ".join(
                str(kept_number) for kept_number in kept.values_list("number", flat=True)
            )
            raise CommandError(
                f"There is no publication {number} to go back to. Kept: {numbers or 'none'}."
            ) from error
        except SnapshotError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{publication} is active again.")

"""``manage.py reencrypt``: stored secrets under the present key."""

import sys
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import transaction

from e911portal.core import audit
from e911portal.core.fields import Sealed
from e911portal.core.wording import how_many


class Command(BaseCommand):
    """Reads every secret with the key that opens it, writes it with the present one."""

    help = (
        "Encrypt every stored secret again, under the present FIELD_ENCRYPTION_KEY. The step of a "
        "rotation between listing the earlier key in FIELD_ENCRYPTION_KEYS_OLD and forgetting it. "
        "All in one transaction. Exit status 0: done; 3: some secrets are under a key that is not "
        "listed; they are named, and stay as they are."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write them all, name those that no key opens."""
        done, sealed = 0, []
        with transaction.atomic():
            for model in apps.get_models():
                columns = model._meta.concrete_fields
                names = [field.name for field in columns if getattr(field, "is_secret", False)]
                rows = model._base_manager.select_for_update().order_by("pk") if names else ()
                for row in rows:
                    stored = {name: getattr(row, name) for name in names if getattr(row, name)}
                    sealed += [v.label for v in stored.values() if isinstance(v, Sealed)]
                    opened = {n: v for n, v in stored.items() if not isinstance(v, Sealed)}
                    if opened:
                        model._base_manager.filter(pk=row.pk).update(**opened)
                        audit.record("reencrypted", row, by=None)
                        done += len(opened)
        self.stdout.write(f"{how_many(done, 'secret is', 'secrets are')} under the present key.")
        if sealed:
            self.stdout.write(
                f"{len(sealed)} are under another one: {', '.join(sorted(set(sealed)))}. List it "
                "in FIELD_ENCRYPTION_KEYS_OLD, or enter them again."
            )
            sys.exit(3)

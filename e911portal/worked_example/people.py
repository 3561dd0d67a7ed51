"""The example's logins, rights and security desks, and the call path's own token."""

import os
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission
from django.utils import timezone
from guardian.shortcuts import assign_perm

from e911portal import environment
from e911portal.core.access import token_digest
from e911portal.core.models import AccessNetwork, APIToken
from e911portal.worked_example.rows import ensure
from locations.models import NetworkSite
from notifications.models import SecurityDesk, Subscription

LOGINS = {
    "admin": "Everything",
    "ny-telecom": "Telecom staff of New York: sees and edits what stands on NY1",
    "ny-desk": "Security officer of New York",
    "la-desk": "Security officer of Los Angeles",
    "auditor": "Reads everything, changes nothing",
}


def password() -> str:
    """Return the password of the example's logins, made on first use and kept in ``STATE_DIR``."""
    return environment.generated_secret("DEMO_PASSWORD", entropy_bytes=12)


@cache
def _hashed(text: str) -> str:
    # It is one password for all five logins, and hashing is made to take long.
    return make_password(text)


def administrator() -> Any:
    """Return the administrator, made if missing."""
    user, made = get_user_model().objects.get_or_create(
        username="admin",
        defaults={
            "is_staff": True,
            "is_superuser": True,
            "first_name": "Alex",
            "last_name": "Admin",
        },
    )
    if made:
        user.password = _hashed(password())
        user.save()
    return user


def load(*, by: Any) -> None:
    """Make what is missing of logins, rights, desks, and the token of the call path."""
    new_york = NetworkSite.objects.get(name="NY1")
    los_angeles = NetworkSite.objects.get(name="LA1")
    telecom = _login("ny-telecom", "Nora", "Telecom")
    assign_perm("locations.change_networksite", telecom, new_york)
    auditors, _ = Group.objects.get_or_create(name="Auditors")
    auditors.permissions.set(Permission.objects.filter(codename__startswith="view_"))
    _login("auditor", "Ada", "Auditor").groups.add(auditors)
    for site, city, login, names in (
        (new_york, "New York", "ny-desk", ("Sam", "Officer")),
        (los_angeles, "Los Angeles", "la-desk", ("Lee", "Officer")),
    ):
        officer = _login(login, *names)
        assign_perm("locations.view_networksite", officer, site)
        desk = ensure(SecurityDesk, by, key={"name": f"{city} security desk"})
        desk.sites.add(site)
        desk.members.add(officer)
        ensure(Subscription, by, key={"desk": desk, "site": site})
    ensure(
        AccessNetwork,
        by,
        key={"cidr": "10.0.0.0/8", "role": AccessNetwork.Role.DEVICES},
        description="All offices",
    )
    _callpath_token()


def _login(username: str, first_name: str, last_name: str) -> Any:
    user, made = get_user_model().objects.get_or_create(
        username=username, defaults={"first_name": first_name, "last_name": last_name}
    )
    if made:
        user.password = _hashed(password())
        user.save()
    return user


def _callpath_token() -> None:
    """Give the call path next door the token with which it delivers call events, and nothing
    else."""
    path: Path = settings.STATE_DIR / "keys" / "callpath_token"
    user, _ = get_user_model().objects.get_or_create(username="callpath")
    user.user_permissions.add(Permission.objects.get(codename="add_callevent"))
    if path.exists():
        digest = token_digest(path.read_text(encoding="ascii").strip())
        if APIToken.objects.filter(digest=digest, expires_at__gt=timezone.now()).exists():
            return
    user.api_tokens.filter(name="call path").delete()
    _, secret = APIToken.issue(user=user, name="call path", lifetime=timedelta(days=3650))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_suffix(f".{os.getpid()}")
    aside.touch(mode=0o600)
    aside.write_text(secret, encoding="ascii")
    aside.replace(path)

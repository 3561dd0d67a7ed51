"""Logging in, with a limit to guessing.

Failures are counted in the database, so that all processes count together:

* of one account from one address, so that nobody tries a list of passwords;
* of one address, so that nobody tries one password on a list of accounts;
* of one account from addresses at which it never logged in, so that many machines gain nothing.

The last two spare who has logged in from that address before: nobody keeps an officer away from
the machine of the desk by failing elsewhere.  Sessions that exist are never touched.
"""

import ipaddress
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from e911portal.core import jobs
from e911portal.core.models import LoginAttempt

WINDOW = timedelta(minutes=15)
#: Failures within the window after which nothing is tried any more.
PAIR_LIMIT, ADDRESS_LIMIT, ACCOUNT_LIMIT = 10, 100, 50
#: How long an address counts as one at which the account has logged in.
KEPT = timedelta(days=90)


class LimitedBackend(ModelBackend):
    """Django's accounts and passwords; guessing is limited at every door that asks for them."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """Return the user, None for a wrong password.

        Raises ``PermissionDenied``, without looking at the password, beyond the limits.
        """
        if username is None or password is None:
            return None
        account, address = _account(username), client_address(request)
        if _is_limited(account, address, timezone.now()):
            raise PermissionDenied
        user = super().authenticate(request, username=username, password=password, **kwargs)
        LoginAttempt.objects.create(account=account, address=address, succeeded=user is not None)
        return user


class LoginForm(AuthenticationForm):
    """The form at the door; says so when the limit is reached, and nothing about the password."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "limited": "Too many failed attempts. Wait 15 minutes, then try again. Emergency calls "
        "and desks that are logged in go on.",
    }

    def get_invalid_login_error(self) -> ValidationError:
        """Return why nobody is let in."""
        account = _account(self.cleaned_data.get("username") or "")
        if _is_limited(account, client_address(self.request), timezone.now()):
            return ValidationError(self.error_messages["limited"], code="limited")
        return super().get_invalid_login_error()


class Login(LoginView):
    """The door: 422 for what is wrong, 429 (RFC 6585 section 4) beyond the limits."""

    form_class = LoginForm
    template_name = "login.html"

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the form again, with its reason."""
        response = super().form_invalid(form)
        limited = form.has_error("__all__", "limited")
        response.status_code = 429 if limited else 422
        if limited:
            response["Retry-After"] = str(int(WINDOW.total_seconds()))
        return response


def client_address(request: HttpRequest | None) -> str:
    """Return who is at the other end, seen past the proxies in ``TRUSTED_PROXIES``; of IPv6 the
    network (/64) that one machine may use as it likes.  Empty when nobody knows."""
    if request is None:
        return ""
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop]
    source = request.META.get("REMOTE_ADDR", "")
    while hops and _is_proxy(source):
        source = hops.pop()
    try:
        address = ipaddress.ip_address(source.partition("%")[0])
    except ValueError:
        return ""
    plain = getattr(address, "ipv4_mapped", None) or address
    if plain.version == 6:
        return str(ipaddress.ip_network((plain, 64), strict=False))
    return str(plain)


def _is_proxy(source: str) -> bool:
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(text) for text in settings.TRUSTED_PROXIES)


def _account(username: str) -> str:
    # Not the name itself: people type their password there now and then.
    text = username.strip().casefold()
    return salted_hmac("e911portal.logins", text, algorithm="sha256").hexdigest()


def _is_limited(account: str, address: str, now: datetime) -> bool:
    attempts = LoginAttempt.objects.all()
    failures = attempts.filter(succeeded=False, at__gt=now - WINDOW)
    here = attempts.filter(account=account, address=address)
    last_success = here.filter(succeeded=True, at__gt=now - KEPT).order_by("-at").first()
    pair = failures.filter(account=account, address=address)
    if last_success:
        return pair.filter(at__gt=last_success.at).count() >= PAIR_LIMIT
    return (
        pair.count() >= PAIR_LIMIT
        or failures.filter(address=address).count() >= ADDRESS_LIMIT
        or failures.filter(account=account).count() >= ACCOUNT_LIMIT
    )


@jobs.every(3600)
def forget() -> None:
    """Remove attempts that no limit looks at any more."""
    LoginAttempt.objects.filter(at__lt=timezone.now() - KEPT).delete()

"""Authentication of REST clients by token in the Authorization header; only hashes are stored."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from e911portal.core.models import APIToken, token_digest

#: The time of last use is for people who tidy up; a write per request would cost too much.
_USE_NOTED_EVERY = timedelta(minutes=1)


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Token <secret>`` or ``Bearer <secret>``.

    ``request.user`` becomes the token's owner and ``request.auth`` the ``APIToken``. Raises
    ``AuthenticationFailed`` (401) for an unknown or expired token and for an owner who was
    deactivated; the three are not told apart, so that nobody learns which secrets once existed.
    """

    schemes = (b"token", b"bearer")

    def authenticate(self, request: Request) -> tuple[Any, APIToken] | None:
        """Return owner and token, or None when the header names another scheme."""
        scheme, *rest = get_authorization_header(request).split() or [b""]
        if scheme.lower() not in self.schemes:
            return None
        if len(rest) != 1:
            raise AuthenticationFailed("Write the header as: Authorization: Token <secret>")
        now = timezone.now()
        digest = token_digest(rest[0].decode("latin-1"))
        token = APIToken.objects.select_related("user").filter(digest=digest).first()
        if token is None or not token.is_usable(now):
            raise AuthenticationFailed(
                "This token is unknown or has expired. Make a new one with manage.py create_token."
            )
        if token.last_used_at is None or now - token.last_used_at >= _USE_NOTED_EVERY:
            APIToken.objects.filter(pk=token.pk).update(last_used_at=now)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge, which also makes the status 401 and not 403."""
        return 'Token realm="e911portal"'

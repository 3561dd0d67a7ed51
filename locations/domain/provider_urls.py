"""Where credentials and addresses may be sent: the URLs of validators."""

import ipaddress
from urllib.parse import urlsplit


def check_url(url: str, *, allow_plain_http: bool = False) -> None:
    """Raise ValueError, naming the remedy, unless the URL is fit for credentials and addresses.

    Only http and https are; plain http only to this machine unless allowed; and no user name in it.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"“{url}” is not a URL: {error}.") from error
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError(f"“{url}” must begin with https:// and name a host.")
    if parts.username is not None or parts.password is not None:
        raise ValueError("Leave user name and password out of the URL; they have their own fields.")
    if parts.scheme == "http" and not allow_plain_http and not _is_loopback(host):
        raise ValueError(f"“{url}” would send the password in clear. Use https://.")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

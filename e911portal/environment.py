"""The environment, read once: addresses, state directory and secrets.  Shared by the portal's
settings and by the call path, which must not import Django.

A value that cannot be used is a ``ValueError`` which names the variable, the value unless it is
secret, and the remedy."""

import ipaddress
import os
import secrets
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent


def text(name: str, default: str = "") -> str:
    """Return the variable, or the content of the file that ``<name>_FILE`` names (container
    secrets)."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        return Path(file).read_text(encoding="utf-8").strip()
    return os.environ.get(name, default)


_YES, _NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")


def flag(name: str, default: bool = False) -> bool:
    """Return the variable as a truth value: one of the words above, in any case."""
    value = os.environ.get(name)
    if value is None:
        return default
    word = value.strip().lower()
    if word not in _YES + _NO:
        raise ValueError(f"{name} is “{value}”. Write yes or no.")
    return word in _YES


def number(name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
    """Return the variable as a whole number from ``least`` to ``most``."""
    value = text(name, str(default)).strip()
    between = f"of at least {least}" if most is None else f"from {least} to {most}"
    if not value.isdecimal() or not least <= int(value) <= (most or int(value)):
        raise ValueError(f"{name} is “{value}”. Write a whole number {between}, such as {default}.")
    return int(value)


def words(name: str, default: str = "") -> list[str]:
    """Return the variable as a list, split at commas and blanks."""
    return text(name, default).replace(",", " ").split()


def log_level(name: str) -> str:
    """Return the variable as the name of a level of logging, in capitals; INFO unless given."""
    value = text(name) or "INFO"
    level = value.strip().upper()
    if level not in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
        raise ValueError(f"{name} is “{value}”. Write debug, info, warning, error or critical.")
    return level


def networks(name: str, default: str = "") -> list[str]:
    """Return the variable as a list of networks, ``192.0.2.0/24 2001:db8::1``."""
    given = words(name, default)
    for word in given:
        try:
            ipaddress.ip_network(word)
        except ValueError as error:
            raise ValueError(
                f"{name} has “{word}”: {error}. Write networks such as 10.0.0.0/8, or addresses."
            ) from None
    return given


def state_dir() -> Path:
    """Return the directory of database, snapshots, spool and keys (``STATE_DIR``)."""
    return Path(os.environ.get("STATE_DIR") or BASE_DIR / "var").resolve()


def generated_secret(name: str, *, entropy_bytes: int = 48) -> str:
    """Return the secret from the environment, else from ``STATE_DIR/keys/<name>``, made on first
    use.

    The file is created exclusively and readable by its owner only, so that parts started side by
    side agree on one secret.
    """
    given = text(name)
    if given:
        return given
    path = state_dir() / "keys" / name.lower()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        aside.touch(mode=0o600)
        aside.write_text(secrets.token_urlsafe(entropy_bytes), encoding="ascii")
        try:
            os.link(aside, path)  # atomic, and never overwrites what a sibling wrote first
        except FileExistsError:
            pass
        finally:
            aside.unlink()
    return path.read_text(encoding="ascii").strip()


def address(name: str, default: str) -> tuple[str, int]:
    """Return a listening address, ``host:port``, as its two parts.

    Raises ``ValueError`` naming the variable when the port is not a number.
    """
    value = text(name, default)
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit():
        raise ValueError(f"{name} is “{value}”. Write host:port, for example {default}.")
    return host.strip("[]"), int(port)


PORTAL_ADDR_DEFAULT = "127.0.0.1:8000"
CALLPATH_ADDR_DEFAULT = "127.0.0.1:8010"
SIP_ADDR_DEFAULT = "127.0.0.1:5060"
SIMULATOR_ADDR_DEFAULT = "127.0.0.1:8020"

"""Signatures of publications (Ed25519, RFC 8032) for nodes that fetch them.  No Django.

Signed is the number and the SHA-256 of the file, so that a node can tell both a file that was
altered on the way and an old one that is served as a newer one.
"""

import base64
import binascii
import os
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

#: File of the private key, in the directory of keys.
KEY_FILE = "publication_signing_key.pem"


class SignatureError(Exception):
    """A publication that the portal did not sign, or a key that is none; says which."""


def signing_key(directory: Path) -> Ed25519PrivateKey:
    """Return the portal's key, made on first use; only its owner can read the file."""
    path = directory / KEY_FILE
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        pem = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        aside.touch(mode=0o600)
        aside.write_bytes(pem)
        with suppress(FileExistsError):
            os.link(aside, path)  # atomic, and never overwrites what a sibling wrote first
        aside.unlink()
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise SignatureError(f"{path} is not an Ed25519 key.")
    return key


def public_key(key: Ed25519PrivateKey) -> str:
    """Return the public half as nodes are given it: 32 bytes in base64."""
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return base64.b64encode(raw).decode()


def sign(key: Ed25519PrivateKey, number: int, sha256: str) -> str:
    """Return the signature of a publication, in base64."""
    return base64.b64encode(key.sign(_message(number, sha256))).decode()


def verify(public: str, number: int, sha256: str, signature: str) -> None:
    """Raise ``SignatureError`` unless the portal with that public key signed this publication."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
    except (ValueError, binascii.Error) as error:
        raise SignatureError("The public key is not an Ed25519 key in base64.") from error
    try:
        key.verify(base64.b64decode(signature, validate=True), _message(number, sha256))
    except (InvalidSignature, ValueError, binascii.Error) as error:
        raise SignatureError(f"Publication {number} is not signed by the portal.") from error


def _message(number: int, sha256: str) -> bytes:
    return f"e911portal publication\n{number}\n{sha256}\n".encode()

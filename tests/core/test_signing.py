"""Signatures by which nodes elsewhere tell a publication of their portal."""

import stat
from pathlib import Path

import pytest

from e911portal.core import signing

SHA256 = "ab" * 32


def test_signed_publication_is_known(tmp_path: Path) -> None:
    key = signing.signing_key(tmp_path)

    signing.verify(signing.public_key(key), 42, SHA256, signing.sign(key, 42, SHA256))


@pytest.mark.parametrize(
    ("number", "sha256", "signature"),
    [(43, SHA256, None), (42, "cd" * 32, None), (42, SHA256, "AAAA"), (42, SHA256, ""),
     (42, SHA256, "not base64!")],
    ids=["an old one as a newer one", "altered", "another signature", "none", "nonsense"],
)  # fmt: skip
def test_anything_else_is_refused(
    tmp_path: Path, number: int, sha256: str, signature: str | None
) -> None:
    key = signing.signing_key(tmp_path)
    given = signing.sign(key, 42, SHA256) if signature is None else signature

    with pytest.raises(signing.SignatureError, match=f"{number} is not signed"):
        signing.verify(signing.public_key(key), number, sha256, given)


def test_signature_of_another_portal_is_refused(tmp_path: Path) -> None:
    ours, theirs = signing.signing_key(tmp_path / "a"), signing.signing_key(tmp_path / "b")

    with pytest.raises(signing.SignatureError):
        signing.verify(signing.public_key(ours), 42, SHA256, signing.sign(theirs, 42, SHA256))


def test_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    first = signing.public_key(signing.signing_key(tmp_path))

    assert signing.public_key(signing.signing_key(tmp_path)) == first
    assert stat.S_IMODE((tmp_path / signing.KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [signing.KEY_FILE]


def test_key_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(signing.SignatureError, match="not an Ed25519 key"):
        signing.verify("short", 1, SHA256, "")

"""A branch node: what it takes from its portal, what it refuses, and what it keeps."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from e911portal.callpath.portal import Portal, Refused
from e911portal.callpath.pull import KEPT, Puller
from e911portal.core import signing
from e911portal.core.snapshot import SnapshotError, SnapshotStore, digest
from tests.callpath.branch import Publisher
from tests.callpath.conftest import eventually
from tests.callpath.portal import Portal as Events
from tests.callpath.portal import takes_all
from tests.callpath.server import serving


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Publisher]:
    with Publisher(tmp_path / "portal").listening() as publisher:
        publisher.publish(42)
        yield publisher


@pytest.fixture
def puller(tmp_path: Path, publisher: Publisher) -> Puller:
    node = tmp_path / "node"
    node.mkdir()
    return Puller(Portal(publisher.url, lambda: "secret"), node, tmp_path / "keys" / "portal")


def active(tmp_path: Path) -> int | None:
    """Return the number of the publication that the node answers from after a restart."""
    snapshot = SnapshotStore(tmp_path / "node").current()
    return snapshot.number if snapshot else None


def test_publication_is_fetched_once_and_followed(
    tmp_path: Path, publisher: Publisher, puller: Puller
) -> None:
    pulled = [puller.pull(), puller.pull()]
    publisher.publish(43)
    pulled.append(puller.pull())

    assert (pulled, active(tmp_path)) == ([True, False, True], 43)
    assert publisher.asked == [200, 200, 304, 200]


def test_rollback_of_the_portal_is_followed_without_fetching(
    tmp_path: Path, publisher: Publisher, puller: Puller
) -> None:
    puller.pull()
    first = publisher.path, publisher.sha256
    publisher.publish(43)
    puller.pull()
    publisher.number, (publisher.path, publisher.sha256) = 42, first
    publisher.path.write_bytes(b"")

    puller.pull()

    assert active(tmp_path) == 42


def cut(body: bytes, _: dict[str, str]) -> bytes:
    return body[:-1000]


def broken_off(body: bytes, headers: dict[str, str]) -> bytes:
    headers["Content-Length"] = str(len(body))
    return body[: len(body) // 2]


def altered(body: bytes, _: dict[str, str]) -> bytes:
    return body.replace(b"New York Wired", b"Los Angeles Wi")


def unsigned(body: bytes, headers: dict[str, str]) -> bytes:
    headers["X-Snapshot-Signature"] = ""
    return body


def signed_for_another(body: bytes, headers: dict[str, str]) -> bytes:
    headers["X-Snapshot-Number"] = "99"
    return body


def unnamed(body: bytes, headers: dict[str, str]) -> bytes:
    del headers["X-Snapshot-SHA256"]
    return body


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (cut, "damaged or cut short"),
        (broken_off, "damaged or cut short"),
        (altered, "damaged or cut short"),
        (unsigned, "43 is not signed"),
        (signed_for_another, "99 is not signed"),
        (unnamed, "names no publication"),
    ],
)
def test_what_is_not_the_portals_is_refused_and_the_last_good_one_stays(
    tmp_path: Path, publisher: Publisher, puller: Puller, spoil: object, why: str
) -> None:
    puller.pull()
    publisher.publish(43)
    publisher.spoil = spoil  # type: ignore[assignment]

    with pytest.raises(SnapshotError, match=why):
        puller.pull()

    assert active(tmp_path) == 42
    assert [path.suffix for path in (tmp_path / "node").glob("4*")] == [".sqlite3"]


def test_another_format_is_refused(tmp_path: Path, publisher: Publisher, puller: Puller) -> None:
    puller.pull()
    publisher.publish(43)
    with sqlite3.connect(publisher.path) as db:
        db.execute("UPDATE meta SET value = '0' WHERE key = 'format_version'")
    db.close()
    publisher.sha256 = digest(publisher.path)

    with pytest.raises(SnapshotError, match="has format 0; this program reads format 1"):
        puller.pull()

    assert active(tmp_path) == 42


def test_key_is_taken_on_trust_once(tmp_path: Path, publisher: Publisher, puller: Puller) -> None:
    puller.pull()
    publisher.publish(43)
    publisher.signer = signing.signing_key(tmp_path / "thief")
    publisher.public_key = signing.public_key(publisher.signer)

    with pytest.raises(SnapshotError, match="not signed by the portal"):
        puller.pull()

    assert active(tmp_path) == 42


def test_key_that_was_given_is_the_only_one(tmp_path: Path, publisher: Publisher) -> None:
    other = signing.public_key(signing.signing_key(tmp_path / "other"))
    portal = Portal(publisher.url, lambda: "secret")

    with pytest.raises(SnapshotError, match="not signed by the portal"):
        Puller(portal, tmp_path / "node", tmp_path / "key", key=other).pull()

    assert publisher.asked == [200]


@pytest.mark.parametrize("status", [401, 404, 500])
def test_portal_that_refuses_changes_nothing(
    tmp_path: Path, publisher: Publisher, puller: Puller, status: int
) -> None:
    puller.pull()
    publisher.status = status

    with pytest.raises(Refused, match=str(status)):
        puller.pull()

    assert active(tmp_path) == 42


def test_file_that_was_damaged_here_is_fetched_again(
    tmp_path: Path, publisher: Publisher, puller: Puller
) -> None:
    puller.pull()
    (file,) = (tmp_path / "node").glob("*.sqlite3")
    file.write_bytes(file.read_bytes()[:-100])
    again = Puller(Portal(publisher.url, lambda: "secret"), tmp_path / "node", tmp_path / "k")

    assert (again.pull(), active(tmp_path)) == (True, 42)


def test_old_files_go_and_the_last_two_stay(
    tmp_path: Path, publisher: Publisher, puller: Puller
) -> None:
    numbers = range(1, KEPT + 6)
    for number in numbers:
        publisher.publish(number)
        puller.pull()

    kept = sorted(
        int(path.name.partition("-")[0]) for path in (tmp_path / "node").glob("*.sqlite3")
    )
    assert kept == list(numbers)[-KEPT - 2 :]


def test_what_a_killed_node_left_half_fetched_goes(
    tmp_path: Path, publisher: Publisher, puller: Puller
) -> None:
    (tmp_path / "node" / "41-0123456789ab.partial").write_bytes(b"half")

    puller.pull()

    assert list((tmp_path / "node").glob("*.partial")) == []


# --- the program --------------------------------------------------------------------------------


def options(url: str) -> list[str]:
    return ["--pull", url, "--token", "secret"]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_branch_outlives_its_portal(tmp_path: Path, workers: str) -> None:
    node = tmp_path / "branch"
    node.mkdir()
    with Publisher(tmp_path / "portal").listening() as publisher:
        publisher.publish(42)
        arguments = [*options(publisher.url), "--workers", workers]
        with serving(node, *arguments) as server:
            assert eventually(lambda: server.ask("/readyz")[0] == 200, 15)
            publisher.publish(43, mark=" moved")
            server.process.send_signal(1) if workers == "1" else None
            moved = eventually(lambda: server.json("/readyz")["publication"] == 43, 15)
    with serving(node, *arguments) as server:
        answer = server.json("/v1/location?ip=10.1.1.20")
        call = server.json("/v1/sip/route", {"ruri": "sip:911@x", "src_ip": "10.1.1.20"})
        ready = server.json("/readyz")

    assert moved
    assert (answer["publication"], answer["erl"]["name"]) == (43, "New York 1st Floor moved")
    assert [target["id"] for target in call["targets"]][:1] == ["provider"]
    assert ready["status"] == "ready"
    assert "publication fetched publication=43" in server.log.read_text()


def test_refused_publication_is_one_line_of_the_log(tmp_path: Path) -> None:
    node = tmp_path / "branch"
    node.mkdir()
    with Publisher(tmp_path / "portal").listening() as publisher:
        publisher.publish(42)
        with serving(node, *options(publisher.url)) as server:
            assert eventually(lambda: server.ask("/readyz")[0] == 200, 15)
            publisher.publish(43)
            publisher.spoil = unsigned
            server.process.send_signal(1)
            refused = eventually(lambda: bool(server.json("/readyz")["pull_fault"]), 15)
            asked = len(publisher.asked)
            again = eventually(lambda: len(publisher.asked) > asked, 15)
            status = server.json("/readyz")["publication"]

    lines = [line for line in server.log.read_text().splitlines() if "publication refused" in line]
    assert (refused, again, status, len(lines)) == (True, True, 42, 1)
    assert "Publication 43 is not signed by the portal" in lines[0]


def test_events_of_an_outage_arrive_once_the_portal_is_back(state: Path) -> None:
    with serving(state, portal="http://127.0.0.1:9") as server:
        server.json("/v1/sip/route", {"ruri": "sip:911@x", "src_ip": "10.1.1.20"})
        assert eventually(lambda: server.json("/readyz")["spool_depth"] == 1)
        server.kill()
    with (
        Events(takes_all).listening() as portal,
        serving(state, portal=portal.url) as server,
    ):
        assert eventually(lambda: server.json("/readyz")["spool_depth"] == 0)

    assert len(portal.ids) == len(set(portal.ids)) == 1

"""One world for all SIP tests; each test finds it mended."""

import socket
from collections.abc import Iterator

import pytest

from tests.callpath.portal import Portal
from tests.interop.programs import require
from tests.interop.sip import world as worlds
from tests.interop.sip.phone import Phone
from tests.interop.sip.world import World


@pytest.fixture(scope="session")
def sip_portal() -> Iterator[Portal]:
    """A portal that takes every event."""
    with Portal(lambda events: 201).listening() as portal:
        yield portal


@pytest.fixture(scope="session")
def _world(
    tmp_path_factory: pytest.TempPathFactory, sip_portal: Portal, pytestconfig: pytest.Config
) -> Iterator[World]:
    require("kamailio", pytestconfig)
    yield from worlds.running(World(tmp_path_factory.mktemp("sip"), sip_portal))


@pytest.fixture
def world(_world: World) -> Iterator[World]:
    """Kamailio, call path and trunks, all working."""
    _world.refresh()
    yield _world
    _world.refresh()


@pytest.fixture
def desk(world: World) -> Phone:
    """The phone of the New York security desk."""
    phone = world.phone("127.0.0.1", "desk", "127.0.0.1")
    phone.socket.close()
    phone.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    phone.socket.bind(("127.0.0.1", world.desk_port))
    phone.address = phone.socket.getsockname()
    return phone

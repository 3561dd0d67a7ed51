"""The phone on the command line, against an edge that is there, silent, slow, or gone."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import pytest
from aiosipua.message import SipMessage, SipRequest, SipResponse

from locations.simulator.transports import UDP
from routing.edge import caller
from routing.edge.caller import NothingAnswersError, Order, place
from tests.running import PATIENCE


class Edge(UDP):
    """Leaves the first ``deaf`` requests unheard and answers an INVITE with ``codes``."""

    def __init__(self, deaf: int, codes: tuple[int, ...], end: Callable[[], None]) -> None:
        super().__init__(("127.0.0.1", 0))
        self.deaf, self.codes, self.end = deaf, codes, end
        self.heard: list[SipRequest] = []

    def take(self, data: bytes, source: tuple[str, int]) -> None:
        message = SipMessage.parse(data)
        assert isinstance(message, SipRequest)
        self.heard.append(message)
        if len(self.heard) <= self.deaf or message.method not in ("INVITE", "BYE", "CANCEL"):
            return
        for code in self.codes if message.method == "INVITE" else (200,):
            answer = SipResponse(status_code=code, reason_phrase="Told")
            for name in ("Via", "From", "Call-ID", "CSeq"):
                answer.headers.set_single(name, message.get_header(name) or "")
            answer.headers.set_single("To", f"{message.get_header('To')};tag=edge")
            self.send(answer, source)
        if message.method == "INVITE" and self.codes[-1] < 200:
            self.end()


def called(*codes: int, deaf: int = 0, stopped: bool = False) -> tuple[list[str], list[str]]:
    """Place a call, which may be stopped when it rings; return the methods that the edge heard
    and what the phone said."""

    async def run() -> tuple[list[str], list[str]]:
        said: list[str] = []
        task = asyncio.current_task()
        assert task
        edge = Edge(deaf, codes, lambda: _cancel_when_rung(task) if stopped else None)
        await edge.start()
        order = Order("933", "sip:a@b.example", "", edge.local_addr, ("127.0.0.1", 0), hold=0.0)
        try:
            await place(order, said.append)
        except (NothingAnswersError, asyncio.CancelledError) as error:
            said.append(f"{type(error).__name__} {error}")
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE if deaf < len(caller.REPEAT_SECONDS) else 0):
                while edge.heard[-1].method not in ("BYE", "CANCEL"):
                    await asyncio.sleep(0.01)
        branches = {request.via[0].branch for request in edge.heard if request.method == "INVITE"}
        assert len(branches) == 1, "a repeated INVITE is the same request"
        await edge.stop()
        return [request.method for request in edge.heard], said

    return asyncio.run(run())


def _cancel_when_rung(task: "asyncio.Task[object]") -> None:
    asyncio.get_running_loop().call_later(0.01, task.cancel)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting is not what is tested."""
    monkeypatch.setattr(caller, "REPEAT_SECONDS", (0.2, 0.2, 0.2, 0.1))
    monkeypatch.setattr(caller, "PROGRESS_SECONDS", 0.05)
    monkeypatch.setattr(caller, "ANSWER_SECONDS", 0.15)


def test_edge_that_is_not_there_is_named_after_some_tries() -> None:
    methods, [said] = called(200, deaf=99)

    assert methods == ["INVITE"] * 4
    assert said.startswith("NothingAnswersError Nothing answers at 127.0.0.1:")


def test_invite_that_is_lost_is_sent_again() -> None:
    methods, said = called(200, deaf=1)

    assert methods[:2] == ["INVITE", "INVITE"]
    assert said == ["200 Told", "hung up"]


def test_somebody_who_waits_is_told_and_gives_the_call_up() -> None:
    methods, said = called(100)

    assert methods == ["INVITE", "CANCEL"]
    assert said[0] == "100 Told"
    assert [line for line in said if line.startswith("no answer for")] != []
    assert "given up" in said


def test_ctrl_c_leaves_no_call_behind() -> None:
    methods, said = called(100, 180, stopped=True)

    assert methods == ["INVITE", "CANCEL"]
    assert said[-2] == "given up"
    assert said[-1].startswith("CancelledError")

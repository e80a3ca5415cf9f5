"""Requests that are too long, never end, or take their time, over a real connection: refused soon, and nothing of them is kept."""

import asyncio
import resource
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from itertools import count

import pytest
from structlog.testing import capture_logs

from tests.admin.conftest import the_app
from tests.web.api.serving import serving
from web import connections

PATIENCE = 20
A_LOT = 100_000_000
PIECE = b"x" * 65_536
HEAD = b"Host: localhost\r\nCookie: csrftoken=t\r\nX-CSRFToken: t\r\n"
CHUNKED, LONG = b"Transfer-Encoding: chunked\r\n\r\n", b"Content-Length: 100000000\r\n\r\n"
SHORT = b"Content-Length: 100\r\n\r\n"
# One of each kind, and what it says to a body without end; a stranger is not listened to at all.
KINDS = {
    b"/admin/public/login/": b"413", b"/admin/public/logout/": b"413", b"/admin/api/tables/member/": b"401",
    b"/admin/api/forms/x/": b"401", b"/account/sessions": b"302", b"/campaigns/new": b"302", b"/api/v1/members": b"401",
    b"/hooks/simulator/reports": b"401", b"/s/AAAAAAAAAA/optout": b"413", b"/healthz": b"405", b"/nothing": b"404",
}  # fmt: skip
READS = [path for path, status in KINDS.items() if status == b"413"]


@pytest.fixture
async def address(db: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[str, int]]:
    """Where the web process listens, as `regulars web` sets it up; it waits a moment, where it would wait for seconds."""
    for name in ("HEAD_SECONDS", "BODY_SECONDS", "REST_SECONDS"):
        monkeypatch.setattr(connections, name, 0.3)
    async with serving(the_app()) as url:
        host, port = url.removeprefix("http://").split(":")
        yield host, int(port)


async def sent(address: tuple[str, int], head: bytes, rest: Callable[[], bytes]) -> tuple[bytes, int]:
    """The answer to a head and whatever `rest` says, until the other side has closed; and how much it let through."""
    reader, writer = await asyncio.open_connection(*address)
    heard = asyncio.create_task(all_of(reader))
    written = 0
    async with asyncio.timeout(PATIENCE):
        with suppress(ConnectionError):
            writer.write(head)
            while not heard.done() and (piece := rest()):
                writer.write(piece)
                written += len(piece)
                await writer.drain()
                await asyncio.sleep(0)
        answer = await heard
    writer.transport.abort()
    return answer, written


async def all_of(reader: asyncio.StreamReader) -> bytes:
    """Up to the end, or to where the connection broke."""
    told = b""
    with suppress(ConnectionError):
        while piece := await reader.read(65_536):
            told += piece
    return told


def status(answer: bytes) -> bytes:
    return answer[9:12]


async def test_a_body_without_end_is_cut_off_wherever_it_goes(address: tuple[str, int]) -> None:
    chunk = b"10000\r\n" + PIECE + b"\r\n"
    for path, wanted in KINDS.items():
        for head, piece in ((CHUNKED, chunk), (LONG, PIECE)):
            answer, written = await sent(address, b"POST " + path + b" HTTP/1.1\r\n" + HEAD + head, lambda: piece)  # noqa: B023  called at once
            assert status(answer) in {wanted, b""}, path
            assert written < A_LOT / 5, path


@pytest.mark.parametrize("began", [b"", b"X-A: ", b"GET /"])
async def test_a_head_without_end_is_cut_off_and_not_kept(address: tuple[str, int], began: bytes) -> None:
    numbers = count()
    rest = (lambda: PIECE) if began else (lambda: b"X-%d: %s\r\n" % (next(numbers), b"y" * 1_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer, written = await sent(address, began if b"GET" in began else b"GET / HTTP/1.1\r\n" + began, rest)
    assert status(answer) in {b"431", b""}
    assert written < A_LOT / 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000, "kilobytes"


async def test_who_takes_their_time_is_told_so_and_let_go(address: tuple[str, int]) -> None:
    def nothing() -> bytes:
        return b""

    with capture_logs() as logs:
        heads = await asyncio.gather(
            *(sent(address, head, nothing) for head in (b"", b"GET / HTTP/1.1\r\nX: y", b"GET /"))
        )
        bodies = await asyncio.gather(
            *(sent(address, b"POST " + path + b" HTTP/1.1\r\n" + HEAD + SHORT + b"{", nothing) for path in KINDS)
        )
    assert [status(answer) for answer, _ in heads] == [b"", b"408", b"408"]
    told = dict(zip(KINDS, (status(answer) for answer, _ in bodies), strict=True))
    assert told == KINDS | dict.fromkeys(READS, b"408")
    assert all(b'"too_slow"' in answer for (answer, _), path in zip(bodies, KINDS, strict=True) if path in READS)
    assert not [line for line in logs if line["log_level"] in {"error", "critical"}], "an attack is no accident of ours"


async def test_who_asks_again_and_again_keeps_the_connection(address: tuple[str, int]) -> None:
    reader, writer = await asyncio.open_connection(*address)
    for _ in range(3):
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head
        length = next(int(line[16:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(length)
    writer.transport.abort()

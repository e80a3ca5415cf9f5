"""An operator behind the bridge protocol, on 127.0.0.1: it keeps its own log of what left, and fails as it likes.

It judges the product from outside: nothing of the product is imported but the library that checks the signature.
"""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook

SECRET = "whsec_bm9ib2R5IGdldHMgdG8ga25vdyB0aGlz"  # noqa: S105  of a line on this machine
FAULTS = ("hangs", "breaks", "half", "half_told", "refuses")


@dataclass
class Line:
    """One account's line. `left`: (our id, phone, instant) of every text that really left, in order; a line that is
    `idempotent` lets an id leave once. `faults`: one of them in a call, as often as the `odds` say.
    """

    name: str
    promise: str
    draw: random.Random
    faults: tuple[str, ...] = ()
    odds: float = 1 / 3
    left: list[tuple[int, str, float]] = field(default_factory=list)
    numbers: dict[int, str] = field(default_factory=dict)
    calls: int = 0
    told: Callable[[str, list[int]], Awaitable[None]] | None = None

    def take(self, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The texts leave; the answers that say so."""
        at = time.monotonic()
        for one in messages:
            number = int(one["id"])
            if number not in self.numbers or self.promise != "idempotent":
                self.left.append((number, one["phone"], at))
            self.numbers[number] = f"{self.name}-{number}"
        return [
            {"id": int(one["id"]), "state": "accepted", "gateway_message_id": self.numbers[int(one["id"])]}
            for one in messages
        ]

    async def reached(self, many: int) -> None:
        """Until so many texts have left."""
        while len(self.left) < many:
            await asyncio.sleep(0.1)

    async def send(self, messages: list[dict[str, Any]]) -> tuple[int, list[dict[str, Any]]]:
        """Status and answers; status 0 hangs until the caller has gone."""
        self.calls += 1
        fault = self.draw.choice(self.faults) if self.faults and self.draw.random() < self.odds else ""
        if fault == "refuses":
            return 503, []
        half = messages[: len(messages) // 2] if fault.startswith("half") else messages
        answers = self.take(half)
        if self.told is not None:
            # Reports may be there before we have answered.
            await self.told(self.name, [int(one["id"]) for one in half])
        rest = [{"id": int(one["id"]), "state": "again", "error_class": "rate"} for one in messages[len(half) :]]
        return {"hangs": 0, "breaks": 500}.get(fault, 200), answers + (rest if fault == "half" else [])

    def ask(self, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What became of ids."""
        return [
            {"id": int(one["id"]), "state": "accepted", "gateway_message_id": self.numbers[int(one["id"])]}
            if int(one["id"]) in self.numbers
            else {"id": int(one["id"]), "state": "again"}
            for one in messages
        ]


@dataclass
class Operator:
    """Lines by name, each below its own path: `{url}/{line}/send`."""

    lines: dict[str, Line]
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self._one(reader, writer):
                pass
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *rest = head.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in rest)}
        body = (await reader.readexactly(int(headers["content-length"]))).decode()
        Webhook(SECRET).verify(body, headers)
        _, name, what = first.split()[1].split("/")
        messages = json.loads(body)["messages"]
        line = self.lines[name]
        status, answers = await line.send(messages) if what == "send" else (200, line.ask(messages))
        if status == 0:
            return bool(await reader.read(1))
        said = json.dumps({"answers": answers}).encode()
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: {len(said)}\r\n\r\n".encode() + said)
        await writer.drain()
        return True


@asynccontextmanager
async def operating(*lines: Line) -> AsyncIterator[Operator]:
    """The operator at work, on a port of its own."""
    operator = Operator({line.name: line for line in lines})
    server = await asyncio.start_server(operator.serve, "127.0.0.1", 0)
    operator.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield operator
        server.close()


def daytime() -> str:
    """A zone in which it is broad day now, so that marketing may leave whenever this runs."""
    ahead = 13 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/UTC"


def busiest_second(instants: list[float]) -> int:
    """The most that left within any second, wherever it begins."""
    most = first = 0
    for last, instant in enumerate(instants):
        while instant - instants[first] >= 1:
            first += 1
        most = max(most, last - first + 1)
    return most

"""Fake clouds by real HTTP on 127.0.0.1: what they share. They judge signatures by their own arithmetic, not by ours."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar
from urllib.parse import parse_qsl, urlsplit

REPORTS_URL = "https://shop.example/hooks/cloud/reports?token=0123456789abcdef"

# What happens on the way back, after everything was taken: nothing comes, the line drops, a broken answer.
Fault = Literal["silence", "break", "500", "words", "list"]


@dataclass(frozen=True)
class Asked:
    """One request as it came; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True, strict_parsing=False))


@dataclass(frozen=True)
class Sent:
    """A text that really left."""

    phone: str
    text: str
    reference: str
    number: str
    day: str = ""


@dataclass
class CloudSite:
    """`left`: what left, in order; `faults` are used up one by one; `busy_most`: how many calls came at once."""

    url: str = ""
    left: list[Sent] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    busy: int = 0
    busy_most: int = 0

    def answer(self, asked: Asked) -> tuple[int, Any]:
        """The status and what is said."""
        raise NotImplementedError

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.busy += 1
        self.busy_most = max(self.busy_most, self.busy)
        try:
            asked = await _read(reader)
            self.asked.append(asked)
            status, said = self.answer(asked)
            await asyncio.sleep(0)
            await self._say(reader, writer, status, said)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.busy -= 1
            writer.close()

    async def _say(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, status: int, said: Any) -> None:
        fault = self.faults.pop(0) if self.faults else None
        if fault == "silence":
            await reader.read()
        if fault in {"silence", "break"}:
            return
        broken = {"500": (500, said), "words": (200, "welcome"), "list": (200, [said])}
        status, said = broken.get(fault or "", (status, said))
        body = said.encode() if isinstance(said, str) else json.dumps(said, ensure_ascii=False).encode()
        head = f"HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        writer.write(f"{head}connection: close\r\n\r\n".encode() + body)
        await writer.drain()


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    method, target, _ = first.split(" ")
    return Asked(method, target, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


Site = TypeVar("Site", bound=CloudSite)


@asynccontextmanager
async def serving(site: Site) -> AsyncIterator[Site]:
    """The fake on a free port, as long as the context lasts."""
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0)
    site.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield site
    finally:
        server.close()
        await server.wait_closed()

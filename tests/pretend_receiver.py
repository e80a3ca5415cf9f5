"""A partner's server on 127.0.0.1: takes messages by real HTTP, remembers them, and answers as it is told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from standardwebhooks import Webhook

HANGS, BREAKS = 0, -1


@dataclass(frozen=True)
class Told:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: str

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> dict[str, object]:
        """The message, when the library finds its signature good."""
        message: dict[str, object] = Webhook(secret).verify(self.body, self.headers)
        return message


@dataclass
class Receiver:
    """`answer` gives the status for a request: HANGS answers nothing, BREAKS hangs up. `most`: how many came at once."""

    url: str = ""
    told: list[Told] = field(default_factory=list)
    answer: Callable[[Told], int] = lambda _: 204
    more: str = ""
    busy: int = 0
    most: int = 0

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.told]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.busy += 1
        self.most = max(self.most, self.busy)
        try:
            await self._one(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.busy -= 1
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = (await reader.readexactly(int(headers["content-length"]))).decode()
        told = Told(first.split(" ")[1], headers, body)
        self.told.append(told)
        status = self.answer(told)
        await asyncio.sleep(0)  # whoever comes at the same time is seen
        if status == HANGS:
            await reader.read()
        elif status != BREAKS:
            writer.write(
                f"HTTP/1.1 {status} Said\r\n{self.more}content-length: 2\r\nconnection: close\r\n\r\nok".encode()
            )
            await writer.drain()


@asynccontextmanager
async def receiving(*, host: str = "127.0.0.1") -> AsyncIterator[Receiver]:
    """A receiver on a free port, as long as the context lasts."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, host, 0)
    receiver.url = f"http://{host}:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield receiver
    finally:
        server.close()
        await server.wait_closed()

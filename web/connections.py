"""How long somebody may take to say what they want, and how much of it there may be (RFC 6585 431, RFC 9110 408).

The server under us waits for ever for the end of a head and holds however much there is of it; behind an answer it goes on
reading whatever else is sent. A proxy in front sees to that, and a chain in a shop's own network has none.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from litestar.types import Receive
from litestar.types.asgi_types import ReceiveMessage
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 10.0
BODY_SECONDS = 30.0
# Behind the answer to a body that was too long: who still sends gets this long to read it, and no longer.
REST_SECONDS = 5.0
MOST_HEAD = 64 << 10
MOST_REST = 2 << 20
_TOO_LATE = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class TooSlow(Exception):  # noqa: N818  an answer, not an accident
    """The body of a request did not come to its end in time."""


class Connection(HttpToolsProtocol):
    """One connection of the server's, which ends when nothing comes of it."""

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401  what the server gives
        super().__init__(*given, **named)
        self.bell: asyncio.TimerHandle | None = None
        self.wants: str = "head"
        self.came = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A head is waited for from now on."""
        super().connection_made(transport)  # type: ignore[arg-type]  # as the server has it
        self._wait("head", HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._rest()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """A further request on the same connection has the same time."""
        super().on_message_begin()
        self._wait("head", HEAD_SECONDS)

    def on_headers_complete(self) -> None:
        """The body has its own time; what reads it says no before that (`Body`)."""
        self._wait("body", BODY_SECONDS + REST_SECONDS)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Now it is our turn, however long that takes."""
        self._rest()
        self.wants = "nothing"
        super().on_message_complete()
        if self.cycle.response_complete:
            # What came after the answer has stopped the server's own watch over idle connections.
            self._wait("head", HEAD_SECONDS)

    def on_response_complete(self) -> None:
        """Somebody who has an answer and still sends was told that it is too much."""
        super().on_response_complete()
        if self.wants == "body":
            self._wait("rest", REST_SECONDS)

    def data_received(self, data: bytes) -> None:
        """Counts what a head or a rest is long."""
        super().data_received(data)
        self.came += len(data)
        if self.wants == "head" and self.came > MOST_HEAD:
            self._end(_TOO_LONG)
        elif self.wants == "rest" and self.came > MOST_REST:
            self._end(b"")

    def _wait(self, wants: str, seconds: float) -> None:
        self._rest()
        self.wants, self.came = wants, 0
        self.bell = self.loop.call_later(seconds, self._end, _TOO_LATE if wants == "head" else b"")

    def _rest(self) -> None:
        if self.bell is not None:
            self.bell.cancel()
            self.bell = None

    def _end(self, said: bytes) -> None:
        self._rest()
        if not self.transport.is_closing():
            # Between two requests nothing was asked, so nothing is answered.
            self.transport.write(said if self.came else b"")
            self.transport.close()


class Body:
    """`receive` of a request whose body comes in time. Raises TooSlow."""

    def __init__(self, receive: Receive, *, clock: Callable[[], float]) -> None:
        """`clock`: seconds of the loop that runs."""
        self.receive = receive
        self.until = clock() + BODY_SECONDS
        self.whole = False

    async def __call__(self) -> ReceiveMessage:
        """What comes next; after the whole body as long as it takes."""
        if self.whole:
            return await self.receive()
        try:
            async with asyncio.timeout_at(self.until):
                message = await self.receive()
        except TimeoutError:
            raise TooSlow from None
        self.whole = not message.get("more_body", False)
        return message

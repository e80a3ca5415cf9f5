"""An address that a gateway's own processes can reach: real HTTP in front of this process's application, or of nothing."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import uvicorn

from tests.ports import free_port
from tests.waiting import until

PATIENCE = 20.0


@dataclass
class FrontDoor:
    """`asked`: path and query of every request. `app` answers; without one each gets `status` and nothing."""

    url: str
    app: Any = None
    status: int = 200
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        fields = parse_qs(scope["query_string"].decode(), keep_blank_values=True)
        self.asked.append((scope["path"], {name: values[-1] for name, values in fields.items()}))
        if self.app is not None:
            await self.app(scope, receive, send)
            return
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    def told(self, what: str, **same: str) -> list[dict[str, str]]:
        """The queries of one kind of news, `reports` or `replies`, that have these fields."""
        news = [query for path, query in self.asked if path.endswith(f"/{what}")]
        return [query for query in news if same.items() <= query.items()]

    async def until_told(self, what: str, *, most: int, **same: str) -> list[dict[str, str]]:
        async def there() -> bool:
            return len(self.told(what, **same)) >= most

        await until(there, seconds=PATIENCE, what=f"{most} {what}")
        return self.told(what, **same)


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # they are the suite's


@asynccontextmanager
async def front_door() -> AsyncIterator[FrontDoor]:
    """Open as long as the context lasts; the application's own pool is the suite's."""
    port = free_port()
    door = FrontDoor(url=f"http://127.0.0.1:{port}")
    server = _Server(uvicorn.Config(door, port=port, lifespan="off", log_config=None, access_log=False))
    running = asyncio.create_task(server.serve())

    async def there() -> bool:
        return server.started

    await until(there, seconds=10, what="the front door")
    try:
        yield door
    finally:
        server.should_exit = True
        await running

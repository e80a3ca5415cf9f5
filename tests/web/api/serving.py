"""The API on a port of this machine, inside the test's own loop, for clients that are no Python of ours."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn

from tests.ports import free_port
from tests.waiting import until
from web.connections import Connection
from web.requests import RequestLog


@asynccontextmanager
async def serving(app: RequestLog) -> AsyncIterator[str]:
    """Its address, for as long as the context lasts."""
    port = free_port()
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_config=None, access_log=False, lifespan="off", ws="none",
        http=Connection, log_level="warning",
    )  # fmt: skip
    server = uvicorn.Server(config)
    # Not `serve`: it would take the signals that belong to pytest.
    task = asyncio.create_task(server._serve())

    async def started() -> bool:
        return server.started

    await until(started, seconds=20, what="the server")
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task

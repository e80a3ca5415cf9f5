"""The web process's application, called in this process, by people who are logged in."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import cache
from typing import Any, TypeAlias

import httpx
import pytest

from app import make_app
from tables.access import Role
from tables.scope import scope
from tables.sessions import Session
from tests import make

LogIn: TypeAlias = Callable[..., Awaitable[httpx.AsyncClient]]
# Once for all tests: the stock panel takes a second to put itself together.
the_app = cache(make_app)


class Browser(httpx.AsyncClient):
    """Has one token, the last that it was given, and says it wherever a screen does."""

    async def send(self, request: httpx.Request, **how: Any) -> httpx.Response:
        answer = await super().send(request, **how)
        if token := answer.cookies.get("csrftoken"):
            self.cookies.delete("csrftoken")
            self.cookies.set("csrftoken", token)
            self.headers["X-CSRFToken"] = token
        return answer


@pytest.fixture
async def log_in(db: None) -> AsyncIterator[LogIn]:
    """A client of somebody with a role and stores (ids); the log-in itself has tests of its own."""
    clients: list[httpx.AsyncClient] = []

    async def known(*, role: Role, stores: tuple[int, ...] = (), username: str = "") -> httpx.AsyncClient:
        staff = await make.value(
            "INSERT INTO staff (username, password, role, active, admin, superuser, password_is_temporary)"
            " VALUES ($1, 'pbkdf2_sha256$1$a$b', $2::text, true, true, $2::text = 'hq_admin', false) RETURNING id",
            username or f"{role}{len(clients)}", role,
        )  # fmt: skip
        for store in stores:
            await make.execute("INSERT INTO staff_store (staff, store) VALUES ($1, $2)", staff, store)
        async with scope(role="door"):
            session = await Session.create_session(staff)
        client = Browser(
            transport=httpx.ASGITransport(app=the_app()), base_url="http://localhost",  # type: ignore[arg-type]  # ASGI, typed twice
            cookies={"id": session.token, "csrftoken": "t"}, headers={"X-CSRFToken": "t"},
        )  # fmt: skip
        clients.append(client)
        return client

    yield known
    for client in clients:
        await client.aclose()

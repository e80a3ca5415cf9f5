"""A browser that has been here before and is not logged in."""

from typing import Any

import httpx
import pytest

from tests.admin.conftest import Browser, the_app

PASSWORD, WRONG = "mian bao 1987 x", "mian bao 1987 y"
# The suite makes errors of warnings, which the panel has silenced; this one warns of plain http, which a LAN may be.
LAN = pytest.mark.filterwarnings("ignore:If running sessions in production")


def browser(app: Any = None) -> httpx.AsyncClient:
    """Of our application, or of one around it."""
    asgi: Any = app or the_app()
    transport = httpx.ASGITransport(app=asgi)
    return Browser(
        transport=transport, base_url="http://localhost", cookies={"csrftoken": "t"}, headers={"X-CSRFToken": "t"}
    )


async def log_in_as(client: httpx.AsyncClient, username: str, password: str) -> httpx.Response:
    """What the log-in screen sends."""
    return await client.post("/admin/public/login/", json={"username": username, "password": password})

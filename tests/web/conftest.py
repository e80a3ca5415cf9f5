"""The same clients as the back office's tests have: people who are logged in; and a member's phone, which never is."""

from collections.abc import AsyncIterator

import httpx
import pytest
from limits import RateLimitItemPerMinute

from tests.admin.conftest import log_in
from tests.web import links_site
from web.clients import Guesses
from web.pages import links

__all__ = ["log_in"]


@pytest.fixture
async def web(db: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """The phone of a member who got a text an hour ago; from its address nobody has guessed at codes yet."""
    monkeypatch.setattr(links, "GUESSES", Guesses(most=RateLimitItemPerMinute(5)))
    await links_site.chain()
    async with links_site.phone() as client:
        yield client

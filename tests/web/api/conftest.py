"""A chain of two stores, a till in each, and a partner with a key of headquarters."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest

from tests import make
from tests.web.api.tills import Till, add_till, application
from web.requests import RequestLog


@dataclass(frozen=True)
class Shops:
    """Members 1 of S1 (13900000001) and 2 of S2 (13900000002), without points."""

    s1: Till
    s2: Till
    hq: Till


OpenTill = Callable[..., Awaitable[Till]]


@pytest.fixture
async def open_till(db: None) -> AsyncIterator[OpenTill]:
    """More tills; all of one call's `rate` share a process."""
    apps: dict[int, RequestLog] = {}
    tills: list[Till] = []

    async def opened(name: str, *, store: str | None, rate: int = 6000) -> Till:
        app = apps.setdefault(rate, application(rate=rate))
        tills.append(await add_till(name, store=store, app=app))
        return tills[-1]

    yield opened
    for till in tills:
        await till.client.aclose()


@pytest.fixture
async def shops(open_till: OpenTill) -> Shops:
    await make.make_program(point_value="0.01")
    for n in (1, 2):
        await make.make_member(f"+861390000000{n}", store=await make.make_store(f"S{n}"))
    return Shops(
        s1=await open_till("till 1", store="S1"),
        s2=await open_till("till 2", store="S2"),
        hq=await open_till("partner", store=None),
    )

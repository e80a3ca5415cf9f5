"""Which role may open which page of ours, of its own store and of another one, and that none of it opens the API."""

from inspect import signature

import httpx
import pytest
from litestar.routes import HTTPRoute

from tables.access import STAFF_ROLES, STORE_ROLES, Role
from tests.admin.conftest import LogIn, the_app
from tests.admin.two_stores import two_stores
from tests.web.api.test_door import ROUTES

EVERYBODY = STAFF_ROLES
READS_CAMPAIGNS: tuple[Role, ...] = ("hq_admin", "hq_marketing", "hq_viewer", "store_manager")
WRITES_CAMPAIGNS: tuple[Role, ...] = ("hq_admin", "hq_marketing", "store_manager")
HQ_WRITES: tuple[Role, ...] = ("hq_admin", "hq_marketing")
READS_CHAIN: tuple[Role, ...] = ("hq_admin", "hq_viewer")
# `{0}` is the id of a row of store 1, or of another store's.
MAY: dict[str, tuple[Role, ...]] = {
    "/messages": EVERYBODY,
    "/account": EVERYBODY,
    "/staff": ("hq_admin", "store_manager"),
    "/settlement": READS_CHAIN,
    "/settlement.csv": READS_CHAIN,
    "/settlement.xlsx": READS_CHAIN,
    "/forecast": READS_CAMPAIGNS,
    "/forecast.csv": READS_CAMPAIGNS,
    "/audit": READS_CHAIN,
    "/members/{0}/points": ("hq_admin", "hq_viewer", "store_manager", "cashier"),
    "/members/{0}/export.zip": ("hq_admin",),
    "/campaigns": READS_CAMPAIGNS,
    "/campaigns/new": WRITES_CAMPAIGNS,
    "/campaigns/results": READS_CAMPAIGNS,
    "/campaigns/results.csv": READS_CAMPAIGNS,
    "/campaigns/segments": READS_CAMPAIGNS,
    "/campaigns/segments/new": HQ_WRITES,
    "/campaigns/calendar": READS_CAMPAIGNS,
    "/campaigns/budget": READS_CAMPAIGNS,
    **{
        f"/campaigns/{{0}}{part}": READS_CAMPAIGNS
        for part in (
            "", "/goal", "/content", "/people", "/check", "/test", "/send", "/live", "/results", "/results.csv", "/results.xlsx",
        )
    },
}  # fmt: skip
# Segments are the chain's: there is no other store's. The pretend phones are there with their gateway alone.
OF_THE_CHAIN = {
    "/campaigns/segments/{0}",
    "/campaigns/segments/{0}/count",
    "/campaigns/static/{name:str}",
    "/simulator",
}
GOOD, NO = {200, 303}, {403, 404}


def pages() -> set[str]:
    """The addresses of all pages that ask for a log-in."""
    found = set()
    for route in the_app().app.routes:  # type: ignore[attr-defined]  # wrapped in the request log
        if isinstance(route, HTTPRoute):
            asks = [
                one
                for one in route.route_handlers
                if "GET" in one.http_methods and "staff" in signature(one.fn).parameters
            ]
            found |= {route.path for _ in asks}
    numbers = ("{campaign:int}", "{member:int}", "{segment:int}")
    return {next((path.replace(number, "{0}") for number in numbers if number in path), path) for path in found}


async def test_every_page_opens_for_whom_the_table_says_and_for_their_own_store_alone(log_in: LogIn) -> None:
    assert pages() == set(MAY) | OF_THE_CHAIN, "a page without a decision, or a decision without a page"
    await two_stores()
    wrong = []
    for role in STAFF_ROLES:
        client = await log_in(role=role, stores=(1,) if role in STORE_ROLES else ())
        for path, may in MAY.items():
            # Whoever may least is asked whether it opens: the others have only more.
            if role not in may or role == may[-1]:
                wrong += await asked(client, role, path.format(1), GOOD if role in may else NO)
            if role in STORE_ROLES and "{0}" in path:
                wrong += await asked(client, role, path.format(2), NO)
    assert wrong == []


async def asked(client: httpx.AsyncClient, role: Role, path: str, wanted: set[int]) -> list[str]:
    answer = await client.get(path)
    leaks = wanted == NO and any(said in answer.text for said in ("13900000002", "139****0002", "会员日2"))
    return [] if answer.status_code in wanted and not leaks else [f"{role} {path}: {answer.status_code}"]


@pytest.mark.parametrize("role", ["hq_admin", "cashier"])
async def test_a_log_in_opens_nothing_of_the_api(log_in: LogIn, role: Role) -> None:
    await two_stores()
    client = await log_in(role=role, stores=(1,) if role in STORE_ROLES else ())
    for method, path in ROUTES:
        assert (await client.request(method, path, content=b"{}")).status_code == 401, path

"""Who gets in, how often, and what is said at a door that leads nowhere."""

import json
from typing import Any

import httpx
import pytest
import structlog
from litestar.routes import HTTPRoute

from actions.keys import revoke_key
from config.piccolo_conf import DB
from tables.scope import scope
from tests import make
from tests.web.api.conftest import OpenTill, Shops
from tests.web.api.tills import application, told
from web.api import door

ROUTES = [
    ("POST", "/api/v1/members"), ("GET", "/api/v1/members/13900000001"), ("POST", "/api/v1/purchases"), ("POST", "/api/v1/purchases/batch"),
    ("POST", "/api/v1/purchases/R1/refunds"), ("POST", "/api/v1/redemptions"), ("DELETE", "/api/v1/redemptions/X1?store=S1"),
]  # fmt: skip
WRONG: list[dict[str, str]] = [
    {}, {"Authorization": ""}, {"Authorization": "Bearer"}, {"Authorization": "Bearer "}, {"Authorization": "Basic cmc6cmc="},
    {"Authorization": "Bearer rg_wrong"}, {"Authorization": "Bearer rg_" + "x" * 5000}, {"Authorization": "rg_naked"},
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_every_address_asks_for_a_key_before_anything_else(shops: Shops, method: str, path: str) -> None:
    for headers in WRONG:
        del shops.s1.client.headers["Authorization"]
        answer = await shops.s1.client.request(method, path, content=b"{", headers=headers)
        assert told(answer) == (401, "unauthorized")
        assert answer.headers["www-authenticate"].startswith("Bearer")
        shops.s1.client.headers["Authorization"] = "x"
    assert await make.value("SELECT count(*) FROM purchase") == 0


async def test_the_scheme_may_be_written_in_small_letters(shops: Shops) -> None:
    shops.s1.client.headers["Authorization"] = f"bearer   {shops.s1.key} "
    assert (await shops.s1.buy()).status_code == 201


async def test_a_revoked_key_is_refused_at_once(shops: Shops) -> None:
    assert (await shops.s1.buy()).status_code == 201
    async with scope(role="hq_admin"):
        await revoke_key(name="till 1", now=await make.value("SELECT now()"))
    assert told(await shops.s1.buy()) == (401, "unauthorized")
    assert told(await shops.s1.buy("R2")) == (401, "unauthorized")
    assert told(await shops.s1.redeem()) == (401, "unauthorized")
    assert told(await shops.s1.refund()) == (401, "unauthorized")
    assert told(await shops.s1.cancel()) == (401, "unauthorized")
    assert told(await shops.s1.get("members/13900000001")) == (401, "unauthorized")
    assert told(await shops.s1.post("members", {"phone": "13900000003"})) == (401, "unauthorized")
    assert told(await shops.s1.post("purchases/batch", {"purchases": [shops.s1.receipt()]})) == (401, "unauthorized")
    assert (await shops.s2.buy()).status_code == 201


async def test_a_key_that_was_forgotten_is_looked_up_again(shops: Shops, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "GOOD_SECONDS", 0.0)
    assert (await shops.s1.buy()).status_code == 201
    monkeypatch.setattr(door, "MOST_KEYS", 1)
    assert (await shops.s2.buy()).status_code == 201
    assert (await shops.s1.buy()).status_code == 200


async def test_a_new_store_is_open_to_a_partner_at_once(shops: Shops) -> None:
    await shops.hq.buy()
    await make.make_store("S3")
    assert (await shops.hq.buy(store="S3")).status_code == 201


async def test_a_closed_store_is_for_its_own_key(shops: Shops, open_till: OpenTill) -> None:
    await make.execute("UPDATE store SET is_active = false WHERE code = 'S1'")
    late = await open_till("another partner", store=None, rate=1000)
    assert told(await late.buy()) == (404, "unknown_store")
    assert (await shops.s1.buy()).status_code == 201


async def test_so_many_requests_a_minute(shops: Shops, open_till: OpenTill) -> None:
    slow, other = await open_till("slow", store="S1", rate=5), await open_till("other", store="S1", rate=5)
    assert [(await slow.buy()).status_code for _ in range(5)] == [201, 200, 200, 200, 200]
    answer = await slow.buy()
    assert told(answer) == (429, "too_many")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert (await other.buy()).status_code == 200


async def test_who_guesses_is_held_up_and_nobody_else(shops: Shops, open_till: OpenTill) -> None:
    await shops.s1.buy()
    s2 = await open_till("too late", store="S2")
    guesser = shops.s2.client
    guesser.headers["Authorization"] = "Bearer rg_guess"
    answers = [(await guesser.get("/api/v1/members/1")).status_code for _ in range(61)]
    assert answers == [401] * 60 + [429]
    held = await s2.buy()
    assert told(held) == (429, "too_many")
    assert 1 <= int(held.headers["retry-after"]) <= 60
    assert (await shops.s1.buy()).status_code == 200


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1", "/api/v1/", "/api/v2/members", "/api/v1/members/1/2", "/api/docs", "/api/openapi.yaml"]
)
async def test_what_is_not_there(shops: Shops, path: str) -> None:
    assert told(await shops.s1.client.get(path)) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/api/v1/purchases"), ("PUT", "/api/v1/members/1"), ("POST", "/api/openapi.json")]
)
async def test_the_wrong_method(shops: Shops, method: str, path: str) -> None:
    answer = await shops.s1.client.request(method, path)
    assert told(answer) == (405, "method_not_allowed")
    assert answer.headers["allow"]


async def test_without_a_database_it_asks_to_come_again(shops: Shops, monkeypatch: pytest.MonkeyPatch) -> None:
    await shops.s1.buy()
    monkeypatch.setattr(DB, "pool", None)
    monkeypatch.setattr(DB, "config", {"dsn": "postgresql://regulars_app:secret@127.0.0.1:1/regulars"})
    for till in (shops.s1, shops.s2):
        for answer in (
            await till.buy(),
            await till.get("members/13900000001"),
            await till.redeem(),
            await till.cancel(),
        ):
            assert told(answer) == (503, "unavailable")
            assert answer.headers["retry-after"] == "2"
            assert "secret" not in answer.text


async def test_logs_hold_the_key_by_number_and_no_phone(shops: Shops) -> None:
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        await shops.s2.get("members/13900000001")
        await shops.s2.buy(receipt_no="13912345678")
        await shops.s2.cancel("13912345678%2F1")
    told_lines = [line for line in lines if line["event"] == "request"]
    assert [(line["route"], line["key"], line["status"]) for line in told_lines] == [
        ("/api/v1/members/{phone}", 2, 200), ("/api/v1/purchases", 2, 201), ("/api/v1/redemptions/{reference}", 2, 404),
    ]  # fmt: skip
    assert "1390000000" not in str(lines)
    assert "13912345678" not in str(lines)


async def test_the_description_is_whole_and_asks_nobody_else(server: None) -> None:
    transport = httpx.ASGITransport(app=application())  # type: ignore[arg-type]  # ASGI, typed twice
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/api/openapi.json")
    document: dict[str, Any] = json.loads(answer.content)
    assert document["openapi"].startswith("3.1")
    assert document["components"]["securitySchemes"]["key"] == {"type": "http", "scheme": "bearer"}
    assert "http:" not in answer.text
    assert "https:" not in answer.text
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    routes = [route for route in application().app.routes if isinstance(route, HTTPRoute)]  # type: ignore[attr-defined]
    real = {(method, route.path_format) for route in routes for method in route.methods if method != "OPTIONS"}
    hooks = {(method, path) for method, path in real if path.startswith("/hooks/")}
    assert described == real - {("GET", "/api/openapi.json")} - hooks
    for methods in document["paths"].values():
        for operation in methods.values():
            assert {"400", "401", "429", "503"} <= set(operation["responses"])
            assert operation["summary"]
            assert operation["description"]

"""/hooks: who may tell, what is kept of it before it is answered, and what is refused whole."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar
from structlog.testing import capture_logs

from config.settings import settings
from gateways import registry
from rules.hooks import hook_token, hook_url
from tests import make
from tests.actions.sent_messages import sent
from tests.waiting import until
from tests.web.telling import AT, Needy, Telling
from web import hooks
from web.metrics import Metrics
from web.requests import RequestLog, internal_error


@pytest.fixture
async def nudges(db: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Accounts `pretend` (on), `sleeping` (off) and `needy` (without its settings), a message g1; who was woken."""
    woken: list[str] = []

    async def join() -> None:
        woken.append("join")

    async def hand_over() -> None:
        woken.append("hand over")

    monkeypatch.setattr(registry, "kinds", lambda: {"pretend": Telling, "needy": Needy})
    monkeypatch.setattr(hooks, "join_soon", join)
    monkeypatch.setattr(hooks, "hand_over_soon", hand_over)
    monkeypatch.setattr(hooks, "NUDGE_SECONDS", 0)
    await sent("accepted")
    await make.execute(
        "INSERT INTO gateway_account (name, gateway, is_active) VALUES ('sleeping', 'pretend', false), ('needy', 'needy', true)"
    )
    Telling.heard.clear()
    return woken


@pytest.fixture
async def vendor(nudges: list[str]) -> AsyncIterator[httpx.AsyncClient]:
    site = Litestar(route_handlers=hooks.hooks(), exception_handlers={500: internal_error}, openapi_config=None)
    transport = httpx.ASGITransport(app=RequestLog(site, metrics=Metrics()))  # type: ignore[arg-type]  # ASGI, typed twice
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


def address(*, account: str = "pretend", what: str = "reports") -> str:
    return hook_url(public_url="http://localhost", secret=settings().secret, account=account, what=what)  # type: ignore[arg-type]


def news(*ids: str, state: str = "delivered") -> list[dict[str, str]]:
    return [{"id": one, "state": state} for one in ids]


async def kept() -> list[str]:
    return [row["id"] for row in await make.fetch("SELECT gateway_message_id AS id FROM report_inbox ORDER BY id")]


async def test_reports_are_kept_before_they_are_answered_and_a_worker_is_woken(
    vendor: httpx.AsyncClient, nudges: list[str]
) -> None:
    for _ in range(2):
        answer = await vendor.post(address(), json=news("g1", "g2"))
        assert (answer.status_code, answer.json()) == (200, {"code": 0, "msg": "接收成功"})
        assert answer.headers["content-type"].startswith("application/json")
        assert await kept() == ["g1", "g2"]

    async def woken() -> bool:
        return bool(nudges)

    await until(woken, seconds=5, what="somebody is woken")
    assert nudges == ["join"]
    (row,) = await make.fetch("SELECT gateway, state, reported_at, joined FROM report_inbox WHERE id = 1")
    assert row == {"gateway": "pretend", "state": "delivered", "reported_at": AT, "joined": None}


async def test_a_gateway_may_ask_with_a_query_and_is_not_told_our_secret(vendor: httpx.AsyncClient) -> None:
    answer = await vendor.get(f"{address()}&id=g1&state=failed&text=%E9%80%80%E8%AE%A2", headers={"X-Vendor": "1"})
    assert (answer.status_code, await kept()) == (200, ["g1"])
    (heard,) = Telling.heard
    assert (heard.query, heard.headers["x-vendor"]) == ({"id": "g1", "state": "failed", "text": "退订"}, "1")


STRANGERS = {
    "no token": "/hooks/pretend/reports",
    "an empty token": "/hooks/pretend/reports?token=",
    "a wrong token": "/hooks/pretend/reports?token=0123456789abcdef0123456789abcdef",
    "half a character": "/hooks/pretend/reports?token=%ff",
    "another account's": address(account="other").replace("/other/", "/pretend/"),
    "no such account": address(account="nobody"),
    "a strange name": address(account="卖瓜 的"),
    "an account that is off": address(account="sleeping"),
}


@pytest.mark.parametrize("url", STRANGERS.values(), ids=list(STRANGERS))
async def test_strangers_all_hear_the_same(vendor: httpx.AsyncClient, url: str) -> None:
    answers = [await vendor.post(one, json=news("g1")) for one in (url, STRANGERS["no token"])]
    assert answers[0].status_code == 401
    assert answers[0].content == answers[1].content
    assert answers[0].json()["code"] == "unauthorized"
    assert (await kept(), Telling.heard) == ([], [])


async def test_strangers_are_not_listened_to(vendor: httpx.AsyncClient) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b"x" * 1000

    assert (await vendor.post(STRANGERS["a wrong token"], content=endless())).status_code == 401
    assert read == 0


BAD = {
    "not JSON": b"id=g1",
    "no array": b'{"id": "g1"}',
    "nothing in it": b"[{}]",
    "a number for words": b'[{"id": 1, "state": "delivered"}]',
    "broken UTF-8": b'[{"id": "g\xff1", "state": "delivered"}]',
    "half a character": b'[{"id": "g\\ud83d", "state": "delivered"}]',
    "a null": b'[{"id": "g\\u0000", "state": "delivered"}]',
    "deep": b"[" * 200_000,
    "a state of its own": b'[{"id": "g1", "state": "pending 13900000001"}]',
    "a long number": json.dumps(news("9" * 101)).encode(),
    "one bad among good ones": json.dumps([*news("g1"), *news("g2", state="?")]).encode(),
}


@pytest.mark.parametrize("body", BAD.values(), ids=list(BAD))
async def test_what_cannot_be_read_is_refused_whole_and_told_to_nobody(
    vendor: httpx.AsyncClient, body: bytes, nudges: list[str]
) -> None:
    with capture_logs() as logs:
        answer = await vendor.post(address(), content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] != answer.json()["detail_zh"]
    assert (await kept(), nudges) == ([], [])
    assert "13900000001" not in f"{logs}{answer.text}"
    assert "g1" not in f"{logs}{answer.text}"


@pytest.mark.parametrize("query", ["id=%ff&state=delivered", "&".join(f"n{n}=1" for n in range(80))])
async def test_a_query_that_cannot_be_read_is_refused(vendor: httpx.AsyncClient, query: str) -> None:
    answer = await vendor.get(f"{address()}&{query}")
    assert (answer.status_code, await kept()) == (400 if "ff" in query else 401, [])


async def test_more_than_a_megabyte_is_too_much(vendor: httpx.AsyncClient) -> None:
    most = json.dumps(news("g1")).encode().ljust(hooks.MOST_BYTES)
    assert (await vendor.post(address(), content=most)).status_code == 200

    async def untold() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield most[:500_000]

    for content in (most + b" ", untold()):
        answer = await vendor.post(address(), content=content)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert await kept() == ["g1"]


async def test_an_edit_of_an_account_is_seen(vendor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await vendor.post(address(), json=news("g1"))).status_code == 200
    monkeypatch.setattr(hooks, "KNOWN_SECONDS", -1.0)
    await make.execute("UPDATE gateway_account SET is_active = (name = 'sleeping')")
    assert (await vendor.post(address(), json=news("g2"))).status_code == 401
    assert (await vendor.post(address(account="sleeping"), json=news("g3"))).status_code == 200
    assert await kept() == ["g1", "g3"]


async def test_an_account_that_lacks_something_asks_to_come_again(vendor: httpx.AsyncClient) -> None:
    answer = await vendor.post(address(account="needy"), json=news("g1"))
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "url" in answer.json()["detail"]


async def test_a_reply_is_kept_once_and_acted_upon(vendor: httpx.AsyncClient, nudges: list[str]) -> None:
    said = [{"id": "r1", "phone": "13900000001", "text": "ｔｄ"}]
    for _ in range(2):
        assert (await vendor.post(address(what="replies"), json=said)).status_code == 200
    assert await make.fetch("SELECT gateway, kind, member FROM reply") == [
        {"gateway": "pretend", "kind": "opt_out", "member": 1}
    ]

    async def woken() -> bool:
        return bool(nudges)

    await until(woken, seconds=5, what="somebody is woken")
    assert nudges == ["hand over"]


@pytest.mark.parametrize("text", ["\\ud83d", "\\u0000"])
async def test_a_reply_that_cannot_be_kept_is_refused(vendor: httpx.AsyncClient, text: str) -> None:
    body = f'[{{"id": "r1", "phone": "13900000001", "text": "{text}"}}]'
    assert (await vendor.post(address(what="replies"), content=body)).status_code == 400
    assert await make.value("SELECT count(*) FROM reply") == 0


async def test_a_burst_is_kept_whole_and_wakes_few(vendor: httpx.AsyncClient, nudges: list[str]) -> None:
    answers = await asyncio.gather(*(vendor.post(address(), json=news(f"b{n}")) for n in range(150)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(await kept()) == 150
    assert len(nudges) < 150


async def test_logs_hold_neither_the_secret_nor_the_account_in_a_path(vendor: httpx.AsyncClient) -> None:
    with capture_logs() as logs:
        await vendor.post(address(), json=news("g1"))
    (line,) = logs
    assert line["route"] == "/hooks/{gateway}/reports"
    assert hook_token(secret=settings().secret, account="pretend") not in str(line)

"""A bridge of one's own: what it is told, what its answers mean, and what it may not say."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import httpx
import pytest

from gateways.bridge import Bridge
from gateways.protocol import Account, Answer, BadAccountError, BadHookError, HookRequest, Message
from tests.operator_site import SECRET, Line, operating
from tests.ports import free_port

TEXTS = [Message(id=n, phone=f"+861390000000{n}", text="【鲜果里】周末八折") for n in (1, 2)]


def account(url: str, *, secret: str = SECRET, **settings: Any) -> Account:
    return Account(name="line", gateway="bridge", settings={"url": url, **settings}, credentials={"secret": secret})


def told(*items: dict[str, Any] | str) -> HookRequest:
    return HookRequest(query={}, headers={}, body=json.dumps(list(items)).encode())


@pytest.fixture
async def line() -> AsyncIterator[tuple[Line, str]]:
    line = Line("line", "idempotent", Random(1))  # noqa: S311  it draws faults
    async with operating(line) as operator:
        yield line, f"{operator.url}/line"


async def test_what_is_accepted_left_once_and_is_signed(line: tuple[Line, str]) -> None:
    fake, url = line
    async with Bridge(account(url, promise="idempotent")) as bridge:
        for _ in range(2):
            assert await bridge.send(messages=TEXTS, now=datetime.now(UTC)) == [
                Answer(id=n, state="accepted", gateway_message_id=f"line-{n}") for n in (1, 2)
            ]
        assert [one.state for one in await bridge.ask(messages=[*TEXTS, Message(id=3, phone="x", text="y")], now=datetime.now(UTC))] == [
            "accepted", "accepted", "again",
        ]  # fmt: skip
    assert [(number, phone) for number, phone, _ in fake.left] == [(one.id, one.phone) for one in TEXTS]


async def test_a_wrong_secret_is_no_answer(line: tuple[Line, str]) -> None:
    fake, url = line
    async with Bridge(account(url, secret="whsec_c29tZWJvZHkgZWxzZQ==")) as bridge:  # noqa: S106
        with pytest.raises(httpx.HTTPError):
            await bridge.send(messages=TEXTS, now=datetime.now(UTC))
    assert fake.left == []


@pytest.mark.parametrize(
    ("fault", "states"), [("refuses", [("again", "rate")] * 2), ("half", [("accepted", None), ("again", "rate")])]
)
async def test_what_was_refused_surely_stayed(line: tuple[Line, str], fault: str, states: list[object]) -> None:
    fake, url = line
    fake.faults, fake.odds = (fault,), 1
    async with Bridge(account(url)) as bridge:
        answers = [(one.state, one.error_class) for one in await bridge.send(messages=TEXTS, now=datetime.now(UTC))]
    assert answers == states


async def test_nobody_there_means_surely_not_taken() -> None:
    async with Bridge(account(f"http://127.0.0.1:{free_port()}")) as bridge:
        answers = await bridge.send(messages=TEXTS, now=datetime.now(UTC))
    assert {(one.state, one.error_class) for one in answers} == {("again", "gateway_down")}


def test_reports_and_replies_are_read() -> None:
    bridge = Bridge(account("http://x"))
    (report,) = bridge.told_reports(
        request=told({"gateway_message_id": "line-1", "id": 1, "state": "failed", "at": "2026-11-22T10:00:00+08:00",
                      "error_class": "dead_number"}), now=datetime.now(UTC),
    )  # fmt: skip
    assert (report.message, report.state, report.error_class) == (1, "failed", "dead_number")
    (reply,) = bridge.told_replies(
        request=told({"id": "r1", "phone": "13900000001", "text": "R", "at": "2026-11-22T02:00:00"}),
        now=datetime.now(UTC),
    )
    assert (reply.gateway_reply_id, reply.text, reply.at) == ("r1", "R", datetime(2026, 11, 22, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[1]",
        b'[{"gateway_message_id": "x", "state": "sent", "at": "2026-11-22T10:00:00Z"}]',
        b"\xff",
        b"[" * 5000,
    ],
)
def test_what_is_no_news_is_refused_without_repeating_it(body: bytes) -> None:
    bridge = Bridge(account("http://x"))
    for read in (bridge.told_reports, bridge.told_replies):
        with pytest.raises(BadHookError) as refused:
            read(request=HookRequest(query={}, headers={}, body=body), now=datetime.now(UTC))
        assert "sent" not in str(refused.value)


@pytest.mark.parametrize(
    ("lacking", "word"),
    [
        (Account(name="line", gateway="bridge", credentials={"secret": SECRET}), "url"),
        (Account(name="line", gateway="bridge", settings={"url": "http://x"}), "secret"),
        (account("http://x", promise="always"), "always"),
    ],
)
def test_an_account_that_lacks_something_says_what(lacking: Account, word: str) -> None:
    with pytest.raises(BadAccountError) as refused:
        Bridge(lacking)
    assert word in refused.value.en
    assert word in refused.value.zh

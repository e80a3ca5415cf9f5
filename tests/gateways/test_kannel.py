"""Kannel's HTTP interface against a pretended sendsms: what is asked, and what each of its answers means for a message."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from gateways import kannel
from gateways.protocol import Account, Answer, BadAccountError, Message
from gateways.registry import opened
from tests.ports import free_port

NOW = datetime(2031, 3, 31, 13, tzinfo=UTC)
PHONE, PASSWORD = "+8613900000001", "mima-ceshi"
REPORTS = "https://crm.example.cn/hooks/line1/reports?token=0a1b"
ACCEPTED = (202, "0: Accepted for delivery")
DROPS, HANGS = (0, ""), (-1, "")


@dataclass
class Sendsms:
    """`asked`: headers (lower case) and text of each request; `most`: how many came at once."""

    url: str = ""
    asked: list[tuple[dict[str, str], str]] = field(default_factory=list)
    answer: Callable[[dict[str, str]], tuple[int, str]] = lambda _: ACCEPTED
    busy: int = 0
    most: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.busy += 1
        self.most = max(self.most, self.busy)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            _, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
            text = (await reader.readexactly(int(headers["content-length"]))).decode()
            self.asked.append((headers, text))
            status, body = self.answer(headers)
            await asyncio.sleep(0)
            if (status, body) == HANGS:
                await reader.read()
            elif (status, body) != DROPS:
                said = f"HTTP/1.1 {status} Said\r\nLocation: /other\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
                writer.write((said + body).encode())
                await writer.drain()
        finally:
            self.busy -= 1
            writer.close()


@pytest.fixture
async def sendsms() -> AsyncIterator[Sendsms]:
    pretended = Sendsms()
    server = await asyncio.start_server(pretended.serve, "127.0.0.1", 0)
    pretended.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/cgi-bin/sendsms"
    yield pretended
    server.close()
    await server.wait_closed()


def account(url: Any = "http://127.0.0.1:13013/cgi-bin/sendsms", **settings: Any) -> Account:
    return Account(
        name="line1",
        gateway="kannel",
        settings={"url": url, "from": "10690001", **settings},
        credentials={"username": "regulars", "password": PASSWORD},
        reports_url=REPORTS,
    )


@asynccontextmanager
async def line(url: str, **settings: Any) -> AsyncIterator[kannel.Kannel]:
    async with kannel.Kannel(account(url, **settings)) as gateway:
        yield gateway


def message(number: int = 7, text: str = "【回头客】您好", phone: str = PHONE) -> Message:
    return Message(id=number, phone=phone, text=text)


async def sent(sendsms: Sendsms, *messages: Message, **settings: Any) -> list[Answer]:
    async with line(sendsms.url, **settings) as gateway:
        return await gateway.send(messages=messages or (message(),), now=NOW)


async def test_a_chinese_text_is_asked_for_with_its_report(sendsms: Sendsms) -> None:
    text = "【回头客】" + "您好，" * 60 + "😀100% & ok\n拒收请回复R"
    (answer,) = await sent(sendsms, message(text=text))
    assert answer == Answer(id=7, state="accepted", gateway_message_id="k-7")
    ((headers, came),) = sendsms.asked
    assert came == text
    told = {name.removeprefix("x-kannel-"): value for name, value in headers.items() if name.startswith("x-kannel-")}
    assert told == {
        "username": "regulars", "password": PASSWORD, "from": "10690001", "to": PHONE, "coding": "2", "dlr-mask": "19",
        "dlr-url": f"{REPORTS}&id=7&type=%d&answer=%A&smsc=%i&at=%T",
    }  # fmt: skip
    assert headers["content-type"] == "text/plain; charset=UTF-8"


async def test_a_text_of_gsm_letters_goes_in_seven_bits_and_settings_go_along(sendsms: Sendsms) -> None:
    await sent(sendsms, message(text="[Regulars] €5 off"), smsc="line2", validity=90)
    ((headers, _),) = sendsms.asked
    names = ("x-kannel-coding", "x-kannel-smsc", "x-kannel-validity")
    assert [headers[name] for name in names] == ["0", "line2", "90"]


async def test_kannel_fills_in_nothing_of_our_own_address(sendsms: Sendsms) -> None:
    percent = replace(account(sendsms.url), reports_url="http://h/hooks/%E5%BA%97/reports")
    async with kannel.Kannel(percent) as gateway:
        await gateway.send(messages=[message()], now=NOW)
    assert sendsms.asked[0][0]["x-kannel-dlr-url"].startswith("http://h/hooks/%%E5%%BA%%97/reports?id=7&type=%d")


@pytest.mark.parametrize(
    ("status", "body", "state", "error"),
    [
        (202, "0: Accepted for delivery", "accepted", None),
        (202, "3: Queued for later delivery", "accepted", None),
        (202, "Sent. Message splits: 3", "accepted", None),
        (503, "Temporal failure, try again later.", "again", "gateway_down"),
        (429, "slow down", "again", "rate"),
        (403, "Authorization failed for sendsms", "elsewhere", "gateway_down"),
        (403, "Not routable. Do not try again.", "elsewhere", "gateway_down"),
        (400, "Sender missing and no global set, rejected", "elsewhere", "gateway_down"),
        (400, "Missing receiver number, rejected", "elsewhere", "gateway_down"),
        (404, "Unknown request.", "elsewhere", "gateway_down"),
        (415, "Unsupported content-type, rejected", "elsewhere", "gateway_down"),
        (302, "", "elsewhere", "gateway_down"),
        (400, "Number(s) has/have been denied by white- and/or black-lists.", "failed", "blacklisted"),
        (400, "Charset or body misformed, rejected", "failed", "content_blocked"),
        (500, "Sending failed.", "unknown", None),
        (502, "Bad gateway", "unknown", None),
        (503, "<html>proxy</html>", "unknown", None),
        (504, "Gateway timeout", "unknown", None),
        (200, "welcome", "unknown", None),
    ],
)
async def test_what_each_answer_means(sendsms: Sendsms, status: int, body: str, state: str, error: str | None) -> None:
    sendsms.answer = lambda _: (status, body)
    (answer,) = await sent(sendsms)
    assert (answer.state, answer.error_class) == (state, error)
    assert len(sendsms.asked) == 1
    assert (answer.gateway_message_id == "k-7") == (state == "accepted")


async def test_nothing_was_sent_where_nobody_listens() -> None:
    async with line(f"http://127.0.0.1:{free_port()}/cgi-bin/sendsms") as gateway:
        (answer,) = await gateway.send(messages=[message()], now=NOW)
    assert (answer.state, answer.error_class) == ("again", "gateway_down")


@pytest.mark.parametrize("fate", [DROPS, HANGS])
async def test_whoever_took_it_and_said_nothing_may_have_sent_it(
    sendsms: Sendsms, monkeypatch: pytest.MonkeyPatch, fate: tuple[int, str]
) -> None:
    monkeypatch.setattr(kannel, "_ANSWER", 0.1)
    sendsms.answer = lambda _: fate
    assert await sent(sendsms) == [Answer(id=7, state="unknown")]
    assert len(sendsms.asked) == 1, "it was not offered again"


async def test_each_message_of_a_call_has_its_own_answer(sendsms: Sendsms) -> None:
    fates = {"+8613900000001": ACCEPTED, "+8613900000002": DROPS, "+8613900000003": (503, "Temporal failure")}
    sendsms.answer = lambda headers: fates.get(headers["x-kannel-to"], ACCEPTED)
    messages = [message(number, phone=f"+861390000000{number}") for number in (1, 2, 3, 4)]
    answers = await sent(sendsms, *messages)
    assert [(answer.id, answer.state) for answer in answers] == [
        (1, "accepted"), (2, "unknown"), (3, "again"), (4, "accepted"),
    ]  # fmt: skip


async def test_no_more_at_once_than_there_are_connections(sendsms: Sendsms) -> None:
    answers = await sent(sendsms, *(message(number) for number in range(1, 31)), connections="3")
    assert [answer.id for answer in answers] == list(range(1, 31))
    assert {answer.state for answer in answers} == {"accepted"}
    assert sendsms.most <= 3
    assert len(sendsms.asked) == 30


async def test_what_waited_too_long_was_not_offered(sendsms: Sendsms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kannel, "_ANSWER", 0.2)
    monkeypatch.setattr(kannel, "_PATIENCE", 0.05)
    sendsms.answer = lambda _: HANGS
    answers = await sent(sendsms, *(message(number) for number in (1, 2, 3)), connections=1)
    assert [(answer.state, answer.error_class) for answer in answers] == [
        ("unknown", None), ("again", "gateway_down"), ("again", "gateway_down"),
    ]  # fmt: skip
    assert len(sendsms.asked) == 1


def test_a_whole_call_ends_before_it_is_given_up() -> None:
    assert kannel.Kannel.longest_call > kannel._PATIENCE + kannel._ANSWER


async def test_half_a_letter_is_replaced_and_stops_nobody(sendsms: Sendsms) -> None:
    answers = await sent(sendsms, message(1, text="好\ud83d"), message(2))
    assert [answer.state for answer in answers] == ["accepted", "accepted"]
    assert sorted(text for _, text in sendsms.asked) == ["【回头客】您好", "好?"]


async def test_no_log_line_has_a_person_or_the_password(sendsms: Sendsms, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        await sent(sendsms)
    assert not any(secret in caplog.text for secret in (PHONE[3:], PASSWORD, "您好", "0a1b"))


async def test_a_proxy_of_the_environment_is_not_asked(sendsms: Sendsms, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert [answer.state for answer in await sent(sendsms)] == ["accepted"]


def test_it_promises_nothing_about_ids() -> None:
    gateway = opened(account=account())
    assert isinstance(gateway, kannel.Kannel)
    assert not gateway.idempotent
    assert not gateway.askable
    assert gateway.hook_answer().body == "", "Kannel sends what it is answered as an SMS"


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"url": "ftp://h/x"}, "url"), ({"url": "kannel:13013"}, "url"), ({"url": "http://"}, "url"), ({"url": 7}, "url"),
        ({"url": ""}, "url"), ({"from": ""}, "from"), ({"from": "回头客"}, "from"), ({"from": "1069\r\nX-Kannel-To: 1"}, "from"),
        ({"smsc": "a\nb"}, "smsc"), ({"connections": 0.5}, "connections"), ({"connections": 65}, "connections"),
        ({"validity": "soon"}, "validity"),
    ],
)  # fmt: skip
def test_settings_that_cannot_work_are_named_in_both_languages(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(BadAccountError) as refused:
        opened(account=account(**settings))
    assert named in refused.value.en
    assert named in refused.value.zh


@pytest.mark.parametrize("credentials", [{}, {"username": "a"}, {"username": "a", "password": "b\r\nX-Kannel-To: 1"}])
def test_credentials_that_cannot_work_are_named_and_not_shown(credentials: dict[str, str]) -> None:
    with pytest.raises(BadAccountError, match="password") as refused:
        opened(account=replace(account(), credentials=credentials))
    assert "X-Kannel-To" not in refused.value.en + refused.value.zh

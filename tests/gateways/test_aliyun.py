"""Aliyun against a fake that checks signatures: sending, each documented refusal, answers that never come, asking."""

import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateways.aliyun import Aliyun
from gateways.protocol import Account, Answer, BadAccountError, Message, VendorText
from gateways.registry import opened
from rules.out_ids import SPAN
from tests.gateways.aliyun_site import KEY_ID, KEY_SECRET, AliyunSite
from tests.gateways.cloud_site import REPORTS_URL, serving
from tests.make import ZONE
from tests.ports import free_port

NOW = datetime(2031, 3, 31, 13, tzinfo=ZONE)
TEXTS = {"SMS_1": "尊敬的${name}，您有${points}积分。", "SMS_2": "验证码${code}。", "SMS_9": "只在我们这里有"}


def account(url: str, **changed: Any) -> Account:
    fields: dict[str, Any] = {
        "settings": {"endpoint": url},
        "credentials": {"access_key_id": KEY_ID, "access_key_secret": KEY_SECRET},
        "signatures": ["回头客", "总店", "空签名"],
        "texts": [VendorText(code=code, text=text) for code, text in TEXTS.items()],
        "reports_url": REPORTS_URL,
    }
    return Account(name="ali", gateway="aliyun", **(fields | changed))


@asynccontextmanager
async def both(**changed: Any) -> AsyncIterator[tuple[AliyunSite, Aliyun]]:
    known = {code: text for code, text in TEXTS.items() if code != "SMS_9"}
    async with serving(AliyunSite(now=NOW, templates=known, signatures={"回头客", "总店"})) as site:
        kind = opened(account=account(site.url, **changed))
        assert isinstance(kind, Aliyun)
        async with kind as gateway:
            yield site, gateway


def points(number: int, *, phone: int | None = None, signature: str = "回头客", name: str = "王 女士*~") -> Message:
    said = f"【{signature}】尊敬的{name}，您有{number}积分。"
    return Message(id=number, phone=f"+86139{number if phone is None else phone:08}", text=said)


def fates(answers: list[Answer]) -> dict[int, tuple[str, str | None]]:
    return {answer.id: (answer.state, answer.error_class) for answer in answers}


async def test_one_message_leaves_as_it_was_composed() -> None:
    async with both() as (site, aliyun):
        (answer,) = await aliyun.send(messages=[points(17)], now=NOW)
        assert (answer.id, answer.state) == (17, "accepted")
        assert [(sent.phone, sent.text) for sent in site.left] == [("13900000017", points(17).text)]
        assert site.asked[0].headers["x-acs-action"] == "SendSms"
        assert re.fullmatch(r"[0-9a-f]{8}\.17", site.left[0].reference)


async def test_a_hundred_leave_in_one_call_with_a_number_each() -> None:
    async with both() as (site, aliyun):
        messages = [points(n) for n in range(101, 201)]
        answers = await aliyun.send(messages=messages, now=NOW)
        assert [asked.headers["x-acs-action"] for asked in site.asked] == ["SendBatchSms"]
        assert Counter(sent.text for sent in site.left) == Counter(message.text for message in messages)
        numbers = {answer.gateway_message_id for answer in answers}
        assert len(numbers) == 100
        assert not any(phone.phone.removeprefix("+86") in str(numbers) for phone in messages)
        assert max(len(number or "") for number in numbers) <= 100


async def test_each_text_and_signature_and_the_same_phone_twice_are_calls_of_their_own() -> None:
    async with both() as (site, aliyun):
        code = Message(id=3, phone="+8613900000001", text="【回头客】验证码123456。")
        far = points(4 + SPAN, phone=9)
        messages = [points(1), points(2, phone=1), code, points(4), points(5, signature="总店"), far]
        answers = await aliyun.send(messages=messages, now=NOW)
        assert Counter(sent.text for sent in site.left) == Counter(message.text for message in messages)
        assert {state for state, _ in fates(answers).values()} == {"accepted"}
        assert len({answer.gateway_message_id for answer in answers}) == 6
        assert len(site.asked) == 5


async def test_what_it_would_refuse_is_not_offered() -> None:
    async with both() as (site, aliyun):
        messages = [points(1, signature="别家"), points(2, name="https://a.cn"), points(3, name="王" * 36)]
        answers = await aliyun.send(messages=messages, now=NOW)
        assert fates(answers) == {
            1: ("elsewhere", "signature_blocked"),
            2: ("elsewhere", "content_blocked"),
            3: ("elsewhere", "content_blocked"),
        }
        assert site.asked == []


async def test_a_text_or_signature_that_it_no_longer_knows() -> None:
    async with both() as (site, aliyun):
        unknown = [Message(id=n, phone=f"+861390000000{n}", text="【回头客】只在我们这里有") for n in (1, 2)]
        answers = await aliyun.send(messages=[*unknown, points(3, signature="空签名")], now=NOW)
        assert fates(answers) == {
            1: ("elsewhere", "content_blocked"),
            2: ("elsewhere", "content_blocked"),
            3: ("elsewhere", "signature_blocked"),
        }
        assert site.left == []


@pytest.mark.parametrize(
    ("code", "message", "fate"),
    [
        ("isv.MOBILE_NUMBER_ILLEGAL", "非法手机号", ("failed", "dead_number")),
        ("isv.BLACK_KEY_CONTROL_LIMIT", "黑名单管控", ("failed", "blacklisted")),
        ("isv.CUSTOMER_REFUSED", "用户已退订", ("failed", "blacklisted")),
        ("isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1", ("again", "capped")),
        ("isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:40", ("elsewhere", "capped")),
        ("isv.PARAM_LENGTH_LIMIT", "参数超过长度限制", ("elsewhere", "content_blocked")),
    ],
)
async def test_one_bad_number_costs_the_other_eleven_nothing(code: str, message: str, fate: tuple[str, str]) -> None:
    """Above all it does not make their phones invalid."""
    async with both() as (site, aliyun):
        site.no["13900000005"] = code, message
        answers = fates(await aliyun.send(messages=[points(n) for n in range(1, 13)], now=NOW))
        assert answers.pop(5) == fate
        assert set(answers.values()) == {("accepted", None)}
        assert Counter(sent.phone for sent in site.left) == Counter(f"139{n:08}" for n in range(1, 13) if n != 5)
        assert site.busy_most <= 8


@pytest.mark.parametrize(
    ("status", "code", "fate"),
    [
        (200, "isv.AMOUNT_NOT_ENOUGH", ("elsewhere", "no_balance")),
        (200, "isv.OUT_OF_SERVICE", ("elsewhere", "no_balance")),
        (200, "isv.DAY_LIMIT_CONTROL", ("elsewhere", "capped")),
        (200, "isv.ACCOUNT_ABNORMAL", ("elsewhere", "gateway_down")),
        (200, "isv.SOMETHING_NEW", ("elsewhere", "gateway_down")),
        (200, "isp.RAM_PERMISSION_DENY", ("elsewhere", "gateway_down")),
        (403, "Forbidden.RAM", ("elsewhere", "gateway_down")),
        (400, "Throttling.User", ("again", "rate")),
        (200, "isp.SYSTEM_ERROR", ("unknown", "gateway_down")),
        (503, "ServiceUnavailable", ("unknown", "gateway_down")),
        (500, "Throttling", ("unknown", "gateway_down")),
    ],
)
async def test_a_refusal_of_the_whole_call_is_everyones(status: int, code: str, fate: tuple[str, str]) -> None:
    async with both() as (site, aliyun):
        site.everywhere = status, code
        answers = await aliyun.send(messages=[points(1), points(2)], now=NOW)
        assert set(fates(answers).values()) == {fate}
        assert len(site.asked) == 1


async def test_one_call_without_an_answer_leaves_the_others_alone() -> None:
    async with both() as (site, aliyun):
        site.faults = ["break"]
        answers = await aliyun.send(messages=[points(1), points(2, signature="总店"), points(3)], now=NOW)
        assert Counter(state for state, _ in fates(answers).values()) in (
            Counter(unknown=2, accepted=1),
            Counter(unknown=1, accepted=2),
        )


async def test_nobody_there_means_surely_not_taken() -> None:
    nowhere = opened(account=account(f"http://127.0.0.1:{free_port()}"))
    async with nowhere as aliyun:
        answers = await aliyun.send(messages=[points(1), points(2)], now=NOW)
    assert set(fates(answers).values()) == {("again", "gateway_down")}


@pytest.mark.parametrize(
    ("credentials", "now"),
    [
        ({"access_key_id": KEY_ID, "access_key_secret": "wrong"}, NOW),
        ({"access_key_id": "LTAIother", "access_key_secret": KEY_SECRET}, NOW),
        ({"access_key_id": KEY_ID, "access_key_secret": KEY_SECRET}, NOW + timedelta(hours=1)),
    ],
)
async def test_a_wrong_key_or_clock_sends_nothing(credentials: dict[str, str], now: datetime) -> None:
    async with both(credentials=credentials) as (site, aliyun):
        answers = await aliyun.send(messages=[points(1), points(2)], now=now)
        assert set(fates(answers).values()) == {("elsewhere", "gateway_down")}
        assert site.left == []


@pytest.mark.parametrize(
    "changed",
    [
        {"credentials": {"access_key_id": KEY_ID}},
        {"credentials": {}},
        {"settings": {"endpoint": "http://dysmsapi.aliyuncs.com"}},
        {"settings": {"endpoint": "https://host/path"}},
        {"settings": {"endpoint": "dysmsapi"}},
        {"settings": {"longest_variable": "many"}},
        {"settings": {"longest_variable": 0.5}},
    ],
)
def test_an_account_that_cannot_work_says_what_to_do(changed: dict[str, Any]) -> None:
    with pytest.raises(BadAccountError) as refusal:
        opened(account=account("https://dysmsapi.aliyuncs.com", **changed))
    assert "ali" in refusal.value.en
    assert KEY_SECRET not in refusal.value.en + refusal.value.zh


def test_without_settings_it_is_the_vendors_own_address() -> None:
    kind = opened(account=account("", settings={}))
    assert isinstance(kind, Aliyun)
    assert kind.endpoint == "https://dysmsapi.aliyuncs.com"
    assert (kind.idempotent, kind.askable, kind.most) == (False, True, 100)


async def test_no_log_line_holds_a_phone(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with both() as (_, aliyun):
        await aliyun.send(messages=[points(1)], now=NOW)
        await aliyun.ask(messages=[points(1)], now=NOW)
    assert "139" not in caplog.text

"""Tencent against a fake that checks signatures: sending, half-accepted calls, each documented refusal, lost answers."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateways.protocol import Account, Answer, BadAccountError, Message, VendorText
from gateways.registry import opened
from gateways.tencent import Tencent
from tests.gateways.cloud_site import REPORTS_URL, Fault, serving
from tests.gateways.tencent_site import APP, KEY_ID, KEY_SECRET, TencentSite
from tests.make import ZONE
from tests.ports import free_port

NOW = datetime(2031, 3, 31, 13, tzinfo=ZONE)
TEXTS = {"1001": "{2}，本周鲜果到店，拒收请回复R{1}号", "1002": "明日开业，欢迎光临。", "1009": "只在我们这里有"}
KEYS = {"secret_id": KEY_ID, "secret_key": KEY_SECRET}


def account(url: str, **changed: Any) -> Account:
    settings = {"endpoint": url, "sdk_app_id": int(APP)} | changed.pop("settings", {})
    fields: dict[str, Any] = {
        "credentials": KEYS,
        "signatures": ["回头客", "空签名"],
        "texts": [VendorText(code=code, text=text) for code, text in TEXTS.items()],
        "reports_url": REPORTS_URL,
    }
    return Account(name="tx", gateway="tencent", settings=settings, **(fields | changed))


@asynccontextmanager
async def both(**changed: Any) -> AsyncIterator[tuple[TencentSite, Tencent]]:
    known = {code: text for code, text in TEXTS.items() if code != "1009"}
    async with serving(TencentSite(now=NOW, templates=known, signatures={"回头客"})) as site:
        kind = opened(account=account(site.url, **changed))
        assert isinstance(kind, Tencent)
        async with kind as gateway:
            yield site, gateway


def same(number: int, *, phone: str = "", signature: str = "回头客") -> Message:
    return Message(id=number, phone=phone or f"+86139{number:08}", text=f"【{signature}】明日开业，欢迎光临。")


def own(number: int, *, name: str = "王女士") -> Message:
    return Message(id=number, phone=f"+86139{number:08}", text=f"【回头客】{name}，本周鲜果到店，拒收请回复R{number}号")


def fates(answers: list[Answer]) -> dict[int, tuple[str, str | None]]:
    return {answer.id: (answer.state, answer.error_class) for answer in answers}


async def test_two_hundred_with_the_same_words_leave_in_one_call() -> None:
    async with both() as (site, tencent):
        messages = [same(n) for n in range(1, 201)]
        answers = await tencent.send(messages=messages, now=NOW)
        assert len(site.asked) == 1
        assert Counter((sent.phone, sent.text) for sent in site.left) == Counter(
            (one.phone, one.text) for one in messages
        )
        assert {answer.id: answer.gateway_message_id for answer in answers} == {
            n: sent.number for n, sent in enumerate(site.left, start=1)
        }


async def test_words_of_ones_own_leave_as_they_were_composed() -> None:
    """The placeholders stand in another order than their numbers."""
    async with both() as (site, tencent):
        messages = [own(n, name=f"客{n}") for n in range(1, 41)]
        answers = await tencent.send(messages=messages, now=NOW)
        assert Counter(sent.text for sent in site.left) == Counter(message.text for message in messages)
        assert {answer.state for answer in answers} == {"accepted"}
        assert site.busy_most <= 32


async def test_the_same_phone_twice_and_a_phone_abroad_are_calls_of_their_own() -> None:
    async with both() as (site, tencent):
        messages = [same(1), same(2, phone="+8613900000001"), same(3, phone="+85260000000"), same(4)]
        answers = await tencent.send(messages=messages, now=NOW)
        assert {state for state, _ in fates(answers).values()} == {"accepted"}
        assert len({answer.gateway_message_id for answer in answers}) == 4
        assert len(site.asked) == 3


async def test_a_half_accepted_call_says_so_of_each() -> None:
    async with both() as (site, tencent):
        site.no = {
            "+8613900000002": "FailedOperation.PhoneNumberInBlacklist",
            "+8613900000003": "InvalidParameterValue.IncorrectPhoneNumber",
            "+8613900000004": "LimitExceeded.PhoneNumberThirtySecondLimit",
            "+8613900000005": "LimitExceeded.PhoneNumberDailyLimit",
            "+8613900000006": "InternalError.Timeout",
            "+8613900000007": "FailedOperation.SomethingNew",
        }
        answers = await tencent.send(messages=[same(n) for n in range(1, 9)], now=NOW)
        assert fates(answers) == {
            1: ("accepted", None),
            2: ("failed", "blacklisted"),
            3: ("failed", "dead_number"),
            4: ("again", "capped"),
            5: ("elsewhere", "capped"),
            6: ("unknown", "gateway_down"),
            7: ("elsewhere", "gateway_down"),
            8: ("accepted", None),
        }
        assert len(site.asked) == 1
        assert [sent.phone[-1] for sent in site.left] == ["1", "8"]


async def test_a_number_that_the_answer_forgets_is_unknown() -> None:
    async with both() as (site, tencent):
        status = site._status
        site._status = lambda phone, said: status(phone, said) | {"PhoneNumber": "13900000001"}  # type: ignore[method-assign]
        answers = await tencent.send(messages=[same(1), same(2)], now=NOW)
        assert fates(answers) == {1: ("accepted", None), 2: ("unknown", "gateway_down")}


async def test_what_it_would_refuse_is_not_offered() -> None:
    async with both() as (site, tencent):
        refused = [same(1, signature="别家"), own(2, name="七个字的名字呀"), own(3, name="a.cn"), same(4)]
        refused[3] = Message(id=4, phone="+8613900000004", text="【回头客】今日开业，欢迎光临。")
        assert fates(await tencent.send(messages=refused, now=NOW)) == {
            1: ("elsewhere", "signature_blocked"),
            2: ("elsewhere", "content_blocked"),
            3: ("elsewhere", "content_blocked"),
            4: ("elsewhere", "content_blocked"),
        }
        assert site.asked == []


async def test_longer_values_leave_where_the_console_allows_them() -> None:
    async with both(settings={"longest_variable": "12"}) as (_, tencent):
        (answer,) = await tencent.send(messages=[own(2, name="七个字的名字呀")], now=NOW)
        assert answer.state == "accepted"


async def test_a_text_or_signature_that_it_no_longer_knows() -> None:
    async with both() as (site, tencent):
        gone = Message(id=1, phone="+8613900000001", text="【回头客】只在我们这里有")
        answers = await tencent.send(messages=[gone, same(2, signature="空签名")], now=NOW)
        assert fates(answers) == {1: ("elsewhere", "content_blocked"), 2: ("elsewhere", "signature_blocked")}
        assert site.left == []


@pytest.mark.parametrize(
    ("code", "fate"),
    [
        ("AuthFailure.UnauthorizedOperation", ("elsewhere", "gateway_down")),
        ("UnauthorizedOperation.RequestIpNotInWhitelist", ("elsewhere", "gateway_down")),
        ("UnauthorizedOperation.ServiceSuspendDueToArrears", ("elsewhere", "no_balance")),
        ("FailedOperation.InsufficientBalanceInSmsPackage", ("elsewhere", "no_balance")),
        ("FailedOperation.ContainSensitiveWord", ("elsewhere", "content_blocked")),
        ("InvalidParameterValue.ProhibitedUseUrlInTemplateParameter", ("elsewhere", "content_blocked")),
        ("InvalidParameterValue.TemplateParameterLengthLimit", ("elsewhere", "content_blocked")),
        ("FailedOperation.MarketingSendTimeConstraint", ("again", "capped")),
        ("LimitExceeded.AppDailyLimit", ("elsewhere", "capped")),
        ("RequestLimitExceeded", ("again", "rate")),
        ("InternalError.RequestTimeException", ("elsewhere", "gateway_down")),
        ("InternalError.SendAndRecvFail", ("unknown", "gateway_down")),
        ("InternalError", ("unknown", "gateway_down")),
        ("SomethingNew", ("elsewhere", "gateway_down")),
    ],
)
async def test_a_refusal_of_the_whole_call_is_everyones(code: str, fate: tuple[str, str]) -> None:
    async with both() as (site, tencent):
        site.everywhere = code
        answers = await tencent.send(messages=[same(1), same(2)], now=NOW)
        assert set(fates(answers).values()) == {fate}
        assert len(site.asked) == 1


async def test_a_whole_call_refused_for_one_number_is_offered_one_by_one() -> None:
    async with both() as (site, tencent):
        bad = site._bad
        site._bad = lambda asked, said: (  # type: ignore[method-assign]
            "FailedOperation.PhoneNumberParseFail" if "+8613900000002" in said["PhoneNumberSet"] else bad(asked, said)
        )
        answers = await tencent.send(messages=[same(n) for n in (1, 2, 3)], now=NOW)
        assert fates(answers) == {1: ("accepted", None), 2: ("failed", "dead_number"), 3: ("accepted", None)}


@pytest.mark.parametrize("fault", ["silence", "break", "500", "words", "list"])
async def test_an_answer_that_never_came_is_unknown_and_nothing_is_repeated(fault: Fault) -> None:
    async with both() as (site, tencent):
        if fault == "silence":
            tencent.longest_answer = 1.0
        site.faults = [fault]
        answers = await tencent.send(messages=[same(1), same(2)], now=NOW)
        assert set(fates(answers).values()) == {("unknown", "gateway_down")}
        assert (len(site.asked), len(site.left)) == (1, 2)


async def test_one_call_without_an_answer_leaves_the_others_alone() -> None:
    async with both() as (site, tencent):
        site.faults = ["break"]
        answers = await tencent.send(messages=[own(1), own(2), own(3)], now=NOW)
        assert Counter(state for state, _ in fates(answers).values()) == {"unknown": 1, "accepted": 2}


async def test_nobody_there_means_surely_not_taken() -> None:
    async with opened(account=account(f"http://127.0.0.1:{free_port()}")) as tencent:
        answers = await tencent.send(messages=[same(1), own(2)], now=NOW)
    assert set(fates(answers).values()) == {("again", "gateway_down")}


@pytest.mark.parametrize(
    ("credentials", "now"),
    [
        ({**KEYS, "secret_key": "wrong"}, NOW),
        ({**KEYS, "secret_id": "AKIDother"}, NOW),
        (KEYS, NOW + timedelta(minutes=6)),
    ],
)
async def test_a_wrong_key_or_clock_sends_nothing(credentials: dict[str, str], now: datetime) -> None:
    async with both(credentials=credentials) as (site, tencent):
        answers = await tencent.send(messages=[same(1)], now=now)
        assert set(fates(answers).values()) == {("elsewhere", "gateway_down")}
        assert site.left == []


@pytest.mark.parametrize(
    "changed",
    [
        {"credentials": {"secret_id": KEY_ID}},
        {"settings": {"sdk_app_id": ""}},
        {"settings": {"endpoint": "http://sms.tencentcloudapi.com"}},
        {"settings": {"longest_variable": -1}},
    ],
)
def test_an_account_that_cannot_work_says_what_to_do(changed: dict[str, Any]) -> None:
    with pytest.raises(BadAccountError) as refusal:
        opened(account=account("https://sms.tencentcloudapi.com", **changed))
    assert "tx" in refusal.value.en
    assert KEY_SECRET not in refusal.value.en + refusal.value.zh


def test_it_promises_nothing() -> None:
    kind = opened(account=account("https://sms.tencentcloudapi.com"))
    assert (kind.idempotent, kind.askable, kind.polls, kind.most) == (False, False, False, 200)

"""What Aliyun pushes: reports and replies as documented, what is not ours, and what nobody should send."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateways.protocol import BadHookError, Gateway, HookRequest, Report
from gateways.registry import opened
from rules.out_ids import message_number, out_id
from tests.gateways.cloud_site import REPORTS_URL
from tests.gateways.test_aliyun import account
from tests.make import ZONE

NOW = datetime(2031, 3, 31, 13, 1, tzinfo=ZONE)
KEY = REPORTS_URL.partition("token=")[2]
ALONE, BATCH = out_id(key=KEY, messages=[17]), out_id(key=KEY, messages=[17, 20])


@pytest.fixture
def aliyun() -> Gateway:
    """Not entered: what is told needs no connection."""
    return opened(account=account("https://dysmsapi.aliyuncs.com"))


def push(*told: object) -> HookRequest:
    return HookRequest(query={}, headers={}, body=json.dumps(told).encode())


def report(**changed: object) -> dict[str, object]:
    """The example of SmsReport's documentation."""
    return {
        "phone_number": "13900000001", "send_time": "2031-03-31 13:00:00", "report_time": "2031-03-31 13:00:05",
        "success": True, "err_code": "DELIVERED", "err_msg": "用户接收成功", "sms_size": "1", "biz_id": "12345^0",
        "out_id": ALONE,
    } | changed  # fmt: skip


def reply(**changed: object) -> dict[str, object]:
    """The example of SmsUp's documentation."""
    return {
        "phone_number": "13900000001", "content": "R", "send_time": "2031-03-31 13:00:00", "dest_code": "1234",
        "sequence_id": "1234567890",
    } | changed  # fmt: skip


def test_a_report_finds_its_message(aliyun: Gateway) -> None:
    (alone,) = aliyun.told_reports(request=push(report()), now=NOW)
    assert alone == Report(
        gateway_message_id=message_number(key=KEY, out_id=ALONE, phone="13900000001"),
        state="delivered",
        at=datetime(2031, 3, 31, 5, 0, 5, tzinfo=UTC),
        message=17,
        body="DELIVERED",
    )
    (of_two,) = aliyun.told_reports(request=push(report(out_id=BATCH, phone_number="8613900000001")), now=NOW)
    assert of_two.message is None
    assert of_two.gateway_message_id == message_number(key=KEY, out_id=BATCH, phone="13900000001")


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("MOBILE_NOT_ON_SERVICE", "off_or_absent"), ("INVALID_NUMBER", "off_or_absent"), ("IS_CLOSE", "gateway_down"),
        ("MOBILE_SEND_LIMIT", "capped"), ("MOBILE_IN_BLACK", "blacklisted"), ("USER_REJECT", "blacklisted"),
        ("CONTENT_KEYWORD", "content_blocked"), ("CONTENT_ERROR", "content_blocked"), ("MK:0001", "dead_number"),
        ("SIGNATURE_BLACKLIST", "signature_blocked"), ("PORT_NOT_REGISTERED", "signature_blocked"),
        ("REQUEST_SUCCESS", "expired"), ("SP_UNKNOWN_ERROR", "unknown"), ("", "unknown"),
    ],
)  # fmt: skip
def test_a_failure_says_why(aliyun: Gateway, word: str, known: str) -> None:
    (told,) = aliyun.told_reports(request=push(report(success=False, err_code=word)), now=NOW)
    assert (told.state, told.error_class, told.body) == ("failed", known, word)


def test_what_others_sent_from_the_same_account_is_left_out(aliyun: Gateway) -> None:
    foreign = [report(out_id=one) for one in ("", "17", "67890", None, out_id(key="another", messages=[17]))]
    told = aliyun.told_reports(request=push(*foreign, report()), now=NOW)
    assert [one.message for one in told] == [17]


@pytest.mark.parametrize("at", ["", None, "0"])
def test_a_report_without_a_time_came_now(aliyun: Gateway, at: object) -> None:
    (told,) = aliyun.told_reports(request=push(report(report_time=at)), now=NOW)
    assert told.at == NOW


def test_a_reply_comes_with_its_number(aliyun: Gateway) -> None:
    """Old pages write the number as a number and the time without signs."""
    old = reply(sequence_id=9, send_time="20310331130000", phone_number="+86 13900000002", content="退订\x00", more=1)
    first, second = aliyun.told_replies(request=push(reply(), old), now=NOW)
    assert (first.gateway_reply_id, first.phone, first.text) == ("1234567890", "+8613900000001", "R")
    assert (second.gateway_reply_id, second.phone, second.text) == ("9", "+8613900000002", "退订")
    assert first.at == second.at == datetime(2031, 3, 31, 13, tzinfo=ZONE)


def test_a_long_reply_and_a_strange_number_are_kept(aliyun: Gateway) -> None:
    (told,) = aliyun.told_replies(request=push(reply(content="好" * 10_000, phone_number="10086")), now=NOW)
    assert (len(told.text), told.phone) == (10_000, "10086")


BAD_BODIES = [
    b"", b"null", b"1", b'"text"', b"{", b"\xff\xfe[]", b"[1]", b"[[]]", b"[null]", b"[" * 100_000, b'[{"a":' * 50_000,
    b'[{"phone_number":"1\\ud800"}]', b"[" + b"9" * 5_000 + b"]",
]  # fmt: skip


@pytest.mark.parametrize("body", BAD_BODIES, ids=range(len(BAD_BODIES)))
def test_what_is_no_push_is_refused(aliyun: Gateway, body: bytes) -> None:
    request = HookRequest(query={}, headers={}, body=body)
    with pytest.raises(BadHookError):
        aliyun.told_reports(request=request, now=NOW)
    with pytest.raises(BadHookError):
        aliyun.told_replies(request=request, now=NOW)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("phone_number", None), ("phone_number", 1.5), ("phone_number", ""), ("phone_number", "1" * 31), ("success", None),
        ("success", "maybe"), ("success", 1), ("report_time", "yesterday"), ("report_time", "2031-13-31 13:00:00"),
        ("report_time", 10**20), ("report_time", "9" * 29), ("report_time", True), ("out_id", []), ("err_code", {}),
    ],
)  # fmt: skip
def test_a_malformed_field_is_named_and_not_quoted(aliyun: Gateway, name: str, value: Any) -> None:
    with pytest.raises(BadHookError, match=rf"^item 2: {name} is missing or malformed$"):
        aliyun.told_reports(request=push(report(), report(**{name: value})), now=NOW)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sequence_id", None),
        ("sequence_id", "9" * 81),
        ("phone_number", None),
        ("content", 1.5),
        ("content", "好" * 20_001),
    ],
)
def test_a_malformed_reply_is_refused(aliyun: Gateway, name: str, value: Any) -> None:
    with pytest.raises(BadHookError, match=name):
        aliyun.told_replies(request=push(reply(**{name: value})), now=NOW)


def test_nothing_told_is_nothing(aliyun: Gateway) -> None:
    assert aliyun.told_reports(request=push(), now=NOW) == []
    assert aliyun.told_replies(request=push(), now=NOW) == []


def test_the_answer_is_the_documented_one(aliyun: Gateway) -> None:
    answer = aliyun.hook_answer()
    assert (json.loads(answer.body), answer.media_type) == ({"code": 0, "msg": "接收成功"}, "application/json")


def test_a_push_of_a_thousand_is_read_quickly_and_in_order(aliyun: Gateway) -> None:
    many = [report(out_id=out_id(key=KEY, messages=[n])) for n in range(1, 1001)]
    told = aliyun.told_reports(request=push(*many), now=NOW + timedelta(seconds=1))
    assert [one.message for one in told] == list(range(1, 1001))

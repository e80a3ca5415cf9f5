"""What Tencent tells: call-backs and pulls as documented, the same reply twice, and what nobody should send."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from gateways.protocol import BadHookError, Gateway, HookRequest, Report
from gateways.registry import opened
from tests.gateways.test_aliyun_told import BAD_BODIES
from tests.gateways.test_tencent import account, both
from tests.make import ZONE

NOW = datetime(2031, 3, 31, 13, 1, tzinfo=ZONE)
TIME = 1932699600  # 2031-03-31 13:00 in Beijing


@pytest.fixture
def tencent() -> Gateway:
    """Not entered: what is told needs no connection."""
    return opened(account=account("https://sms.tencentcloudapi.com"))


def push(told: object) -> HookRequest:
    return HookRequest(query={}, headers={}, body=json.dumps(told).encode())


def report(**changed: object) -> dict[str, object]:
    """The example of the status call-back's documentation."""
    return {
        "user_receive_time": "2031-03-31 13:00:05", "nationcode": "86", "mobile": "13900000001",
        "report_status": "SUCCESS", "errmsg": "DELIVRD", "description": "用户短信送达成功", "sid": "2031:1234",
    } | changed  # fmt: skip


def reply(**changed: object) -> dict[str, object]:
    """The example of the reply call-back's documentation."""
    return {
        "extend": "", "mobile": "13900000001", "nationcode": "86", "sign": "回头客", "text": "R", "time": TIME,
    } | changed  # fmt: skip


def test_reports_come_by_their_serial_number(tencent: Gateway) -> None:
    arrived, failed = tencent.told_reports(
        request=push([report(), report(report_status="FAIL", errmsg="MK:0001", sid="2031:5", more={})]), now=NOW
    )
    assert arrived == Report(
        gateway_message_id="2031:1234", state="delivered", at=datetime(2031, 3, 31, 5, 0, 5, tzinfo=UTC), body="DELIVRD"
    )
    assert (failed.state, failed.error_class, failed.gateway_message_id) == ("failed", "dead_number", "2031:5")


@pytest.mark.parametrize(
    ("word", "known"),
    [("UNDELIV", "off_or_absent"), ("MBBLACK", "blacklisted"), ("COMFAIL", "gateway_down"), ("?", "unknown")],
)
def test_a_failure_says_why(tencent: Gateway, word: str, known: str) -> None:
    (told,) = tencent.told_reports(request=push([report(report_status="FAIL", errmsg=word)]), now=NOW)
    assert told.error_class == known


def test_the_same_reply_told_twice_has_the_same_number(tencent: Gateway) -> None:
    first, again = (tencent.told_replies(request=push(reply()), now=NOW)[0] for _ in range(2))
    assert first == again
    assert (first.phone, first.text, first.at) == ("+8613900000001", "R", datetime.fromtimestamp(TIME, tz=UTC))
    assert "13900000001" not in first.gateway_reply_id
    others = [reply(text="r"), reply(time=TIME + 1), reply(mobile="13900000002")]
    numbers = {one.gateway_reply_id for one in tencent.told_replies(request=push(others), now=NOW)}
    assert len(numbers | {first.gateway_reply_id}) == 4


@pytest.mark.parametrize(
    ("code", "mobile", "phone"),
    [
        ("86", "13900000001", "+8613900000001"), ("", "13900000001", "+8613900000001"), ("852", "60000000", "+85260000000"),
        ("+852", "60000000", "+85260000000"), ("86", "10086", "10086"), (None, "+8613900000001", "+8613900000001"),
    ],
)  # fmt: skip
def test_numbers_at_home_and_abroad(tencent: Gateway, code: object, mobile: str, phone: str) -> None:
    (told,) = tencent.told_replies(request=push(reply(nationcode=code, mobile=mobile)), now=NOW)
    assert told.phone == phone


@pytest.mark.parametrize("body", BAD_BODIES, ids=range(len(BAD_BODIES)))
def test_what_is_no_push_is_refused(tencent: Gateway, body: bytes) -> None:
    request = HookRequest(query={}, headers={}, body=body)
    with pytest.raises(BadHookError):
        tencent.told_reports(request=request, now=NOW)
    with pytest.raises(BadHookError):
        tencent.told_replies(request=request, now=NOW)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sid", None),
        ("sid", ""),
        ("sid", "9" * 101),
        ("report_status", "MAYBE"),
        ("report_status", None),
        ("user_receive_time", "x"),
    ],
)
def test_a_malformed_report_is_named_and_not_quoted(tencent: Gateway, name: str, value: Any) -> None:
    with pytest.raises(BadHookError, match=rf"^item 2: {name} is missing or malformed$"):
        tencent.told_reports(request=push([report(), report(**{name: value})]), now=NOW)


@pytest.mark.parametrize(
    ("name", "value"), [("mobile", None), ("text", []), ("time", 1.5), ("time", "soon"), ("time", 10**19)]
)
def test_a_malformed_reply_is_refused(tencent: Gateway, name: str, value: Any) -> None:
    with pytest.raises(BadHookError, match=name):
        tencent.told_replies(request=push(reply(**{name: value})), now=NOW)


def test_the_answer_is_the_documented_one(tencent: Gateway) -> None:
    answer = tencent.hook_answer()
    assert (json.loads(answer.body), answer.media_type) == ({"result": 0, "errmsg": "OK"}, "application/json")


def _pulled(number: int, **changed: object) -> dict[str, object]:
    return {
        "UserReceiveTime": TIME, "CountryCode": "86", "SubscriberNumber": "13900000001", "PhoneNumber": "+8613900000001",
        "SerialNo": f"2031:{number}", "ReportStatus": "SUCCESS", "Description": "DELIVRD", "SessionContext": "",
    } | changed  # fmt: skip


async def test_where_it_is_opened_reports_and_replies_are_pulled() -> None:
    async with both(settings={"pull": "true"}) as (site, tencent):
        assert tencent.polls
        failed = _pulled(149, ReportStatus="FAIL", Description="EXPIRED", UserReceiveTime=0)
        site.waiting["PullSmsSendStatus"] = [_pulled(n) for n in range(149)] + [failed, _pulled(150, SerialNo=None)]
        first, second = await tencent.reports(now=NOW), await tencent.reports(now=NOW)
        assert [one.gateway_message_id for one in first + second] == [f"2031:{n}" for n in range(150)]
        assert len(first) == 100
        assert (second[-1].error_class, second[-1].at) == ("expired", NOW)
        site.waiting["PullSmsReplyStatus"] = [
            {
                "PhoneNumber": "+8613900000001",
                "ReplyContent": "TD",
                "ReplyTime": TIME,
                "SignName": "回头客",
                "ExtendCode": "",
            }
        ]
        (reply_,) = await tencent.replies(now=NOW)
        assert (reply_.phone, reply_.text, reply_.at) == ("+8613900000001", "TD", datetime.fromtimestamp(TIME, tz=UTC))
        assert await tencent.reports(now=NOW) == []
        assert await tencent.replies(now=NOW) == []


@pytest.mark.parametrize("code", ["InternalError", "UnauthorizedOperation.RequestPermissionDeny"])
async def test_a_pull_that_goes_wrong_is_told(code: str) -> None:
    async with both(settings={"pull": True}) as (site, tencent):
        site.everywhere = code
        with pytest.raises(ConnectionError, match="PullSmsSendStatus was refused: gateway_down"):
            await tencent.reports(now=NOW)
        site.faults = ["500"]
        with pytest.raises(ConnectionError, match="PullSmsReplyStatus was not answered: UnclearError"):
            await tencent.replies(now=NOW)

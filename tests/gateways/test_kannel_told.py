"""What Kannel tells of itself: reports by its dlr-url, replies by its get-url."""

from datetime import UTC, datetime, timedelta

import pytest

from gateways.protocol import Account, BadHookError, HookRequest
from gateways.registry import opened

NOW = datetime(2031, 3, 31, 13, tzinfo=UTC)
PHONE = "+8613900000001"


def account() -> Account:
    return Account(
        name="line1",
        gateway="kannel",
        settings={"url": "http://127.0.0.1:13013/cgi-bin/sendsms", "from": "10690001"},
        credentials={"username": "regulars", "password": "mima-ceshi"},
    )


def hook(**query: str) -> HookRequest:
    return HookRequest(query=query, headers={}, body=b"")


EPOCH = str(int(NOW.timestamp()) - 60)
RECEIPT = "id:8f sub:001 dlvrd:001 submit date:3103311200 done date:3103311201 stat:{} err:{} Text:【回头客】您好"


@pytest.mark.parametrize(
    ("kind", "answer", "state", "error"),
    [
        ("1", "", "delivered", None),
        ("1", RECEIPT.format("DELIVRD", "000"), "delivered", None),
        ("2", RECEIPT.format("EXPIRED", "001"), "failed", "expired"),
        ("2", RECEIPT.format("UNDELIV", "012"), "failed", "off_or_absent"),
        ("2", RECEIPT.format("UNDELIV", "MK:0001"), "failed", "dead_number"),
        ("2", RECEIPT.format("REJECTD", "001"), "failed", "unknown"),
        ("2", RECEIPT.format("MBBLACK", "000"), "failed", "blacklisted"),
        ("2", RECEIPT.format("MI:0013", "000"), "failed", "off_or_absent"),
        ("2", "KEYWORD", "failed", "content_blocked"),
        ("2", "", "failed", "unknown"),
        ("16", "NACK/REJECTED", "failed", "unknown"),
        ("16", "NACK/0x00000058/Throttling error", "failed", "rate"),
        ("16", "NACK/0x0000000B/Invalid Destination Address", "failed", "unknown"),
        ("16", "NACK/EXPIRED", "failed", "expired"),
        ("34", RECEIPT.format("EXPIRED", "000"), "failed", "expired"),
    ],
)
def test_a_report_ends_its_message(kind: str, answer: str, state: str, error: str | None) -> None:
    gateway = opened(account=account())
    (report,) = gateway.told_reports(request=hook(id="7", type=kind, answer=answer, smsc="l", at=EPOCH), now=NOW)
    assert (report.message, report.gateway_message_id, report.part) == (7, "k-7", "")
    assert (report.state, report.error_class, report.at) == (state, error, NOW - timedelta(minutes=1))
    assert "您好" not in report.body
    assert report.body.startswith(f"type={kind}")
    assert len(report.body) <= 200


@pytest.mark.parametrize("kind", ["4", "8", "32", "0", "64"])
def test_news_on_the_way_are_no_report(kind: str) -> None:
    assert opened(account=account()).told_reports(request=hook(id="7", type=kind, at=EPOCH), now=NOW) == []


@pytest.mark.parametrize("at", ["", "soon", "99999999999", "-1", "²²²²²²²²²²", "1e10"])
def test_a_report_without_a_good_instant_is_of_now(at: str) -> None:
    (report,) = opened(account=account()).told_reports(request=hook(id="7", type="1", at=at), now=NOW)
    assert report.at == NOW


@pytest.mark.parametrize(
    "query",
    [{}, {"id": "7"}, {"type": "1"}, {"id": "0", "type": "1"}, {"id": "-7", "type": "1"}, {"id": "7", "type": "%d"},
     {"id": "9" * 30, "type": "1"}, {"id": "٧", "type": "1"}, {"id": "7", "type": "1111"}],
)  # fmt: skip
def test_what_is_no_report_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(BadHookError):
        opened(account=account()).told_reports(request=hook(**query), now=NOW)


@pytest.mark.parametrize(
    ("sender", "phone"),
    [("+8613900000001", PHONE), ("8613900000001", PHONE), ("13900000001", PHONE), ("008613900000001", PHONE),
     ("10086", "10086"), ("+447700900123", "+447700900123"), ("ALPHANUMERIC-SENDER-X", "ALPHANUMERIC-SEN")],
)  # fmt: skip
def test_a_reply_comes_with_its_phone_text_and_instant(sender: str, phone: str) -> None:
    query = {"from": sender, "to": "10690001", "text": " 退订，\0谢谢 ", "at": EPOCH, "id": "uuid-1", "coding": "0"}
    (reply,) = opened(account=account()).told_replies(request=hook(**query), now=NOW)
    assert (reply.phone, reply.text, reply.gateway_reply_id) == (phone, " 退订，谢谢 ", "uuid-1")
    assert reply.at == NOW - timedelta(minutes=1)


def test_a_reply_without_an_id_is_the_same_when_told_twice() -> None:
    gateway, query = opened(account=account()), {"from": "13900000001", "text": "R", "at": EPOCH}
    first, again = (gateway.told_replies(request=hook(**query), now=NOW + n * timedelta(hours=1))[0] for n in (0, 1))
    (other,) = gateway.told_replies(request=hook(**{**query, "at": str(int(EPOCH) + 1)}), now=NOW)
    assert first.gateway_reply_id == again.gateway_reply_id != other.gateway_reply_id
    assert "13900000001" not in first.gateway_reply_id


@pytest.mark.parametrize("query", [{}, {"from": "13900000001"}, {"text": "R"}, {"from": " ", "text": "R"}])
def test_what_is_no_reply_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(BadHookError, match="from and text"):
        opened(account=account()).told_replies(request=hook(**query), now=NOW)


def test_a_text_that_kannel_did_not_decode_says_what_to_set() -> None:
    with pytest.raises(BadHookError, match="mo-recode = true"):
        opened(account=account()).told_replies(
            request=hook(**{"from": "1", "text": "\x90\x00", "coding": "2"}), now=NOW
        )

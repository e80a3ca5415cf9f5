"""Delivery reports of messages that really were handed over: what workers leave, reports end."""

from datetime import timedelta

import pytest

from actions.polling import poll_reports
from actions.reports import expire_messages
from gateways.protocol import Answer
from queries.invariants import check_all
from tests import make
from tests.actions.sent_messages import counts, report, states
from tests.actions.test_messages import queue, shop
from tests.actions.test_messages_fate import MINUTE, NOW, saying
from tests.pretend_gateway import PretendGateway, accepted, handed

pytestmark = pytest.mark.usefixtures("db")

SILENT = timedelta(hours=72)


async def three(gateway: PretendGateway) -> None:
    await shop(members=3)
    for member in (1, 2, 3):
        await queue(member)
    await handed(gateway, now=NOW)


async def test_reports_end_what_was_accepted_once() -> None:
    gateway = PretendGateway()
    await three(gateway)
    failed = report(2, state="failed", error_class="dead_number")
    gateway.told = [failed, report(1), report(99), report(1, after=2 * MINUTE)]
    assert await poll_reports(gateway=gateway, now=NOW + MINUTE) == 2
    gateway.told = [report(2), report(1, state="failed")]
    assert await poll_reports(gateway=gateway, now=NOW + 2 * MINUTE) == 0
    assert await states() == ["delivered", "failed", "accepted"]
    assert await counts() == {"accepted": 3, "delivered": 1, "undelivered": 1}
    assert await make.fetch("SELECT id FROM member WHERE phone_status = 'invalid'") == [{"id": 2}]
    assert not [found.name for found in await check_all(progress=lambda *_: None)]


async def test_a_report_settles_what_nobody_knew() -> None:
    gateway = PretendGateway(idempotent=False)
    gateway.answer = lambda message: accepted(message) if message.id == 1 else Answer(id=message.id, state="unknown")
    await three(gateway)
    assert await states() == ["accepted", "unknown", "unknown"]
    gateway.told = [report(2, message=2)]
    assert await poll_reports(gateway=gateway, now=NOW + MINUTE) == 1
    assert (await states(), await counts()) == (
        ["accepted", "delivered", "unknown"], {"accepted": 2, "unknown": 1, "delivered": 1}
    )  # fmt: skip


async def test_reports_of_another_account_are_not_its_messages() -> None:
    await three(PretendGateway("one"))
    other = PretendGateway("other")
    other.told = [report(1), report(2, message=2)]
    assert await poll_reports(gateway=other, now=NOW) == 0
    assert await states() == ["accepted"] * 3


async def test_only_what_was_accepted_expires() -> None:
    gateway = PretendGateway(idempotent=False)
    gateway.answer = saying(state="unknown")
    await three(gateway)
    assert await expire_messages(now=NOW + SILENT) == 0
    await make.execute("UPDATE send_log SET state = 'accepted' WHERE id = 3")
    await make.execute("UPDATE send_chunk SET unknown = 2, accepted = 1")
    assert await expire_messages(now=NOW + SILENT - MINUTE) == 0
    assert await expire_messages(now=NOW + SILENT) == 1
    assert await make.value("SELECT error_class FROM send_log WHERE id = 3") == "expired"

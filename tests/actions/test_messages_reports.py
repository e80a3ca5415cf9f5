"""Delivery reports: twice, in any order, for what nobody knew, and never."""

from datetime import timedelta
from typing import Any

import pytest

from actions.messages import take_reports
from gateways.protocol import Report
from queries.messages import anything_unreported
from tests import make
from tests.actions.test_messages import handed, queue, row, shop
from tests.actions.test_messages_fate import MINUTE, NOW, SECOND, saying, states
from tests.pretend_gateway import PretendGateway

pytestmark = pytest.mark.usefixtures("db")


def report(send: int, *, after: timedelta = MINUTE, **fields: Any) -> Report:
    return Report(gateway_message_id=f"g{send}", at=NOW + after, **({"state": "delivered"} | fields))


async def test_reports_end_messages_once_however_often_and_in_whatever_order() -> None:
    await shop(members=3)
    for member in (1, 2, 3):
        await queue(member)
    gateway = PretendGateway()
    await handed(gateway, NOW)
    assert await anything_unreported(now=NOW)
    failed = report(2, state="failed", error_class="dead_number")
    gateway.told = [failed, report(1), report(99), report(1, after=2 * MINUTE)]
    assert await take_reports(gateway=gateway, now=NOW + MINUTE) == 2
    after = await make.digest()
    gateway.told = [report(2), report(1, state="failed", error_class="unknown")]
    assert await take_reports(gateway=gateway, now=NOW + 2 * MINUTE) == 0
    assert await make.digest() == after
    assert await states() == {1: "delivered", 2: "failed", 3: "accepted"}
    assert (await row(1))["delivered_at"] == NOW + MINUTE
    assert (await row(2))["error_class"] == "dead_number"
    assert await make.fetch("SELECT id FROM member WHERE phone_status = 'invalid'") == [{"id": 2}]


async def test_a_report_settles_what_nobody_knew() -> None:
    await shop()
    await queue()
    gateway = PretendGateway(idempotent=False, answer=saying(state="unknown", gateway_message_id="g1"))
    await handed(gateway, NOW)
    gateway.told = [report(1)]
    assert await take_reports(gateway=gateway, now=NOW + MINUTE) == 1
    assert await states() == {1: "delivered"}


async def test_reports_of_another_gateway_are_not_ours() -> None:
    await shop()
    await queue()
    await handed(PretendGateway(name="one"), NOW)
    assert await take_reports(gateway=PretendGateway(name="other", told=[report(1)]), now=NOW) == 0


async def test_three_days_without_a_report_are_a_failure() -> None:
    await shop()
    await queue()
    gateway = PretendGateway()
    await handed(gateway, NOW)
    assert await take_reports(gateway=gateway, now=NOW + timedelta(hours=72) - SECOND) == 0
    assert await anything_unreported(now=NOW + timedelta(hours=80))
    assert await take_reports(gateway=gateway, now=NOW + timedelta(hours=72)) == 1
    assert ((await row())["state"], (await row())["error_class"]) == ("failed", "expired")
    assert not await anything_unreported(now=NOW + timedelta(hours=80))

"""Delivery reports: doubled, reversed, early, of nobody's message, in parts, of another account."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from actions.reports import Joined, expire_messages, fault_of, join_reports, tidy_reports
from gateways.protocol import Report
from queries.reports import accounts_polled, reports_waiting
from tests import make
from tests.actions.sent_messages import counts, numbers, report, sent, states, told, unjoined
from tests.actions.test_messages_fate import MINUTE, NOW, SECOND
from tests.pretend_gateway import account

pytestmark = pytest.mark.usefixtures("db")

DAY = timedelta(days=1)


async def row(send: int = 1) -> dict[str, object]:
    return (await make.fetch("SELECT * FROM send_log WHERE id = $1", send))[0]


async def test_reports_end_messages_once_however_often_and_in_whatever_order() -> None:
    await sent("accepted", "accepted", "accepted")
    failed = report(2, state="failed", error_class="dead_number")
    assert await told(failed, report(1), report(1), report(1, after=2 * MINUTE)) == 2
    assert await reports_waiting(now=NOW)
    assert await join_reports(now=NOW) == Joined(taken=2, ended=2)
    assert not await reports_waiting(now=NOW + DAY)
    after = await make.digest()
    assert await told(failed, report(1)) == 0
    assert await join_reports(now=NOW) == Joined()
    assert await make.digest() == after
    assert await told(report(2), report(1, state="failed")) == 2
    assert await join_reports(now=NOW) == Joined(taken=2)
    assert await states() == ["delivered", "failed", "accepted"]
    assert await counts() == {"accepted": 3, "delivered": 1, "undelivered": 1}
    assert ((await row(1))["delivered_at"], (await row(1))["error_class"]) == (NOW + MINUTE, None)
    assert ((await row(2))["delivered_at"], (await row(2))["error_class"]) == (None, "dead_number")
    assert await make.fetch("SELECT id FROM member WHERE phone_status = 'invalid'") == [{"id": 2}]


async def test_what_was_told_together_counts_in_the_order_in_which_it_was_first_told() -> None:
    await sent("accepted", "accepted")
    await told(report(2, state="failed"))
    await told(report(2), report(1))
    await told(report(1, state="failed"))
    assert await join_reports(now=NOW) == Joined(taken=4, ended=2)
    assert await states() == ["delivered", "failed"]


@pytest.mark.parametrize(("state", "ended"), [("delivered", "delivered"), ("failed", "undelivered")])
async def test_a_report_settles_what_is_unanswered_or_unknown(state: str, ended: str) -> None:
    await sent("sending", "unknown", "sending", numbered=False)
    await told(*(report(n, message=n, state=state) for n in (1, 2)))
    assert await join_reports(now=NOW) == Joined(taken=2, ended=2)
    assert await states() == [state, state, "sending"]
    assert await counts() == {"sending": 1, "accepted": 2, ended: 2}
    assert (await row(2))["gateway_message_id"] == "g2"


async def test_an_early_report_waits_for_the_number_of_its_message() -> None:
    await sent("sending", numbered=False)
    await told(report(1))
    assert await join_reports(now=NOW) == Joined(taken=1)
    assert await join_reports(now=NOW) == Joined()
    await numbers(1)
    assert await reports_waiting(now=NOW + SECOND)
    assert await join_reports(now=NOW + SECOND) == Joined(taken=1, ended=1)
    assert await states() == ["delivered"]


async def test_what_may_be_offered_again_is_not_ended_yet() -> None:
    await sent("queued", "skipped")
    await make.execute("UPDATE send_log SET next_at = $1, chunk = NULL WHERE state = 'queued'", NOW)
    await told(report(1), report(2))
    assert await join_reports(now=NOW) == Joined(taken=2)
    assert (await states(), await unjoined()) == (["queued", "skipped"], 1)
    await make.execute("UPDATE send_log SET state = 'sending', chunk = 1, next_at = NULL WHERE id = 1")
    assert await join_reports(now=NOW + SECOND) == Joined(taken=1, ended=1)


async def test_a_report_of_nobodys_message_is_looked_at_ever_less_and_kept_for_seven_days() -> None:
    await sent("accepted")
    await told(report(99))
    looks, now = 0, NOW
    while now < NOW + 7 * DAY:
        looks += (await join_reports(now=now)).taken
        now = max(now + SECOND, await make.value("SELECT next_at FROM report_inbox"))
    assert 30 < looks < 50
    assert await tidy_reports(now=NOW + 7 * DAY) == 0
    assert await tidy_reports(now=NOW + 7 * DAY + SECOND) == 1


async def test_many_that_find_nothing_are_not_in_the_way_of_those_that_do() -> None:
    await sent("accepted")
    await told(*(report(n) for n in range(100, 150)))
    assert await join_reports(now=NOW, most=50) == Joined(taken=50)
    await told(report(1), now=NOW + SECOND)
    assert await join_reports(now=NOW + SECOND, most=1) == Joined(taken=1, ended=1)


@pytest.mark.parametrize("own", [None, 1])
async def test_another_account_has_no_say(own: int | None) -> None:
    await account(name="other")
    await sent("accepted")
    before = await row()
    await told(report(1, message=own), gateway="other")
    assert await join_reports(now=NOW) == Joined(taken=1)
    assert (await row(), await unjoined()) == (before, 1)


async def test_a_long_message_is_delivered_when_every_part_is() -> None:
    await sent("accepted", parts=3)
    await account(reports_each_part=True)
    await told(report(1, part="2", after=9 * MINUTE), report(1, part="1"))
    assert await join_reports(now=NOW) == Joined(taken=2)
    # The first word on a part counts, also against a later one.
    await told(report(1, part="2", state="failed"), report(1, part="1"), report(1, part="1", after=2 * MINUTE))
    assert await join_reports(now=NOW) == Joined(taken=1)
    assert await states() == ["accepted"]
    await told(report(1, part="3"))
    assert await join_reports(now=NOW) == Joined(taken=1, ended=1)
    assert (await states(), (await row())["delivered_at"]) == (["delivered"], NOW + 9 * MINUTE)
    assert await counts() == {"accepted": 1, "delivered": 1}


async def test_a_long_message_has_failed_when_one_part_has() -> None:
    await sent("accepted", "sending", parts=3)
    await account(reports_each_part=True)
    await told(report(1, part="1"), report(2, part="3", state="failed", error_class="expired"))
    assert await join_reports(now=NOW) == Joined(taken=2, ended=1)
    await told(*(report(2, part=part) for part in "123"))
    assert await join_reports(now=NOW) == Joined(taken=3)
    assert (await states(), (await row(2))["error_class"]) == (["accepted", "failed"], "expired")
    assert await counts() == {"accepted": 2, "undelivered": 1}


async def test_where_the_whole_is_told_a_part_is_enough() -> None:
    await sent("accepted", parts=3)
    await told(report(1))
    assert await join_reports(now=NOW) == Joined(taken=1, ended=1)


@pytest.mark.parametrize(("charges", "cost"), [(False, Decimal(0)), (True, Decimal("0.1"))])
async def test_what_failed_is_paid_for_where_the_contract_says_so(charges: bool, cost: Decimal) -> None:  # noqa: FBT001
    await sent("sending", "sending", parts=2)
    await account(price=Decimal("0.05"), charges_failed=charges)
    await told(report(1), report(2, state="failed"))
    await join_reports(now=NOW)
    assert [(await row(n))["cost"] for n in (1, 2)] == [Decimal("0.1"), cost]


async def test_three_days_without_a_report_are_a_failure() -> None:
    silent = timedelta(hours=72)
    await sent("accepted", "accepted", "unknown")
    await sent("accepted", handed_at=NOW + SECOND)
    await make.execute("UPDATE send_log SET handed_at = $1 WHERE id = 2", NOW + MINUTE)
    assert await expire_messages(now=NOW + silent - SECOND) == 0
    assert await expire_messages(now=NOW + silent) == 1
    assert await states() == ["failed", "accepted", "unknown", "accepted"]
    assert ((await row())["error_class"], (await row())["cost"]) == ("expired", 0)
    assert await counts() == {"accepted": 2, "unknown": 1, "undelivered": 1}
    assert await expire_messages(now=NOW + silent + MINUTE, most=1) == 1
    assert await expire_messages(now=NOW + silent + MINUTE, most=1) == 1
    assert await expire_messages(now=NOW + silent + MINUTE) == 0
    await told(report(3))
    assert await join_reports(now=NOW + silent + MINUTE) == Joined(taken=1, ended=1)


async def test_numbers_that_no_report_will_name_any_more_are_forgotten() -> None:
    await sent("accepted")
    await sent("accepted", handed_at=NOW + DAY)
    assert await tidy_reports(now=NOW + 10 * DAY) == 0
    assert await tidy_reports(now=NOW + 10 * DAY + SECOND) == 1
    assert await make.fetch("SELECT send_log FROM gateway_message") == [{"send_log": 2}]


GOOD = report(1, message=1)
BAD = {
    "no number": replace(GOOD, gateway_message_id=""),
    "a long number": replace(GOOD, gateway_message_id="9" * 101),
    "a long part": replace(GOOD, part="9" * 41),
    "half a character": replace(GOOD, body="\ud83d"),
    "a null": replace(GOOD, gateway_message_id="g\0"),
    "a state of its own": replace(GOOD, state="pending"),  # type: ignore[arg-type]
    "an error of its own": replace(GOOD, error_class="MI:0013"),  # type: ignore[arg-type]
    "no zone": replace(GOOD, at=NOW.replace(tzinfo=None)),
    "a number of ours that is none": replace(GOOD, message=2**63),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=list(BAD))
async def test_what_cannot_be_kept_is_left_out_and_spoils_nothing(bad: Report) -> None:
    assert fault_of(report=bad)
    assert await told(bad, GOOD) == 1


async def test_a_long_body_is_clipped() -> None:
    await told(replace(GOOD, body="回" * 5000))
    assert await make.value("SELECT length(body) FROM report_inbox") == 500


async def test_accounts_are_asked_that_do_not_tell() -> None:
    assert not await accounts_polled()
    await account()
    assert not await accounts_polled()
    await make.execute("INSERT INTO gateway_account (name, gateway) VALUES ('demo', 'simulator')")
    assert await accounts_polled()
    await make.execute("UPDATE gateway_account SET is_active = false")
    assert not await accounts_polled()

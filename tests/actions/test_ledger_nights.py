"""Tiers and nights by name: edges of a quarter, nights out of time, and nights that are repeated."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from actions.night import close_nights
from actions.points import redeem
from actions.purchases_import import import_purchases
from queries.invariants import check_all
from rules.refusals import Refusal
from tables.scope import scope
from tests import make
from tests.conftest import _wiped
from tests.oracle_facts import Rows, in_the_product

pytestmark = pytest.mark.usefixtures("db")

DAY = timedelta(days=1)
LAST = date(2031, 3, 31)  # the last day of a quarter


async def shop(**policy: Any) -> None:
    """Store 1 with member 1."""
    await make.make_program(**policy)
    await make.make_member(store=await make.make_store())


async def night(day: date, *, late: int = 0) -> None:
    await close_nights(through=day, now=make.night_time(day + late * DAY), zone=make.ZONE)


async def rank(member: int = 1) -> int:
    found: int = await make.value("SELECT rank FROM member m JOIN tier t ON t.id = m.tier WHERE m.id = $1", member)
    return found


async def grant(*, since: date, until: date) -> None:
    await make.execute(
        "INSERT INTO tier_grant (member, tier, valid_from, valid_until, reason) VALUES (1, 3, $1, $2, '')", since, until
    )


async def all_is_well() -> None:
    assert await check_all(progress=lambda *_: None) == []


@pytest.mark.parametrize(("amount", "reached"), [("499.99", 1), ("500", 2), ("1199.99", 2), ("1200", 3)])
async def test_exactly_at_the_threshold_counts(amount: str, reached: int) -> None:
    await shop()
    await make.sell("A", at=make.noon(LAST - 40 * DAY), amount=amount)
    await night(LAST - 40 * DAY)
    assert await rank() == reached
    assert await make.value("SELECT tier_valid_until FROM member") == (date(2031, 6, 30) if reached > 1 else None)


@pytest.mark.parametrize(
    ("at", "day", "until"),
    [
        (datetime.combine(LAST, time(23, 59, 59), make.ZONE), LAST, date(2031, 6, 30)),
        (datetime.combine(LAST + DAY, time(0, 0), make.ZONE), LAST + DAY, date(2031, 9, 30)),
    ],
)
async def test_a_quarter_turns_at_the_shops_midnight_while_the_server_lives_in_utc(
    at: datetime, day: date, until: date, tmp_path: Path
) -> None:
    await shop()
    assert await make.value("SHOW timezone") in {"UTC", "Etc/UTC", "GMT"}
    file = make.Till(tmp_path / "sales.csv").sale("A", at=at, amount="600").save()
    await import_purchases(path=file, zone=make.ZONE, today=LAST + DAY)
    assert await make.value("SELECT business_date FROM purchase") == day
    await night(LAST)
    await night(LAST + DAY)
    assert await make.value("SELECT tier_valid_until FROM member") == until


async def test_a_tier_lasts_through_the_next_quarter_and_is_warned_of_15_days_before() -> None:
    await shop()
    await make.sell("A", at=make.noon(LAST), amount="600")
    await night(LAST)
    await close_nights(through=date(2031, 6, 30), now=make.night_time(date(2031, 6, 30)), zone=make.ZONE)
    found = await make.fetch("SELECT kind, business_date FROM notice WHERE kind LIKE 'tier%' ORDER BY id")
    assert [tuple(row.values()) for row in found] == [
        ("tier_up", LAST), ("tier_warning", date(2031, 6, 15)), ("tier_down", date(2031, 6, 30)),
    ]  # fmt: skip
    await all_is_well()


async def test_a_late_receipt_earns_at_the_tier_of_its_date_and_lapses_in_the_next_night() -> None:
    await shop(valid_days=5)
    await make.sell("A", at=make.noon(LAST - 20 * DAY), amount="600")
    await night(LAST - 21 * DAY)
    await close_nights(through=LAST - DAY, now=make.night_time(LAST - DAY), zone=make.ZONE)
    for receipt, ago, points in (("before", 20, 100), ("after", 19, 120)):
        await make.sell(receipt, at=make.noon(LAST - ago * DAY))
        assert await make.value("SELECT points FROM purchase WHERE receipt_no = $1", receipt) == points
    await night(LAST)
    lapsed = await make.fetch(
        "SELECT points, business_date FROM points_entry WHERE kind = 'expire' AND business_date = $1", LAST
    )
    assert [tuple(row.values()) for row in lapsed] == [(-100, LAST), (-120, LAST)]
    assert await make.value("SELECT balance FROM points_account") == 0
    assert (
        await make.value("SELECT count(*) FROM notice WHERE kind = 'points_expiring' AND business_date = $1", LAST) == 0
    )
    await all_is_well()


async def both_ways(*ways: Callable[[], Awaitable[None]]) -> list[dict[str, Rows]]:
    """What is left of the same story, told in different orders."""
    found = []
    for way in ways:
        await _wiped()
        await shop(valid_days=30, hold_days=2)
        await way()
        await all_is_well()
        found.append(await in_the_product())
    return found


async def first_sales() -> None:
    await make.sell("A", at=make.noon(LAST - 30 * DAY), amount="550")
    await night(LAST - 30 * DAY)
    await make.sell("B", at=make.noon(LAST - 3 * DAY), amount="700")
    await close_nights(through=LAST - DAY, now=make.night_time(LAST - DAY), zone=make.ZONE)


async def redeemed(day: date) -> None:
    async with scope(role="cashier", stores=[1]):
        await redeem(member=1, store=1, reference=f"r{day}", points=77, business_date=day)


async def test_a_sale_after_midnight_is_the_same_before_the_night_and_after_it() -> None:
    async def before() -> None:
        await first_sales()
        await make.sell("C", at=make.noon(LAST + DAY), amount="333")
        await redeemed(LAST + DAY)
        await night(LAST)

    async def after() -> None:
        await first_sales()
        await night(LAST)
        await make.sell("C", at=make.noon(LAST + DAY), amount="333")
        await redeemed(LAST + DAY)

    one, other = await both_ways(before, after)
    assert one == other


async def test_two_missed_nights_over_a_quarters_end_are_as_good_as_in_time() -> None:
    async def live(missed: int) -> None:
        await first_sales()
        for n in range(4):
            day = LAST + n * DAY
            await make.sell(f"C{n}", at=make.noon(day), amount="333")
            await redeemed(day)
            if n >= missed:
                await close_nights(through=day, now=make.night_time(day), zone=make.ZONE)

    one, other = await both_ways(lambda: live(0), lambda: live(2))
    assert one == other


async def test_a_night_repeated_writes_nothing() -> None:
    await shop(valid_days=30)
    await first_sales()
    await night(LAST)
    before = await make.digest()
    for day in (LAST, LAST - DAY, LAST - 30 * DAY):
        await close_nights(through=day, now=make.night_time(LAST), zone=make.ZONE, again=True)
        assert await make.digest() == before
    assert await close_nights(through=LAST, now=make.night_time(LAST), zone=make.ZONE) == []
    assert await make.digest() == before


async def test_an_edited_threshold_moves_everybody_the_next_night() -> None:
    await shop()
    await make.make_member("+8613900000002", store=1)
    await make.sell("A", at=make.noon(LAST - 9 * DAY), amount="600")
    await make.sell("B", at=make.noon(LAST - 9 * DAY), amount="400", member=2)
    await night(LAST - 9 * DAY)
    for spend, ranks in ((300, [2, 2]), (601, [1, 1]), (400, [2, 2])):
        await make.execute("UPDATE tier SET quarterly_spend = $1 WHERE rank = 2", spend)
        day = await make.value("SELECT deed.last_closed()") + DAY
        await night(day)
        assert [await rank(1), await rank(2)] == ranks
        await all_is_well()


async def test_a_night_that_cannot_prove_its_numbers_stays_open_and_says_why() -> None:
    """A balance changed behind the ledger's back: the check refuses, the night is finished once it is mended."""
    await make.make_program()
    await make.make_member(store=await make.make_store())
    day = date(2031, 3, 10)
    await make.sell("A", at=make.noon(day))
    await make.execute("UPDATE points_account SET balance = balance + 1")
    with pytest.raises(Refusal, match="balance and pending are the living lots: 1") as refused:
        await close_nights(through=day, now=make.night_time(day), zone=make.ZONE)
    assert refused.value.code == "check_failed"
    assert "13900000001" not in await make.value("SELECT error FROM job_run WHERE state = 'failed'")
    assert [finding.name for finding in await check_all(progress=lambda *_: None)] != []
    await make.execute("UPDATE points_account SET balance = balance - 1")
    assert await close_nights(through=day, now=make.night_time(day), zone=make.ZONE) == [day]


async def test_the_night_forgets_what_tills_were_answered_three_months_ago(db: None) -> None:
    now = make.night_time(date(2031, 6, 30))
    await make.make_program()
    for key, ago in (("old", 91), ("young", 89)):
        await make.execute(
            "INSERT INTO till_answer (key, body, created_at) VALUES ($1, '{}', $2)", key, now - timedelta(days=ago)
        )
    await close_nights(through=date(2031, 6, 30), now=now, zone=make.ZONE)
    assert await make.fetch("SELECT key FROM till_answer") == [{"key": "young"}]

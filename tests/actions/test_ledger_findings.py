"""Situations in which the ledger once went wrong, each found by the oracle or by hand."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from actions.members import import_members
from actions.night import close_nights, run_step
from actions.night_frame import Night
from actions.night_steps import STEPS
from actions.points import open_balance
from actions.purchases_import import import_purchases
from queries.invariants import check_all
from rules.refusals import Refusal
from tables.scope import scope
from tests import make

DAY = timedelta(days=1)
LAST = date(2031, 3, 31)


@pytest.fixture(autouse=True)
async def shop(db: None) -> None:
    """Store 1 with member 1."""
    await make.make_program()
    await make.make_member(store=await make.make_store())


async def night(day: date) -> None:
    await close_nights(through=day, now=make.night_time(day), zone=make.ZONE)


async def rank() -> int:
    found: int = await make.value("SELECT rank FROM member m JOIN tier t ON t.id = m.tier")
    return found


async def grant(*, since: date) -> None:
    sql = "INSERT INTO tier_grant (member, tier, valid_from, valid_until, reason) VALUES (1, 3, $1, $2, '')"
    await make.execute(sql, since, LAST + 30 * DAY)


async def test_a_grant_from_today_lifts_its_member_in_the_next_night() -> None:
    await night(LAST)
    await grant(since=LAST + DAY)  # written by HQ on LAST + 1, after the night of LAST
    await night(LAST + DAY)
    assert await rank() == 3
    assert await check_all(progress=lambda *_: None) == []


async def test_a_grant_that_began_before_the_first_night_counts() -> None:
    await grant(since=LAST - DAY)
    await night(LAST)
    assert await rank() == 3


async def test_a_receipt_that_comes_while_its_own_night_runs_does_not_stop_the_night() -> None:
    for step in STEPS:
        if step.job == "check":
            await make.sell("A", at=make.noon(LAST), amount="600")
        await run_step(step=step, night=Night(business_date=LAST, now=make.night_time(LAST), zone=make.ZONE))
    await night(LAST + DAY)
    assert await rank() == 2


async def test_a_first_night_that_failed_is_resumed_by_the_next_start() -> None:
    first = Night(business_date=LAST, now=make.night_time(LAST), zone=make.ZONE)
    for step in STEPS[:2]:  # the rest failed
        await run_step(step=step, night=first)
    await night(LAST + DAY)
    assert await make.value("SELECT min(business_date) FROM job_run WHERE job = 'check' AND state = 'done'") == LAST


async def test_a_file_is_known_though_its_products_were_sorted_into_categories_since(tmp_path: Path) -> None:
    file = make.Till(tmp_path / "sales.csv").sale("A", at=make.noon(LAST), sku="X1").save()
    await import_purchases(path=file, zone=make.ZONE, today=LAST)
    await make.execute(
        "WITH c AS (INSERT INTO category (name) VALUES ('水果') RETURNING id) UPDATE product SET category = c.id FROM c"
    )
    assert (await import_purchases(path=file, zone=make.ZONE, today=LAST)).counts == {"known": 1}


async def test_a_line_of_a_product_is_not_a_line_of_a_category() -> None:
    await make.execute(
        "INSERT INTO category (name) VALUES ('水果'); INSERT INTO product (sku, name) VALUES ('X1', 'X1')"
    )
    sql = """SELECT outcome FROM deed.sales_record(ARRAY[
        ROW(1, 1, 'A', 1, '2031-03-31 12:00+08', '2031-03-31', 'till', $1, $2, 1, 100)::deed.sale_line])"""
    found = []
    for product, category in ((1, None), (None, 1)):
        async with scope(role="job") as connection:
            found.append(await connection.fetchval(sql, product, category))
    assert found == ["posted", "conflict"]


async def test_an_opening_balance_that_has_ended_is_refused_in_words() -> None:
    with pytest.raises(Refusal):
        async with scope(role="job"):
            await open_balance(member=1, store=1, points=5, business_date=LAST, expires_on=LAST - DAY)


async def test_members_are_imported_with_their_tier_while_nights_are_behind(tmp_path: Path) -> None:
    await night(LAST)
    file = tmp_path / "members.csv"
    file.write_text("phone,name,tier,points\n13900000001,张三,金卡,50\n", encoding="utf-8")
    today = LAST + 3 * DAY
    await import_members(path=file, dry_run=False, today=today, consent_source=None)
    await close_nights(through=today, now=make.night_time(today), zone=make.ZONE)
    assert [finding.name for finding in await check_all(progress=lambda *_: None)] == []
    assert await make.value("SELECT count(*) FROM notice WHERE kind = 'tier_down'") == 0


async def test_an_opening_balance_sent_again_after_its_end_is_known() -> None:
    for on in (LAST, LAST + 2 * DAY):
        async with scope(role="job"):
            posted = await open_balance(member=1, store=1, points=5, business_date=on, expires_on=LAST + DAY)
    assert posted.known

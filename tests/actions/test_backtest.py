"""Trying a program on a chain's own history: what is refused, what is compared, what is said about it."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import asyncpg
import pytest

from actions import backtest, backtest_file
from actions.backtest import Tried, try_program
from actions.night import close_nights
from actions.points import redeem
from actions.program import apply_program
from actions.purchases import Line, Spend, record_purchase
from actions.refunds import record_refund
from rules.backtest_terms import last_good_day
from rules.points import PointsPolicy
from rules.program import Program, PromotionRule, RewardRule, TierRule
from rules.refusals import Refusal
from tables.scope import current, scope
from tests import make

DAY = timedelta(days=1)
FIRST = date(2028, 2, 1)
PROGRAM = Program(
    points=PointsPolicy(valid_days=10),
    tiers=(
        TierRule(rank=1, name="铜卡", quarterly_spend=Decimal(0)),
        TierRule(rank=2, name="银卡", quarterly_spend=Decimal(300), earn_multiplier=Decimal(2)),
    ),
    rewards=(
        RewardRule(name="果篮", kind="gift", points=80),
        RewardRule(name="五元", kind="cash", points=50, value=Decimal(5)),
    ),
)


async def applied(program: Program) -> None:
    async with scope(role="hq_admin"):
        await apply_program(program=program)


async def night(day: date) -> None:
    await close_nights(through=day, now=make.night_time(day), zone=make.ZONE)


async def spent(key: str, *, day: date, **what: int) -> None:
    async with scope(role="job"):
        await redeem(member=1, store=1, reference=key, business_date=day, **what)


@pytest.fixture
async def weeks(db: None) -> None:
    """Two members. The first buys for 350, 100 and 60 yuan, takes the basket and the five yuan, and 40 points lapse."""
    await applied(PROGRAM)
    await make.make_store()
    for number in (1, 2):
        await make.make_member(f"+861390000000{number}", store=1, joined_on=FIRST)
    await make.sell("R1", at=make.noon(FIRST), amount="350")
    await night(FIRST)
    await spent("basket", day=FIRST + DAY, reward=1)
    await make.sell("R2", at=make.noon(FIRST + 2 * DAY), amount="100")
    await night(FIRST + 2 * DAY)
    await spent("five", day=FIRST + 3 * DAY, reward=2)
    await make.sell("R3", at=make.noon(FIRST + 11 * DAY), amount="60")
    await night(FIRST + 11 * DAY)


def changed(**points: Any) -> Program:
    return replace(PROGRAM, points=replace(PROGRAM.points, **points))


def row(tried: Tried, label: str) -> tuple[object, ...]:
    table = backtest_file.tried_table(tried=tried, name="file.toml", language="en")
    return next(line[1:] for line in table.rows if line[0] == label)


async def test_what_would_have_been_stands_beside_what_is(weeks: None) -> None:
    tried = await try_program(program=changed(per_yuan=Decimal("0.1"), valid_days=60))
    assert tried.changes == ["~ points per_yuan: 1 → 0.1", "~ points valid_days: 10 → 60"]
    assert (tried.members, tried.receipts, tried.nights) == (2, 3, (FIRST, FIRST + 11 * DAY))
    assert (tried.begins, tried.since, tried.until) == (FIRST, FIRST, FIRST + 11 * DAY)
    # 350, then 200 and 120 as silver; of the first 220 lapse. At a tenth nothing lapses, and 35 buy no basket.
    assert row(tried, "points issued") == (670, 67, -603)
    assert row(tried, "points redeemed, less those given back") == (130, 50, -80)
    assert row(tried, "points expired") == (220, 0, -220)
    assert row(tried, "points alive at the end (liability)") == (320, 17, -303)
    assert row(tried, "redemptions, less those cancelled") == (2, 1, -1)
    assert row(tried, "redemptions no longer possible") == (0, 1, 1)
    assert row(tried, "points that they took then") == (0, 80, 80)
    # The basket has no value of its own: 80 points as the five yuan pay them, 0.1 each.
    assert row(tried, "cost of what was redeemed, yuan") == (Decimal("13.00"), Decimal("5.00"), Decimal("-8.00"))
    assert row(tried, "members at the end: 银卡") == (1, 1, 0)


async def test_a_window_tells_of_its_days(weeks: None) -> None:
    tried = await try_program(program=changed(valid_days=5), since=FIRST + DAY, until=FIRST + 6 * DAY)
    assert (tried.since, tried.until, tried.receipts) == (FIRST + DAY, FIRST + 6 * DAY, 1)
    assert row(tried, "points issued") == (200, 200, 0)
    assert row(tried, "points expired") == (0, 220, 220)
    assert row(tried, "points alive at the end (liability)") == (420, 200, -220)
    assert tried.played_today.net() == tried.ledger.net()


async def test_promotions_of_the_file_play_on_their_days(weeks: None) -> None:
    promotion = PromotionRule(
        name="周四", multiplier=Decimal(3), starts_on=FIRST, ends_on=FIRST + 30 * DAY, weekdays=(4,)
    )  # fmt: skip
    tried = await try_program(program=replace(PROGRAM, promotions=(promotion,)))
    assert (FIRST + 2 * DAY).isoweekday() == 4
    assert row(tried, "points issued") == (670, 350 + 600 + 120, 400)


async def test_promotions_leave_alone_what_is_never_promoted(weeks: None) -> None:
    """A category of the line itself, a product's, and a line of none."""
    await make.execute("INSERT INTO category (name, promotable) VALUES ('奶粉', false), ('水果', true)")
    await make.execute(
        "INSERT INTO product (sku, name, category) SELECT 'M1', '一段', id FROM category WHERE name = '奶粉'"
    )
    day = FIRST + 20 * DAY
    lines = [
        Line(sku="M1", amount=Decimal(7)),
        Line(category="奶粉", amount=Decimal(20)),
        Line(category="水果", amount=Decimal(100)),
    ]
    async with scope(role="job"):
        await record_purchase(
            store=1, receipt_no="L", purchased_at=make.noon(day), member=2, zone=make.ZONE, now=make.FAR_AHEAD,
            lines=[*lines, Line(amount=Decimal(1_000))],
        )  # fmt: skip
    promises: dict[str, Any] = {"multiplier": Decimal(2), "starts_on": day, "ends_on": day}
    for promotion, points in (
        (PromotionRule(name="P", **promises), 2_227),
        (PromotionRule(name="P", categories=("水果", "奶粉"), **promises), 1_227),
    ):
        tried = await try_program(program=replace(PROGRAM, promotions=(promotion,)), since=day)
        assert row(tried, "points issued") == (1_127, points, points - 1_127)


async def test_a_refund_is_judged_by_what_was_left_then(weeks: None) -> None:
    """50 points were spent on a receipt of 100 yuan; half of it comes back on one day, the rest on another one."""
    day = FIRST + 12 * DAY
    async with scope(role="job"):
        await record_purchase(
            store=1, receipt_no="S", purchased_at=make.noon(day), member=1, zone=make.ZONE, now=make.FAR_AHEAD,
            lines=[Line(amount=Decimal(100))], spend=Spend(reward=2),
        )  # fmt: skip
    for number, (later, amount) in enumerate(((1, Decimal(50)), (3, None))):
        async with scope(role="job"):
            await record_refund(
                store=1, refund_no=f"B{number}", sold_at=1, receipt_no="S", refunded_at=make.noon(day + later * DAY),
                zone=make.ZONE, now=make.FAR_AHEAD, amount=amount,
            )  # fmt: skip
    for days, redeemed, value, redemptions in ((1, 25, 250, 1), (3, 0, 0, 0)):
        tried = await try_program(program=PROGRAM, since=day, until=day + days * DAY)
        played = tried.played_today
        assert (played.redeemed, played.value, played.redemptions) == (redeemed, value, redemptions)
        assert (played.redeemed, played.taken_back) == (tried.ledger.redeemed, tried.ledger.taken_back)


async def test_rewards_that_are_gone_cost_what_they_cost_then_and_those_the_file_drops_are_not_possible(
    weeks: None,
) -> None:
    basket = PROGRAM.rewards[0]
    await applied(replace(PROGRAM, rewards=(basket,)))
    tried = await try_program(program=replace(PROGRAM, rewards=()))
    assert (tried.played_today.refused, tried.played_wanted.refused) == (0, 1)
    assert (tried.played_wanted.redeemed, tried.played_wanted.value) == (50, 500)
    # Nothing tells any more what a point is worth; the five yuan still tell theirs.
    assert row(tried, "cost of what was redeemed, yuan") == (None, Decimal("5.00"), None)
    assert "no cost is told" in backtest_file.assumptions(tried=tried, name="f", language="en")[5]


async def test_tiers_are_named_as_both_programs_name_them(weeks: None) -> None:
    silver = replace(PROGRAM.tiers[1], name="白银", quarterly_spend=Decimal(600))
    gold = TierRule(rank=3, name="金卡", quarterly_spend=Decimal(900))
    tried = await try_program(program=replace(PROGRAM, tiers=(PROGRAM.tiers[0], silver, gold)))
    assert row(tried, "members at the end: 铜卡") == (1, 2, 1)
    assert row(tried, "members at the end: 银卡 → 白银") == (1, 0, -1)
    assert row(tried, "members at the end: 金卡") == (0, 0, 0)


async def test_the_last_line_holds_it_against_the_ledger(weeks: None) -> None:
    tried = await try_program(program=PROGRAM)
    assert tried.changes == []
    assert backtest_file.assumptions(tried=tried, name="f", language="en")[-1].startswith("Proof")
    assert backtest_file.assumptions(tried=tried, name="f", language="zh")[-1].startswith("核对")
    await applied(changed(per_yuan=Decimal(2)))
    edited = await try_program(program=PROGRAM)
    said = backtest_file.assumptions(tried=edited, name="f", language="en")[-1]
    assert "points issued 670, points expired 220" in said
    assert "Proof" not in said


async def test_the_table_is_a_file_too(weeks: None) -> None:
    file = BytesIO()
    backtest_file.write_tried_csv(tried=await try_program(program=PROGRAM), name="b.toml", language="zh", file=file)
    lines = file.getvalue().decode("utf-8-sig").splitlines()
    assert lines[0] == "项目,当前方案,b.toml,差额"
    assert lines[3:5] == ["发放积分,670,670,0", "兑换积分（已减退回）,130,130,0"]
    assert lines[-1] == "兑换成本（元）,13.00,13.00,0.00"


async def refusal(program: Program, since: date | None = None, until: date | None = None) -> str:
    with pytest.raises(Refusal) as refused:
        await try_program(program=program, since=since, until=until)
    return refused.value.code


async def test_what_cannot_be_tried(weeks: None) -> None:
    assert await refusal(PROGRAM, since=FIRST + DAY, until=FIRST) == "bad_window"
    assert await refusal(PROGRAM, until=FIRST - DAY) == "no_history"
    assert await refusal(PROGRAM, since=FIRST + 90 * DAY) == "no_history"
    assert await refusal(replace(PROGRAM, tiers=PROGRAM.tiers[:1])) == "tier_in_use"
    there_is_none = PromotionRule(name="P", multiplier=Decimal(2), starts_on=FIRST, ends_on=FIRST, stores=("S9",))
    assert await refusal(replace(PROGRAM, promotions=(there_is_none,))) == "bad_program"


async def test_without_a_program_or_a_history_there_is_nothing_to_try(db: None) -> None:
    assert await refusal(PROGRAM) == "no_program"
    await applied(PROGRAM)
    assert await refusal(PROGRAM) == "no_history"


async def test_nothing_can_be_written_while_it_is_read(db: None) -> None:
    async with backtest._snapshot():
        assert await current().fetchval("SELECT current_setting('transaction_isolation')") == "repeatable read"
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await current().execute("UPDATE staff SET last_login = now()")


@pytest.mark.parametrize(
    "fields",
    [
        {}, {"valid_days": 45}, {"valid_months": 1}, {"valid_months": 12, "round_expiry": "month"},
        {"valid_days": 90, "round_expiry": "quarter"}, {"valid_months": 5, "round_expiry": "year"},
    ],
)  # fmt: skip
async def test_the_last_good_day_is_the_databases(db: None, fields: dict[str, Any]) -> None:
    await make.make_program(**({"valid_days": None} | fields))
    days = [date(2027, 11, 25) + n * DAY for n in range(100)]
    sql = "SELECT deed.last_good_day(d, p) AS day FROM points_policy p, unnest($1::date[]) WITH ORDINALITY AS x(d, nr) ORDER BY nr"
    assert [row["day"] for row in await make.fetch(sql, days)] == [
        last_good_day(policy=PointsPolicy(**fields), earned_on=day) for day in days
    ]

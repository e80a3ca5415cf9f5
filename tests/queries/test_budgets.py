"""Budgets, shares and room against plain Python over generated rows."""

from dataclasses import astuple, dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from math import ceil
from random import Random

import pytest

from queries.budgets import Room, month_view, room
from queries.budgets_view import budget_view
from queries.budgets_week import promotion_share
from tables.scope import scope
from tests import make

TODAY = date(2026, 11, 22)
NOW = make.noon(TODAY)
PRICE, ENDING = Decimal("0.0450"), "，拒收请回复R"
LENGTHS = (10, 60, 61, 62, 70, 71, 125, 126, 127, 134, 300)
OPEN = {"queued", "sending", "unknown"}
STORE_OF = {1: 1, 2: 1, 3: 2, 4: None}  # campaign → whose it is
KIND_OF = {1: "promotion", 2: "care", 3: "promotion", 4: "promotion"}
_COLUMNS = "campaign, step, member, store, message_class, state, reason, text, parts, cost, business_date, created_at, dedupe_key"


@dataclass(frozen=True, slots=True)
class Row:
    campaign: int | None
    step: int | None
    member: int
    store: int
    message_class: str
    state: str
    reason: str | None
    text: str | None
    parts: int | None
    cost: Decimal | None
    business_date: date | None
    created_at: datetime

    @property
    def day(self) -> date:
        return self.business_date or self.created_at.astimezone(make.ZONE).date()

    def yuan(self) -> Decimal:
        if self.cost is not None or self.state not in OPEN:
            return self.cost or Decimal(0)
        length = len(self.text or "") + (len(ENDING) if self.message_class == "marketing" else 0)
        return PRICE * (self.parts or (1 if length <= 70 else ceil(length / 67)))


def _row(draw: Random, campaign: int | None, member: int) -> Row:
    day = TODAY - timedelta(days=draw.choice([0, 1, 5, 20, 21, 22, 28, 29, 30, 31, 60, -8, -9]))
    state = draw.choice(["queued", "sending", "unknown", "accepted", "delivered", "failed", "skipped", "cancelled"])
    gone = state in {"accepted", "delivered", "unknown"}
    kind = "marketing" if campaign else draw.choice(["notice", "staff"])
    return Row(
        campaign=campaign, step=campaign, member=member, store=draw.choice([1, 2]), message_class=kind, state=state,
        reason="too_late" if state == "skipped" else None, text=draw.choice([None, "字" * draw.choice(LENGTHS)]),
        parts=draw.choice([None, 1, 3]), cost=draw.choice([Decimal("0.09"), Decimal("0.135")]) if gone else draw.choice([None, Decimal(0)]),
        business_date=None if kind == "staff" else day, created_at=make.noon(day) + timedelta(hours=draw.choice([-12, 0, 11])),
    )  # fmt: skip


async def _shops() -> None:
    await make.make_program()
    for code in ("S1", "S2"):
        await make.make_store(code)
    await make.execute(
        "INSERT INTO member (phone, name, home_store, joined_on, tier) SELECT '+8613900000' || (100 + n), 'x', 1 + n % 2, '2026-01-01', 1"
        " FROM generate_series(1, 20) n"
    )
    await make.execute(
        "INSERT INTO gateway_account (name, gateway, price, opt_out_text, priority) VALUES ('dear', 'simulator', 9, '', 2)"
    )
    await make.execute(
        "INSERT INTO gateway_account (name, gateway, price, opt_out_text) VALUES ('cheap', 'simulator', $1, $2)",
        PRICE,
        ENDING,
    )


async def spent(draw: Random) -> list[Row]:
    """Two stores with ten members each, campaigns 1 and 2 of store 1, 3 of store 2, 4 of the chain, and their messages."""
    await _shops()
    for campaign, store in STORE_OF.items():
        await make.execute(
            "INSERT INTO campaign (name, store, content_kind, budget, state) VALUES ($1, $2, $3, $4, 'sending')",
            f"活动{campaign}", store, KIND_OF[campaign], None if campaign == 2 else Decimal(campaign),
        )  # fmt: skip
        await make.execute(
            "INSERT INTO campaign_step (campaign, text, scheduled_at, send_before) VALUES ($1, 'x', $2, $3)",
            campaign, NOW, NOW + timedelta(hours=1),
        )  # fmt: skip
    rows = [_row(draw, campaign, member) for campaign in (*STORE_OF, None, None) for member in range(1, 21)]
    async with make.as_owner() as connection:
        places = ", ".join(f"${place}" for place in range(1, 13))
        await connection.executemany(
            f"INSERT INTO send_log ({_COLUMNS}) VALUES ({places}, gen_random_uuid()::text)",
            [astuple(row) for row in rows],
        )
    return rows


def of_month(rows: list[Row], first: date = date(2026, 11, 1)) -> list[Row]:
    return [row for row in rows if (row.day.year, row.day.month) == (first.year, first.month)]


def cents(yuan: Decimal) -> Decimal:
    return yuan.quantize(Decimal("0.01"), ROUND_HALF_UP)


def total(rows: list[Row]) -> Decimal:
    return sum((row.yuan() for row in rows), Decimal(0))


@pytest.mark.parametrize("seed", range(2))
async def test_what_is_left_of_each_budget_is_what_plain_addition_says(db: None, seed: int) -> None:
    rows = await spent(Random(seed))  # noqa: S311  chosen, not secret
    await make.execute(
        "INSERT INTO sms_budget (store, month, amount) VALUES (1, NULL, 5), (1, '2026-11-01', 7), (1, '2026-10-01', 99), (NULL, NULL, 20)"
    )
    month = of_month(rows)
    async with scope(role="job"):
        for campaign, store in STORE_OF.items():
            own = [row for row in rows if row.campaign == campaign]
            shop = [row for row in month if row.campaign in {1, 2}]
            assert await room(campaign=campaign, now=NOW, zone=make.ZONE) == Room(
                campaign=None if campaign == 2 else campaign - total(own),
                store=7 - total(shop) if store == 1 else None,
                chain=20 - total(month),
            )
        found = {line.code: line for line in await month_view(month=TODAY, zone=make.ZONE)}
        assert [line.store for line in await month_view(month=TODAY, zone=make.ZONE, stores=[2])] == [2]
    for code, mine, budget in (
        ("", month, 20),
        ("S1", [row for row in month if row.campaign in {1, 2}], 7),
        ("S2", [row for row in month if row.campaign == 3], None),
    ):
        waits = [row for row in mine if row.cost is None and row.state in OPEN]
        line = found[code]
        gone = total([row for row in mine if row not in waits])
        assert (line.spent, line.planned) == (cents(gone), cents(total(waits)))
        assert line.budget == budget
        assert line.left == (None if budget is None else budget - cents(gone) - cents(total(waits)))


async def test_the_share_of_promotion_is_counted_by_home_store_over_the_days_of_the_rule(db: None) -> None:
    rows = await spent(Random(3))  # noqa: S311  chosen, not secret
    await make.execute("INSERT INTO contact_rule (kind, share, days, most) VALUES ('promotion_share', 0.5, 30, 20)")
    sent = [
        row for row in rows if row.campaign and row.state in {*OPEN, "accepted", "delivered"}
        and TODAY - timedelta(days=29) <= row.day <= TODAY
    ]  # fmt: skip
    async with scope(role="hq_viewer"):
        found = await promotion_share(today=TODAY)
        assert await promotion_share(today=TODAY, store=2) == found[1:]
    for store, line in zip((1, 2), found, strict=True):
        mine = [row for row in sent if row.store == store]
        promoted = [row for row in mine if KIND_OF[row.campaign or 0] == "promotion"]
        assert (line.store, line.sends, line.promotions) == (store, len(mine), len(promoted))
        assert line.share == Decimal(len(promoted)) / len(mine)
        assert (line.limit, line.over) == (Decimal("0.5"), len(mine) >= 20 and len(promoted) * 2 > len(mine))


async def test_a_campaign_is_told_what_its_money_does(db: None) -> None:
    """Five members of high value out of ten, a budget that is too small, and messages that cost half of the activity."""
    await spent(Random(4))  # noqa: S311  chosen, not secret
    await make.execute("DELETE FROM send_log")
    await make.execute(
        "INSERT INTO campaign (name, store, content_kind, budget, activity_budget) VALUES ('新品', 1, 'care', 4, 10);"
        "INSERT INTO consent (member, purpose, granted, source, text_version) SELECT id, 'marketing_sms', true, 'x', '1' FROM member;"
        "INSERT INTO member_habit (member, counted_on, quarter, quarter_purchases, year)"
        " SELECT id, '2026-11-21', CASE WHEN id > 18 THEN '2026-07-01'::date ELSE '2026-10-01' END, 2 + (id > 8)::int, '2026-01-01' FROM member"
    )
    async with scope(role="job"):
        view = await budget_view(campaign=5, forecast_cost=Decimal(5), now=NOW, zone=make.ZONE)
        calm = await budget_view(campaign=5, forecast_cost=Decimal(1), now=NOW, zone=make.ZONE)
        free = await budget_view(campaign=5, forecast_cost=None, now=NOW, zone=make.ZONE)
    # Store 1 has the even ones: 10, 12, 14, 16, 18 bought often, and 20 did so in another quarter.
    assert (view.activity_share, view.high_value_share) == (Decimal("0.5"), Decimal("0.5"))
    assert [(one.code, one.stops) for one in view.findings] == [
        ("over_budget", True), ("activity_share", False), ("high_value_share", False),
    ]  # fmt: skip
    assert [one.code for one in calm.findings] == ["high_value_share"]
    assert (free.cost, free.activity_share) == (None, None)


async def test_once_people_are_frozen_it_is_their_messages_that_count(db: None) -> None:
    """¥0.30 of ¥0.40 went to members of high value; what is spent is part of the activity's budget."""
    await _shops()
    await make.execute(
        "INSERT INTO campaign (name, store, content_kind, budget, activity_budget) VALUES ('新品', 1, 'care', 4, 10);"
        "INSERT INTO member_habit (member, counted_on, quarter, quarter_purchases, year)"
        " SELECT id, '2026-11-21', '2026-10-01', 2 + (id > 8)::int, '2026-01-01' FROM member;"
        "INSERT INTO campaign_step (campaign, text, scheduled_at, send_before, state, frozen_at)"
        " VALUES (1, 'x', '2026-11-22', '2026-11-23', 'frozen', '2026-11-22');"
        "INSERT INTO send_log (campaign, step, member, store, message_class, dedupe_key, state, cost)"
        " SELECT 1, 1, id, 1, 'marketing', id::text, 'delivered', 0.1 FROM member WHERE id IN (8, 10, 12, 14)"
    )
    async with scope(role="job"):
        sent = await budget_view(campaign=1, forecast_cost=Decimal("0.6"), now=NOW, zone=make.ZONE)
    assert (sent.room.campaign, sent.activity_share, sent.high_value_share) == (
        Decimal("3.6"),
        Decimal("0.1"),
        Decimal("0.75"),
    )
    assert sent.findings == ()

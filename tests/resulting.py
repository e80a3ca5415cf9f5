"""A campaign that is over: two waves, two versions, people held out and left out, and whatever they did afterwards."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from tests import make
from tests.make import ZONE

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BEGINS = datetime(2026, 11, 2, 10, tzinfo=ZONE)
SECOND = BEGINS + 2 * DAY
DAYS = 5
PRICE = Decimal("0.05")
SAID = ("answer", "other", "opt_out")


@dataclass(kw_only=True)
class Row:
    """A row of the send log, with what happened to it."""

    id: int
    step: int
    member: int
    store: int
    variant: int | None
    state: str
    reason: str | None
    handed_at: datetime | None
    cost: Decimal | None
    clicks: list[bool] = field(default_factory=list)
    said: str | None = None
    complained: bool = False

    @property
    def treated(self) -> bool:
        return self.state != "skipped"

    @property
    def sent(self) -> bool:
        return self.handed_at is not None and self.treated

    @property
    def begins(self) -> datetime:
        return self.handed_at or (BEGINS if self.step == 1 else SECOND)


@dataclass(kw_only=True)
class Sale:
    """A receipt and what was brought back of it later."""

    member: int
    at: datetime
    amount: Decimal
    back: Decimal = Decimal(0)


@dataclass(kw_only=True)
class World:
    """`steps` waves; `no`: when members withdrew; `redeemed`: when they spent points."""

    steps: int = 2
    rows: list[Row] = field(default_factory=list)
    sales: list[Sale] = field(default_factory=list)
    no: dict[int, datetime] = field(default_factory=dict)
    redeemed: dict[int, datetime] = field(default_factory=dict)

    @property
    def waves(self) -> list[tuple[int, datetime]]:
        return [(1, BEGINS), (2, SECOND)][: self.steps]


def imagined(*, seed: int, steps: int = 2, people: int = 90) -> World:
    """Members 1 to `people` of stores 1 and 2; a third is held out, some are left out, the rest is drawn by lot."""
    lot, world = Random(seed), World(steps=steps)  # noqa: S311  a test
    for member in range(1, people + 1):
        held, out = member % 3 == 0, member % 11 == 5
        for step, begin in world.waves:
            if step == 1 or lot.random() < 0.5:
                world.rows.append(_row(lot, len(world.rows) + 1, step, member, begin, held=held, out=out))
        for _ in range(lot.choice([0, 0, 1, 2])):
            at = BEGINS + timedelta(hours=lot.uniform(-9 * 24, 11 * 24))
            amount = Decimal(lot.randrange(0, 20000)) / 100
            back = lot.choice([Decimal(0), Decimal(0), -amount, -(amount / 2).quantize(Decimal("0.01"))])
            world.sales.append(Sale(member=member, at=at, amount=amount, back=back))
        if lot.random() < 0.1:
            world.no[member] = BEGINS + timedelta(hours=lot.uniform(-24, 10 * 24))
        if lot.random() < 0.2:
            world.redeemed[member] = BEGINS + timedelta(hours=lot.uniform(-24, 9 * 24))
    return world


def _row(lot: Random, number: int, step: int, member: int, begin: datetime, *, held: bool, out: bool) -> Row:
    state = "skipped" if held or out else lot.choice(["delivered"] * 6 + ["accepted", "failed", "unknown", "cancelled"])
    handed = state not in {"skipped", "cancelled"}
    late = timedelta(hours=lot.randrange(9)) if number % 4 else timedelta(0)
    cost = {"delivered": PRICE, "accepted": PRICE, "failed": Decimal(0)}.get(state)
    row = Row(
        id=number, step=step, member=member, store=member % 2 + 1, variant=None if step == 2 else member // 3 % 2 + 1,
        state=state, reason="holdout" if held else "no_consent" if out else None, handed_at=begin + late if handed else None,
        cost=cost,
    )  # fmt: skip
    if handed and lot.random() < 0.4:
        row.clicks = [lot.random() < 0.5 for _ in range(lot.choice([1, 2, 3]))]
    row.said = lot.choice([None] * 8 + list(SAID)) if handed else None
    row.complained = handed and lot.random() < 0.05
    return row


async def stored(world: World) -> None:
    """The world as rows of an empty database: campaign 1 of headquarters."""
    await make.make_program()
    for code in ("S1", "S2"):
        await make.make_store(code)
    await make.execute("INSERT INTO gateway_account (name, gateway, price) VALUES ('sms', 'simulator', 0.05)")
    await make.execute(
        "INSERT INTO campaign (name, state, rhythm, attribution_days, holdout) VALUES ('双十一', 'draft', 'event', $1, 0.333)",
        DAYS,
    )
    for number, at in world.waves:
        await make.execute(
            "INSERT INTO campaign_step (campaign, number, text, scheduled_at, send_before) VALUES (1, $1, 't', $2, $3)",
            number, at, at + DAY,
        )  # fmt: skip
    await make.execute(
        "INSERT INTO campaign_variant (step, label, share, text) VALUES (1, 'A', 0.5, '甲'), (1, 'B', 0.5, '乙')"
    )
    await _sent(world)
    await _reactions(world)
    await _purchases(world)


async def _sent(world: World) -> None:
    members = sorted({row.member for row in world.rows})
    async with make.as_owner() as connection:
        await connection.executemany(
            "INSERT INTO member (phone, name, title, home_store, joined_on, tier, preferences, phone_status) VALUES ($1, '张三', '', $2,"
            " '2026-01-01', (SELECT id FROM tier WHERE rank = 1), '{}', 'unknown')",
            [(f"+86139{member:08}", member % 2 + 1) for member in members],
        )
        await connection.executemany(
            "INSERT INTO send_log (member, phone, store, message_class, dedupe_key, text, campaign, step, variant, state, reason, handed_at,"
            " cost, gateway, created_at) VALUES ($1, $2, $3, 'marketing', $4, '字', 1, $5, $6, $7, $8, $9, $10, 'sms', $11)",
            [
                (row.member, f"+86139{row.member:08}" if row.treated else None, row.store, f"step:{row.step}:{row.member}", row.step,
                 row.variant, row.state, row.reason, row.handed_at, row.cost, BEGINS)
                for row in world.rows
            ],
        )  # fmt: skip


async def _reactions(world: World) -> None:
    links = [row for row in world.rows if row.sent]
    async with make.as_owner() as connection:
        await connection.executemany(
            "INSERT INTO short_link (code, campaign, step, member, created_at) VALUES ($1, 1, $2, $3, $4)",
            [(f"c{n}", row.step, row.member, BEGINS) for n, row in enumerate(links)],
        )
        await connection.executemany(
            "INSERT INTO click (link, at, device, is_preview) VALUES ($1, $2, 'phone', $3)",
            [(n, row.begins + HOUR, preview) for n, row in enumerate(links, 1) for preview in row.clicks],
        )
        await connection.executemany(
            "INSERT INTO reply (gateway, gateway_reply_id, phone, send_log, text, kind, said_at, at)"
            " VALUES ('sms', $1, '+8613900000001', $2, '1', $3, $4, $4)",
            [(f"r{row.id}", row.id, row.said, row.begins + HOUR) for row in world.rows if row.said],
        )
        await connection.executemany(
            "INSERT INTO complaint (source, send_log, campaign, at) VALUES ('12321', $1, 1, $2)",
            [(row.id, row.begins + HOUR) for row in world.rows if row.complained],
        )
        await connection.executemany(
            "INSERT INTO consent (member, purpose, granted, source, text_version, at) VALUES ($1, 'marketing_sms', false, 'sms', '1', $2)",
            list(world.no.items()),
        )


async def _purchases(world: World) -> None:
    sql = (
        "INSERT INTO purchase (store, receipt_no, kind, member, purchased_at, business_date, sold_on, amount, tier_amount, refund_of,"
        " per_yuan, tier_multiplier, source, content) VALUES (1, $1, $2, $3, $4, $5, $6, $7, $7, $8, 1, 1, 'till', 'x')"
    )
    days = [sale.at.astimezone(ZONE).date() for sale in world.sales]
    back = date(2026, 11, 20)
    async with make.as_owner() as connection:
        await connection.executemany(
            sql,
            [
                (f"s{n}", "sale", sale.member, sale.at, days[n], days[n], sale.amount, None)
                for n, sale in enumerate(world.sales)
            ],
        )
        await connection.executemany(
            sql,
            [
                (f"s{n}", "refund", sale.member, make.noon(back), back, days[n], sale.back, n + 1)
                for n, sale in enumerate(world.sales) if sale.back
            ],
        )  # fmt: skip
        await connection.executemany(
            "INSERT INTO points_entry (member, store, kind, points, balance_after, source, reference, business_date, created_at)"
            " VALUES ($1, 1, 'redeem', -1, 0, 'test', $2, $3, $4)",
            [(member, str(member), at.astimezone(ZONE).date(), at) for member, at in world.redeemed.items()],
        )
        await connection.execute(
            "UPDATE member_stats s SET last_purchase_on = p.day FROM"
            " (SELECT member, max(business_date) AS day FROM purchase WHERE kind = 'sale' GROUP BY 1) p WHERE p.member = s.member"
        )


def bought(world: World) -> dict[int, list[Sale]]:
    """By member: the sales of which something is left; one of nothing that nobody brought back counts too."""
    found: defaultdict[int, list[Sale]] = defaultdict(list)
    for sale in world.sales:
        if not sale.back or sale.amount + sale.back > 0:
            found[sale.member].append(sale)
    return found

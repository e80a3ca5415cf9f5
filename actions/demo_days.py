"""One day of the demo in the database: who joined, what was sold, what was redeemed and put right. One commit a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from asyncpg import Record

from actions.demo_people import Person
from actions.demo_receipts import Receipt, day_random, numbered, receipt_worth, receipts_of
from actions.demo_setup import join, note_consents, note_wishes, stored, withdraw
from actions.points import adjust, redeem
from rules.calendar import quarter_start
from tables.scope import Connection, scope

_DAY = timedelta(days=1)
_HUNDRED = 100
# In per cent: of a visitor with enough points, of a redemption, of a day.
_REDEEM_CHANCE, _OF_REWARDS, _ADJUST_CHANCE = 5, 85, 14
_POINTS_AS_MONEY = 100
_NEAR, _WANTED_NEAR = Decimal(50), 12  # yuan before the next tier, and how many members should stand there at the end
_ADJUSTMENTS = (
    (100, "榴莲坏果补偿"),
    (50, "收银时漏扫会员码，补积分"),
    (30, "参加试吃问卷"),
    (200, "投诉处理：配送迟到补偿"),
    (-50, "积分录入有误，扣回"),
)

_POSTED = "SELECT EXISTS (SELECT 1 FROM purchase WHERE business_date = $1)"
_POST = """
SELECT count(*) FROM deed.sales_record((
    SELECT array_agg(ROW(l.receipt, l.store, l.receipt_no, m.id, l.at, $1, 'demo', p.id, p.category, l.quantity,
                         l.amount)::deed.sale_line ORDER BY l.nr)
    FROM unnest($2::int[], $3::bigint[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::numeric[], $9::numeric[])
        WITH ORDINALITY l(receipt, store, receipt_no, phone, at, sku, quantity, amount, nr)
    JOIN product p ON p.sku = l.sku LEFT JOIN member m ON m.phone = l.phone))
"""
_VISITORS = """
SELECT m.phone, m.id, a.balance, t.rank FROM member m JOIN points_account a ON a.member = m.id JOIN tier t ON t.id = m.tier
WHERE m.phone = ANY ($1::text[])
"""
_TO_NEXT_TIER = """
SELECT m.phone, (SELECT min(n.quarterly_spend) FROM tier n WHERE n.rank > t.rank) - coalesce(sum(p.tier_amount), 0) AS gap
FROM member m JOIN tier t ON t.id = m.tier LEFT JOIN purchase p ON p.member = m.id AND p.business_date >= $1
WHERE t.rank < (SELECT max(rank) FROM tier) GROUP BY m.id, t.id
"""


@dataclass(frozen=True, kw_only=True)
class Story:
    """What all days of a demo share. `shops` are ids in the order of the chain, `staff` ids by username: the cashier and
    the manager work in the first shop; a reward is its id, its points and the lowest rank that may have it.
    """

    seed: int
    zone: ZoneInfo
    first: date
    last: date
    people: Sequence[Person]
    shops: Sequence[int]
    staff: Mapping[str, int]
    rewards: Sequence[tuple[int, int, int]]


async def live(*, story: Story, day: date) -> None:
    """Everything that happened on a day, in one commit; a day that has been lived already stays as it is."""
    async with scope(role="job") as connection:
        if await connection.fetchval(_POSTED, day):
            return
        await _welcome(connection, story, day)
        rng = day_random(seed=story.seed, day=day)
        receipts = receipts_of(rng=rng, day=day, people=story.people, zone=story.zone)
        if day == story.last and quarter_start(day=day) == quarter_start(day=day + _DAY):
            receipts += await _nearly_there(connection, rng, story, receipts)
            receipts.sort(key=lambda receipt: receipt.at)
        await _sell(connection, story, day, numbered(receipts=receipts, day=day))
        await _at_the_desk(connection, rng, story, day, [receipt for receipt in receipts if receipt.person])


async def _welcome(connection: Connection, story: Story, day: date) -> None:
    """Who joined today; on the first day those who moved in are asked what they want."""
    new = [person for person in story.people if person.joined_on == day]
    old = [person for person in story.people if person.joined_on < day] if day == story.first else []
    await join(people=new, shops=story.shops, staff=story.staff.get("shouyin"))
    await note_consents(connection=connection, people=old)
    await note_wishes(connection=connection, people=old + new)
    leaving = [person for person in story.people if person.withdrawn_at and person.withdrawn_at.date() == day]
    await withdraw(connection=connection, people=leaving)


async def _sell(connection: Connection, story: Story, day: date, receipts: Sequence[Receipt]) -> None:
    lines = [
        (number, story.shops[receipt.shop], receipt.number, receipt.person and stored(receipt.person.phone), receipt.at,
         line.sku, line.quantity, line.amount)
        for number, receipt in enumerate(receipts, 1)
        for line in receipt.lines
    ]  # fmt: skip
    if lines:
        # Plans kept from the first days, when the tables were empty, would read them from front to back for ever.
        await connection.execute("DISCARD PLANS")
        await connection.execute(_POST, day, *zip(*lines, strict=True))


async def _nearly_there(
    connection: Connection, rng: Random, story: Story, receipts: Sequence[Receipt]
) -> list[Receipt]:
    """So many more receipts that enough members end within 50 yuan of their next tier."""
    spent: dict[str, Decimal] = {}
    for receipt in receipts:
        if receipt.person:
            phone = stored(receipt.person.phone)
            spent[phone] = spent.get(phone, Decimal(0)) + receipt.tier_amount
    rows = await connection.fetch(_TO_NEXT_TIER, quarter_start(day=story.last))
    gaps = {row["phone"]: row["gap"] - spent.get(row["phone"], 0) for row in rows}
    near = sum(0 < gap <= _NEAR for gap in gaps.values())
    known = {stored(person.phone): person for person in story.people if person.stops_on is None}
    far = sorted((gap, phone) for phone, gap in gaps.items() if gap > _NEAR and phone in known)
    return [
        receipt_worth(rng=rng, day=story.last, person=known[phone], amount=gap - rng.randint(8, 45), zone=story.zone)
        for gap, phone in far[: max(_WANTED_NEAR - near, 0)]
    ]


async def _at_the_desk(
    connection: Connection, rng: Random, story: Story, day: date, receipts: Sequence[Receipt]
) -> None:
    """Visitors of the day who spend points, and now and then one whose points are put right."""
    shop_of = {stored(receipt.person.phone): receipt.shop for receipt in receipts if receipt.person}
    rows = {row["phone"]: row for row in await connection.fetch(_VISITORS, list(shop_of))}
    for number, (phone, shop) in enumerate(shop_of.items(), 1):
        if rng.randrange(_HUNDRED) < _REDEEM_CHANCE:
            reference = f"D{day:%y%m%d}-{number:03}"
            await _redeem(rng, story, day, rows[phone], shop=shop, reference=reference)
    poor = [phone for phone, row in rows.items() if row["balance"] < min(points for _, points, _ in story.rewards)]
    if poor and rng.randrange(_HUNDRED) < _ADJUST_CHANCE:
        phone = rng.choice(sorted(poor))
        await _put_right(rng, story, day, rows[phone], shop_of[phone])


async def _redeem(rng: Random, story: Story, day: date, row: Record, *, shop: int, reference: str) -> None:
    """A reward that the member can have, or now and then just points, as money at the till."""
    offers = [(key, None) for key, cost, rank in story.rewards if cost <= row["balance"] and rank <= row["rank"]]
    if offers:
        reward, points = rng.choice(offers) if rng.randrange(_HUNDRED) < _OF_REWARDS else (None, _POINTS_AS_MONEY)
        await redeem(
            member=row["id"], store=story.shops[shop], reference=reference, points=points, reward=reward,
            business_date=day, staff=story.staff.get("shouyin") if shop == 0 else None,
        )  # fmt: skip


async def _put_right(rng: Random, story: Story, day: date, row: Record, shop: int) -> None:
    points, reason = rng.choice(_ADJUSTMENTS)
    form = str(UUID(int=rng.getrandbits(128), version=4))
    if row["balance"] + points >= 0:
        await adjust(
            member=row["id"], store=story.shops[shop], form=form, points=points, reason=reason, business_date=day,
            staff=story.staff.get("dianzhang" if shop == 0 else "hq"),
        )  # fmt: skip

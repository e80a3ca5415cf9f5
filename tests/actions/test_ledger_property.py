"""Seasons of random deeds, lived through by the product and by the oracle, which must agree on every figure.

`python -m tests.soak 200` lives through as many seeds as it is told.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from actions.night import close_nights
from actions.points import adjust, open_balance, redeem
from actions.purchases_import import import_purchases
from queries.invariants import check_all
from queries.night_proof import broken_for
from rules.refusals import Refusal
from tables.scope import scope
from tests import make
from tests.oracle import Receipt, Shop, Tier
from tests.oracle_facts import in_the_oracle, in_the_product
from tests.oracle_ledger import DAY, Deed, Member, Policy

SEEDS = (1, 7, 14)
DAYS = 60
# Far ahead of the wall clock: what the database stamps itself is then always before the night.
FIRST_DAYS = (date(2031, 2, 10), date(2031, 8, 25), date(2032, 1, 20), date(2031, 11, 15))
CATEGORIES = {"水果": (True, True), "烟草": (False, True), "礼品卡": (True, False)}
SALE = """
SELECT outcome FROM deed.sales_record((SELECT array_agg(ROW(1, $1, $2, $3, $4, $5, 'till', NULL, c.id, 1, l.amount)::deed.sale_line)
    FROM unnest($6::text[], $7::numeric[]) AS l(category, amount) LEFT JOIN category c ON c.name = l.category))
"""


@dataclass
class Season:
    """One seed's life: what is drawn is done in the product and told to the oracle."""

    draw: Random
    shop: Shop
    today: date
    folder: Path
    stores: list[int]
    done: list[Deed] = field(default_factory=list)
    number: int = 0
    story: list[str] = field(default_factory=list)

    def receipt(self, *, late: float) -> Receipt:
        draw = self.draw
        if self.shop.receipts and draw.random() < 0.2:
            known = draw.choice(list(self.shop.receipts.values()))
            return known if draw.random() < 0.6 else self.drawn(known.store, known.number, known.day)
        self.number += 1
        day = self.today - draw.choice([1, 1, 2, 3, 10, 30, 70]) * DAY if draw.random() < late else self.today
        return self.drawn(draw.choice(self.stores), f"R{self.number}", day)

    def drawn(self, store: int, number: str, day: date) -> Receipt:
        draw = self.draw
        moment = datetime.combine(day, draw.choice([time(), time(12), time(18, 30), time(23, 59, 59)]), make.ZONE)
        most = draw.choice([3_000, 12_000, 60_000])
        amounts = [
            Decimal(draw.choice([draw.randrange(most), draw.randrange(most), 10_000, 50_000])) / 100 for _ in "abc"
        ]
        lines = [(draw.choice(list(CATEGORIES)), amount) for amount in amounts[: draw.choice([1, 1, 2, 3])]]
        if draw.random() < 0.15:
            lines.append(
                (
                    draw.choice(list(CATEGORIES)),
                    -min(Decimal("12.34"), sum((amount for _, amount in lines), Decimal(0))),
                )
            )
        if draw.random() < 0.05:
            lines = [("水果", Decimal(0))]
        member = draw.choice([1, 1, 1, 2, 2, 3, None])
        return Receipt(store, number, member, moment, tuple(sorted(lines)))

    async def sell(self) -> None:
        receipt = self.receipt(late=0.15)
        self.story.append(f"{self.today} till {receipt}")
        names, amounts = zip(*receipt.lines, strict=True)
        async with scope(role="cashier", stores=[receipt.store]) as connection:
            given = await connection.fetchval(
                SALE, receipt.store, receipt.number, receipt.member, receipt.at, receipt.day, names, amounts
            )
        assert [given] == self.shop.sell([receipt])

    async def import_file(self) -> None:
        receipts = {
            receipt.key: receipt for receipt in (self.receipt(late=0.7) for _ in range(self.draw.randint(1, 6)))
        }
        self.story.append(f"{self.today} file {list(receipts.values())}")
        till = make.Till(self.folder / "sales.csv")
        for receipt in receipts.values():
            phone = f"1390000000{receipt.member}" if receipt.member else ""
            for category, amount in receipt.lines:
                till.sale(
                    receipt.number, at=receipt.at, phone=phone, amount=f"{amount:.2f}", store=f"S{receipt.store}", category=category
                )  # fmt: skip
        report = await import_purchases(path=till.save(), zone=make.ZONE, today=self.today)
        expected = self.shop.import_file(list(receipts.values()))
        assert report.counts == {outcome: expected.count(outcome) for outcome in expected}

    async def post(self) -> None:
        draw, member = self.draw, self.draw.choice([1, 1, 2, 3])
        if self.done and draw.random() < 0.2:
            old = draw.choice(self.done)
            if old.kind == "import" and (old.expires_on or self.today) < self.today:
                return  # that one is in test_ledger_findings.py, by name
            points = old.points if draw.random() < 0.6 else old.points + (1 if old.points > 0 else -1)
            deed = Deed(old.member, old.store, old.kind, points, old.source, old.reference, self.today, old.expires_on)
        elif draw.random() < 0.05:
            ends = draw.choice([None, self.today, self.today + draw.randint(1, 50) * DAY])
            points = draw.randint(1, 300)
            deed = Deed(member, self.stores[0], "import", points, "import", f"opening:{member}", self.today, ends)
        else:
            self.number += 1
            kind = draw.choice(["redeem", "redeem", "adjust"])
            most = self.shop.members[member].points(ready=True) + 5
            points = draw.choice([1, -1]) * draw.randint(1, 90) if kind == "adjust" else -draw.randint(1, max(1, most))
            ends = self.shop.policy.last_good_day(self.today)
            key = f"1:x{self.number}" if kind == "redeem" else f"f{self.number}"
            deed = Deed(member, self.stores[0], kind, points, kind, key, self.today, ends)
        self.story.append(f"{self.today} {deed}")
        expected = self.shop.credit(deed) if deed.points > 0 else self.shop.debit(deed)
        if expected == "posted":
            self.done.append(deed)
        assert await posted(deed) == expected

    async def grant(self) -> None:
        if self.shop.closed is None:  # that one is in test_ledger_nights.py, by name
            return
        member, rank = self.draw.choice([1, 2, 3]), self.draw.choice([2, 3])
        since = self.today + self.draw.randint(1, 10) * DAY
        until = since + self.draw.randint(0, 110) * DAY
        self.story.append(f"{self.today} grant {member} {rank} {since} {until}")
        sql = "INSERT INTO tier_grant (member, tier, valid_from, valid_until, reason) SELECT $1, id, $3, $4, '' FROM tier WHERE rank = $2"
        await make.execute(sql, member, rank, since, until)
        self.shop.members[member].grants.append((rank, since, until))

    async def edit(self) -> None:
        spend = Decimal(self.draw.choice([300, 400, 500, 600]))
        self.story.append(f"{self.today} threshold {spend}")
        await make.execute("UPDATE tier SET quarterly_spend = $1 WHERE rank = 2", spend)
        self.shop.tiers[1].spend = spend

    async def deeds(self, most: int) -> None:
        choices: list[Callable[[], Awaitable[None]]] = [self.sell, self.import_file, self.post, self.grant, self.edit]
        for deed in self.draw.choices(choices, weights=[40, 12, 40, 3, 1], k=self.draw.randint(0, most)):
            await deed()

    async def nights(self) -> None:
        first = self.shop.closed + DAY if self.shop.closed else self.today - DAY
        now = datetime.combine(self.today, time(2, 30), make.ZONE)
        self.story.append(f"{self.today} nights {first}..")
        await close_nights(through=None, now=now, zone=make.ZONE)
        for n in range((self.today - first).days):
            self.shop.night(first + n * DAY, now)
        async with scope(role="job") as connection:
            broken = await broken_for(
                connection=connection, members=[1, 2, 3], business_date=self.today - DAY, after_entry=0
            )
        assert broken == {}, "\n".join(self.story)

    async def compare(self) -> None:
        found, expected = await in_the_product(), in_the_oracle(self.shop)
        for name, rows in expected.items():
            assert found[name] == rows, "\n".join([name, *self.story])


async def posted(deed: Deed) -> str:
    key, day = deed.reference.removeprefix("1:"), deed.day
    try:
        async with scope(role="job"):
            if deed.kind == "redeem":
                given = await redeem(
                    member=deed.member, store=deed.store, reference=key, points=-deed.points, business_date=day
                )
            elif deed.kind == "adjust":
                given = await adjust(
                    member=deed.member, store=deed.store, form=key, points=deed.points, reason="补", business_date=day
                )
            else:
                given = await open_balance(
                    member=deed.member, store=deed.store, points=deed.points, business_date=day, expires_on=deed.expires_on
                )  # fmt: skip
    except Refusal as refusal:
        return {"insufficient_points": "short"}.get(refusal.code, refusal.code)
    return "known" if given.known else "posted"


def drawn_policy(draw: Random) -> Policy:
    days, months = draw.choice([(20, None), (45, None), (None, 1), (None, 2), (None, None)])
    return Policy(
        per_yuan=draw.choice([Decimal(1), Decimal("0.5")]),
        valid_days=days,
        valid_months=months,
        round_expiry=draw.choice(["none", "none", "month", "quarter"]),
        hold_days=draw.choice([0, 0, 3, 7]),
        remind_days=draw.choice([(15, 3), (3, 7, 15), (1,)]),
        remind_min_points=draw.choice([0, 100, 100]),
        statement=draw.choice(["moved", "all", "off"]),
    )


async def begun(seed: int, folder: Path) -> Season:
    draw = Random(seed)  # noqa: S311  chosen, not secret
    policy = drawn_policy(draw)
    await make.make_program(**{**vars(policy), "remind_days": list(policy.remind_days)})
    stores = [await make.make_store("S1"), await make.make_store("S2")]
    tiers = [Tier(name, Decimal(spend), Decimal(multiplier)) for name, spend, multiplier in make.TIERS]
    shop = Shop(policy=policy, tiers=tiers, categories=CATEGORIES)
    for name, (earns, counts) in CATEGORIES.items():
        await make.execute(
            "INSERT INTO category (name, earns, counts_for_tier) VALUES ($1, $2, $3)", name, earns, counts
        )
    for n in (1, 2, 3):
        member = await make.make_member(f"+861390000000{n}", store=stores[n % 2])
        shop.members[member] = Member(member, stores[n % 2])
    return Season(draw, shop, draw.choice(FIRST_DAYS), folder, stores, story=[f"seed {seed}: {policy}"])


async def live(seed: int, folder: Path, days: int = DAYS) -> None:
    """One season; it ends with every night closed and every invariant looked at."""
    season = await begun(seed, folder)
    begins = season.today + season.draw.randint(1, 5) * DAY
    last = season.today + days * DAY
    while season.today <= last:
        await season.deeds(3)
        season.today += DAY
        await season.deeds(1)  # after midnight, before the night
        if season.today >= begins and (season.draw.random() < 0.75 or season.today > last):
            await season.nights()
            await season.compare()
            if season.draw.random() < 0.3 or season.today > last:
                findings = await check_all(progress=lambda *_: None)
                assert findings == [], "\n".join([str(findings), *season.story])


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_season_of_random_deeds_agrees_with_the_oracle(db: None, seed: int, tmp_path: Path) -> None:
    await live(seed, tmp_path)

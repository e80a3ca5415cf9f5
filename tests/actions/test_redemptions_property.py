"""Random weeks of sales, redemptions, claims, cancellations and nights, lived through by the product and by the oracle."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from actions.night import close_nights
from actions.points import Posted, cancel_redemption, redeem
from queries.invariants import check_all
from queries.night_proof import broken_for
from rules.refusals import Refusal
from tables.scope import scope
from tests import make
from tests.oracle import Receipt, Shop, Tier
from tests.oracle_ledger import DAY, Member, Policy
from tests.oracle_restores import Restores, Reward

SEEDS = (2, 3, 11)
DAYS = 50
MEMBERS = (1, 2, 3)
FACTS = {
    "accounts": "SELECT member, balance, pending, earned_total FROM points_account ORDER BY 1",
    "entries": "SELECT member, store, kind, points, balance_after, business_date FROM points_entry ORDER BY member, id",
    "lots": "SELECT member, store, points, remaining, available_on, expires_on FROM points_lot ORDER BY member, id",
    "stocks": "SELECT id, stock FROM reward ORDER BY id",
}


@dataclass
class Counter(Shop, Restores):
    """The whole shop, with rewards and cancellations."""


@dataclass
class Weeks:
    draw: Random
    shop: Counter
    today: date
    sales: int = 0
    keys: list[tuple[int, int, str, int | None, int | None]] = field(default_factory=list)
    story: list[str] = field(default_factory=list)

    async def sell(self) -> None:
        self.sales += 1
        store, member = self.draw.choice([1, 2]), self.draw.choice(MEMBERS)
        amount = Decimal(self.draw.choice([1_000, 5_000, 12_345, 60_000])) / 100
        at = datetime.combine(self.today, self.draw.choice([time(), time(12), time(23, 59)]), make.ZONE)
        self.story.append(f"{self.today} sale {self.sales} {store} {member} {amount}")
        given = await make.sell(f"R{self.sales}", at=at, amount=str(amount), member=member, store=store)
        assert [given] == self.shop.sell([Receipt(store, f"R{self.sales}", member, at, (("", amount),))])

    async def redeem(self) -> None:
        draw = self.draw
        if self.keys and draw.random() < 0.2:
            member, store, key, points, reward = draw.choice(self.keys)
            member = draw.choice([member, member, 1])
        else:
            member, store, key = draw.choice(MEMBERS), draw.choice([1, 2]), f"K{len(self.story)}"
            points, reward = draw.choice([(draw.randint(1, 150), None), (None, draw.randint(1, 5))])
        self.keys.append((member, store, key, points, reward))
        self.story.append(f"{self.today} redeem {self.keys[-1]}")
        expected = self.shop.redeem(
            member=member, store=store, key=key, day=self.today, points=points, reward=reward
        )  # fmt: skip
        assert (
            await told(
                store, redeem(member=member, store=store, reference=key, points=points, reward=reward, business_date=self.today)
            )
            == expected
        ), "\n".join(self.story)  # fmt: skip

    async def cancel(self) -> None:
        if not self.keys:
            return
        _, store, key, _, _ = self.draw.choice(self.keys)
        store = self.draw.choice([store, store, store, 1])
        self.story.append(f"{self.today} cancel {store} {key}")
        expected = self.shop.cancel(store=store, key=key, day=self.today)
        deed = cancel_redemption(store=store, reference=key, business_date=self.today)
        assert await told(store, deed) == expected, "\n".join(self.story)

    async def edit(self) -> None:
        reward, points, active = self.draw.randint(1, 4), self.draw.randint(10, 80), self.draw.random() < 0.7
        self.story.append(f"{self.today} reward {reward} {points} {active}")
        await make.execute("UPDATE reward SET points = $2, is_active = $3 WHERE id = $1", reward, points, active)
        self.shop.rewards[reward].points, self.shop.rewards[reward].active = points, active

    async def deeds(self, most: int) -> None:
        choices: list[Callable[[], Awaitable[None]]] = [self.sell, self.redeem, self.cancel, self.edit]
        for deed in self.draw.choices(choices, weights=[30, 40, 28, 2], k=self.draw.randint(0, most)):
            await deed()

    async def nights(self) -> None:
        first = self.shop.closed + DAY if self.shop.closed else self.today - DAY
        now = datetime.combine(self.today, time(2, 30), make.ZONE)
        self.story.append(f"{self.today} nights {first}..")
        await close_nights(through=self.today - DAY, now=now, zone=make.ZONE)
        for n in range((self.today - first).days):
            self.shop.night(first + n * DAY, now)
        async with scope(role="job") as connection:
            broken = await broken_for(
                connection=connection, members=list(MEMBERS), business_date=self.today - DAY, after_entry=0
            )
        assert broken == {}, "\n".join(self.story)

    async def compare(self) -> None:
        expected = expected_facts(self.shop)
        for name, sql in FACTS.items():
            found = [tuple(row.values()) for row in await make.fetch(sql)]
            assert found == expected[name], "\n".join([name, *self.story])


def expected_facts(shop: Counter) -> dict[str, list[tuple[Any, ...]]]:
    members = shop.members.values()
    return {
        "accounts": [
            (m.id, m.points(ready=True), m.points(ready=False), sum(e.points for e in m.entries if e.kind == "earn"))
            for m in members
        ],
        "entries": [(m.id, e.store, e.kind, e.points, e.after, e.day) for m in members for e in m.entries],
        "lots": [
            (m.id, lot.store, lot.points, lot.left(), lot.available_on, lot.expires_on)
            for m in members
            for lot in m.lots
        ],
        "stocks": [(reward, gift.stock) for reward, gift in shop.rewards.items()],
    }


async def told(store: int, deed: Awaitable[Posted]) -> str:
    try:
        async with scope(role="cashier", stores=[store]):
            given = await deed
    except Refusal as refusal:
        return {"insufficient_points": "short"}.get(refusal.code, refusal.code)
    return "known" if given.known else "posted"


async def begun(seed: int) -> Weeks:
    draw = Random(seed)  # noqa: S311  chosen, not secret
    days = draw.choice([10, 20, 20, None])
    policy = Policy(
        valid_days=days,
        round_expiry=draw.choice(["none", "month"]) if days else "none",
        hold_days=draw.choice([0, 0, 3]),
    )
    await make.make_program(**{**vars(policy), "remind_days": list(policy.remind_days)})
    for code in ("S1", "S2"):
        await make.make_store(code)
    tiers = [Tier(name, Decimal(spend), Decimal(multiplier)) for name, spend, multiplier in make.TIERS]
    shop = Counter(policy=policy, tiers=tiers, categories={"": (True, True)})
    for member in MEMBERS:
        await make.make_member(f"+861390000000{member}", store=member % 2 + 1)
        shop.members[member] = Member(member, member % 2 + 1)
    for number, gift in enumerate((Reward(20), Reward(50, stock=3), Reward(35, rank=2), Reward(15, stock=1)), 1):
        await make.execute(
            "INSERT INTO reward (name, kind, points, stock, tier) VALUES ($1::text, 'gift', $2, $3, (SELECT id FROM tier WHERE rank = $4))",
            f"G{number}", gift.points, gift.stock, gift.rank,
        )  # fmt: skip
        shop.rewards[number] = gift
    return Weeks(draw, shop, draw.choice([date(2031, 2, 10), date(2032, 1, 20)]), story=[f"seed {seed}: {policy}"])


@pytest.mark.parametrize("seed", SEEDS)
async def test_random_weeks_of_redemptions_agree_with_the_oracle(db: None, seed: int) -> None:
    weeks = await begun(seed)
    last = weeks.today + DAYS * DAY
    while weeks.today <= last:
        await weeks.deeds(4)
        weeks.today += DAY
        await weeks.deeds(1)  # after midnight, before the night
        if weeks.draw.random() < 0.5 or weeks.today > last:
            await weeks.nights()
            await weeks.compare()
    assert await check_all(progress=lambda *_: None) == [], "\n".join(weeks.story)
    kinds = {entry.kind for member in weeks.shop.members.values() for entry in member.entries}
    assert {"earn", "redeem", "restore"} <= kinds, "a season without them proves nothing"

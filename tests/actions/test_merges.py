"""Two files of one person become one: everything that follows is as if they had always been one."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

import pytest

from actions.merges import Merged, merge
from actions.night import close_nights
from actions.points import cancel_redemption, redeem
from actions.refunds import record_refund
from config.settings import settings
from queries.invariants import check_all
from rules.refusals import Refusal
from tables.scope import scope
from tests import make

DAY = timedelta(days=1)
FIRST = date(2031, 3, 3)
KEPT, GONE, ONE = 1, 2, 3
FLAT = (("铜卡", 0, "1"), ("银卡", 500, "1"), ("金卡", 1200, "1"))


async def merged(*, kept: int = KEPT, gone: int = GONE, day: date) -> Merged:
    async with scope(role="hq_admin"):
        return await merge(kept=kept, gone=gone, secret=settings().secret, business_date=day, now=make.noon(day))


async def broken() -> list[str]:
    return [str(finding) for finding in await check_all(progress=lambda *_: None)]


async def standing(*members: int) -> tuple[int, ...]:
    [row] = await make.fetch(
        "SELECT sum(balance)::bigint, sum(pending)::bigint AS pending, sum(debt)::bigint AS debt FROM points_account WHERE member = ANY ($1)",
        list(members),
    )  # fmt: skip
    return tuple(row.values())


_LOTS = """
SELECT expires_on, available_on, store - CASE member WHEN 3 THEN 2 ELSE 0 END AS store, sum(remaining)::bigint AS points
FROM points_lot WHERE member = $1 AND remaining > 0 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_TOTALS = """
SELECT s.first_purchase_on, s.last_purchase_on, s.purchase_count, s.total_spend, s.average_interval_days, s.quarter_spend,
    s.last_quarter_spend, t.rank, m.tier_valid_until, a.earned_total
FROM member_stats s JOIN member m ON m.id = s.member JOIN tier t ON t.id = m.tier JOIN points_account a ON a.member = m.id WHERE m.id = $1
"""


async def worth(member: int) -> dict[str, object]:
    """What a person has: points by the day on which they end and the store that owes them, totals, tier."""
    return {
        "account": await standing(member),
        "lots": await make.fetch(_LOTS, member),
        "totals": await make.fetch(_TOTALS, member),
    }


@dataclass
class Twins:
    """One person with two files (1 and 2, stores 1 and 2), another with one (3, stores 3 and 4), who do the same."""

    draw: random.Random
    today: date = FIRST
    two: bool = True
    sold: list[tuple[int, str]] = field(default_factory=list)
    spent: list[tuple[int, str]] = field(default_factory=list)
    done: int = 0

    async def sell(self) -> None:
        self.today += DAY
        self.done += 1
        store, number, amount = (
            self.draw.choice([1, 2]),
            f"A{self.done}",
            str(self.draw.randint(1, 90_000) / Decimal(100)),
        )
        file = self.draw.choice([KEPT, GONE]) if self.two else KEPT
        for member, shop in ((file, store), (ONE, store + 2)):
            await make.sell(number, at=make.noon(self.today), amount=amount, member=member, store=shop)
        self.sold.append((store, number))

    async def refund(self) -> None:
        if self.sold:
            self.done += 1
            store, number = self.draw.choice(self.sold)
            amount, shop = self.draw.choice([None, Decimal("7.77"), Decimal(100)]), self.draw.choice([1, 2])
            await self.both(lambda off: record_refund(
                store=shop + off, refund_no=f"R{self.done}", sold_at=store + off, receipt_no=number, refunded_at=make.noon(self.today),
                amount=amount, zone=make.ZONE, now=make.night_time(self.today), source="till"))  # fmt: skip

    async def redeem(self) -> None:
        # Two files have their own lots, so that only what never ends is spent alike.
        if self.two:
            return
        self.done += 1
        store, points, key = self.draw.choice([1, 2]), self.draw.randint(1, 400), f"K{self.done}"
        await self.both(
            lambda off: redeem(
                member=ONE if off else KEPT, store=store + off, reference=key, points=points, business_date=self.today
            )
        )
        self.spent.append((store, key))

    async def cancel(self) -> None:
        if self.spent:
            store, key = self.draw.choice(self.spent)
            await self.both(lambda off: cancel_redemption(store=store + off, reference=key, business_date=self.today))

    async def nights(self) -> None:
        """What the nights since do to points; the last one of all is closed whole."""
        self.today += self.draw.randint(1, 12) * DAY
        async with scope(role="job") as connection:
            await connection.execute(
                "SELECT deed.points_mature('{1,2,3}', $1), deed.points_expire('{1,2,3}', $1::date - 1)", self.today
            )

    async def both(self, deed: Callable[[int], Awaitable[object]]) -> None:
        """A deed in the stores of the one, then in those of the other: the same answer, or the same no."""
        said = []
        for offset in (0, 2):
            try:
                async with scope(role="job"):
                    await deed(offset)
                said.append("done")
            except Refusal as refusal:
                said.append(refusal.code)
        assert said[0] == said[1], said

    async def live(self, deeds: int) -> None:
        for name in self.draw.choices(["sell", "refund", "redeem", "cancel", "nights"], [5, 3, 3, 2, 1], k=deeds):
            await getattr(self, name)()


async def open_twins(**policy: object) -> None:
    await make.make_program(tiers=FLAT, **policy)
    for number in range(1, 5):
        await make.make_store(f"S{number}")
    for member, store in ((KEPT, 1), (GONE, 2), (ONE, 3)):
        await make.make_member(f"+861390000000{member}", store=store)


@pytest.mark.parametrize("policy", [{"valid_days": 30}, {"valid_days": 25, "hold_days": 5}, {"valid_days": None}])
@pytest.mark.parametrize("seed", range(2))
async def test_two_files_live_on_as_if_they_had_been_one(db: None, seed: int, policy: dict[str, object]) -> None:
    await open_twins(**policy)
    twins = Twins(random.Random(f"{seed} {policy}"))  # noqa: S311  nothing secret
    await twins.live(12)
    await twins.nights()
    before = await standing(KEPT, GONE)
    await merged(day=twins.today)
    assert (await standing(KEPT), await standing(GONE)) == (before, (0, 0, 0))
    twins.two = False
    for _ in range(3):
        assert (await worth(KEPT))["lots"] == (await worth(ONE))["lots"]
        await twins.live(8)
        await twins.nights()
    await close_nights(through=None, now=make.noon(twins.today), zone=make.ZONE)
    assert await worth(KEPT) == await worth(ONE)
    assert await broken() == []

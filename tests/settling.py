"""A few stores, a few members and what they do, as short calls; and random days of it."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from actions.points import adjust, cancel_redemption, redeem
from actions.purchases import Line, Spend, record_purchase
from actions.refunds import record_refund
from rules.refusals import Refusal
from tables.scope import scope
from tests import make

DAY = timedelta(days=1)
STORES = (1, 2, 3, 4)


async def open_shops(*, members: int = 1, **policy: Any) -> None:
    """Stores 1 to 4, named S1 to S4, and members of the first one."""
    await make.make_program(**policy)
    for store in STORES:
        await make.make_store(f"S{store}")
    for member in range(1, members + 1):
        await make.make_member(f"+861390000000{member}", store=1)


async def buy(receipt: str, *, store: int, day: date, amount: int, member: int = 1, spend: int = 0) -> None:
    async with scope(role="cashier", stores=[store]):
        await record_purchase(
            store=store, receipt_no=receipt, purchased_at=make.noon(day), member=member, zone=make.ZONE,
            lines=[Line(amount=Decimal(amount))], now=make.noon(day), spend=Spend(points=spend) if spend else None,
        )  # fmt: skip


async def spend(reference: str, *, store: int, day: date, points: int, member: int = 1) -> None:
    async with scope(role="cashier", stores=[store]):
        await redeem(member=member, store=store, reference=reference, points=points, business_date=day)


async def cancel(reference: str, *, store: int, day: date) -> None:
    async with scope(role="cashier", stores=[store]):
        await cancel_redemption(store=store, reference=reference, business_date=day)


async def refund(number: str, *, store: int, day: date, sold_at: int, of: str, amount: int | None = None) -> None:
    async with scope(role="hq_admin"):
        await record_refund(
            store=store, refund_no=number, sold_at=sold_at, receipt_no=of, refunded_at=make.noon(day), zone=make.ZONE,
            now=make.noon(day), amount=None if amount is None else Decimal(amount),
        )  # fmt: skip


class Days:
    """Random days in four stores, without nights: postings settle what came due. What the shop refuses is left out."""

    def __init__(self, *, seed: int, members: int) -> None:
        self.draw = Random(seed)  # noqa: S311  not a secret
        self.members = members
        self.sales: list[tuple[int, str]] = []
        self.spent: list[tuple[int, str]] = []

    async def live(self, *, first: date, days: int) -> None:
        for number in range(days):
            day = first + number * DAY
            for deed in range(self.draw.choice([0, 1, 2])):
                try:
                    await self._one(day, f"{number}-{deed}")
                except Refusal:
                    continue

    async def _one(self, day: date, key: str) -> None:
        draw, store, member = self.draw, self.draw.choice(STORES), self.draw.randint(1, self.members)
        match draw.choice(["buy"] * 5 + ["spend"] * 5 + ["cancel"] * 2 + ["refund"] * 3 + ["adjust"]):
            case "buy":
                self.sales.append((store, key))
                points = draw.choice([0, 0, draw.randint(1, 60)])
                await buy(key, store=store, day=day, amount=draw.randint(5, 200), member=member, spend=points)
            case "spend":
                self.spent.append((store, key))
                await spend(key, store=store, day=day, points=draw.randint(1, draw.choice([40, 150])), member=member)
            case "cancel":
                spent_at, reference = draw.choice(self.spent[-6:] or [(1, "")])
                await cancel(reference, store=spent_at, day=day)
            case "refund":
                sold_at, of = draw.choice(self.sales[-8:] or [(1, "")])
                amount = draw.choice([None, None, draw.randint(1, 60)])
                await refund(key, store=store, day=day, sold_at=sold_at, of=of, amount=amount)
            case "adjust":
                await self._adjust(store, member, day, key)

    async def _adjust(self, store: int, member: int, day: date, key: str) -> None:
        points = self.draw.choice([-1, 1]) * self.draw.randint(1, 40)
        async with scope(role="hq_admin"):
            await adjust(
                member=member, store=store, points=points, reason="测试", form=key, business_date=day, staff=None
            )

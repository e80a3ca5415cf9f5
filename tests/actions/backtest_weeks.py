"""Random weeks of a small chain as a script of deeds, which can be lived once more under another program."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from actions.members import import_members
from actions.night import close_nights
from actions.points import adjust, cancel_redemption, open_balance, redeem
from actions.purchases import Line, Spend, record_purchase
from actions.purchases_import import import_purchases
from actions.refunds import record_refund
from rules.refusals import Refusal
from tables.scope import current, scope
from tests import make
from tests.actions.backtest_programs import CATEGORIES, MEMBERS

DAY = timedelta(days=1)
GRANT = "INSERT INTO tier_grant (member, tier, valid_from, valid_until, reason) SELECT $1, id, $3, $4, '' FROM tier WHERE rank = $2"
LEFT = """
SELECT coalesce(sum(remaining), 0)::bigint FROM points_lot
WHERE member = $1 AND available_on <= $2 AND (expires_on IS NULL OR expires_on >= $2)
"""
EXTEND = "SELECT outcome FROM deed.points_extend($1, '', $2, $3, $4, $5, '活动', $6, NULL)"
Deed = tuple[Callable[..., Awaitable[Any]], dict[str, Any]]


async def grant(*, member: int, rank: int, since: date, until: date) -> None:
    await make.execute(GRANT, member, rank, since, until)


async def extend(*, form: str, members: list[int] | None, first: date, last: date, until: date, day: date) -> None:
    await current().execute(EXTEND, form, members, first, last, until, day)


@dataclass
class Weeks:
    """What is drawn is done; `script` holds what was not refused, the nights among it."""

    draw: Random
    today: date
    folder: Path
    extends: bool = False
    closed: bool = False
    number: int = 0
    sales: list[tuple[int, str, date]] = field(default_factory=list)
    redemptions: list[str] = field(default_factory=list)
    script: list[Deed] = field(default_factory=list)

    def key(self) -> str:
        self.number += 1
        return f"K{self.number}"

    def sell(self) -> Deed:
        draw = self.draw
        day = self.today - (draw.choice([1, 2, 5, 15, 40]) if draw.random() < 0.1 else 0) * DAY
        at = datetime.combine(day, draw.choice([time(), time(12), time(23, 59)]), make.ZONE)
        amounts = [Decimal(draw.choice([draw.randrange(9_000), draw.randrange(60_000), 5_000])) / 100 for _ in "abc"]
        lines = [
            Line(category=draw.choice([*CATEGORIES, None]), amount=amount)
            for amount in amounts[: draw.choice([1, 1, 2, 3])]
        ]
        spends: list[Spend] = [Spend(points=draw.randint(1, 80)), Spend(reward=draw.randint(1, 4))]
        # What a late receipt spends may be points of a later day, which a window that ends before it does not know.
        spend = draw.choice(spends) if draw.random() < 0.15 and day == self.today else None
        store, key = draw.choice([1, 2]), self.key()
        self.sales.append((store, key, day))
        return record_purchase, {
            "store": store, "receipt_no": key, "purchased_at": at, "lines": lines, "zone": make.ZONE, "now": make.FAR_AHEAD,
            "member": draw.choice([*MEMBERS] if spend else [*MEMBERS, None]), "spend": spend,
        }  # fmt: skip

    def refund(self) -> Deed:
        store, key, day = self.draw.choice(self.sales[-12:] or [(1, "none", self.today)])
        return record_refund, {
            "store": self.draw.choice([1, 2]), "refund_no": self.key(), "sold_at": store, "receipt_no": key,
            "refunded_at": datetime.combine(max(self.today, day), time(13), make.ZONE), "zone": make.ZONE,
            "now": make.FAR_AHEAD, "amount": self.draw.choice([None, None, Decimal(self.draw.randrange(1, 9_000)) / 100]),
        }  # fmt: skip

    def redeem(self) -> Deed:
        draw, key = self.draw, self.key()
        points, reward = draw.choice([(draw.randint(1, 24) * 5, None), (None, draw.randint(1, 4))])
        self.redemptions.append(key)
        return redeem, {
            "member": draw.choice(MEMBERS), "store": 1, "reference": key, "points": points, "reward": reward,
            "business_date": self.today,
        }  # fmt: skip

    def cancel(self) -> Deed:
        key = self.draw.choice(self.redemptions or ["none"])
        return cancel_redemption, {"store": 1, "reference": key, "business_date": self.today}

    def correct(self) -> Deed:
        member, points = self.draw.choice(MEMBERS), self.draw.choice([1, -1]) * self.draw.randint(1, 60)
        if self.draw.random() < 0.2:
            ends = self.draw.choice([None, self.today + self.draw.randint(0, 40) * DAY])
            return open_balance, {
                "member": member, "store": 1, "points": abs(points), "business_date": self.today, "expires_on": ends,
            }  # fmt: skip
        return adjust, {
            "member": member, "store": 1, "form": self.key(), "points": points, "reason": "补", "business_date": self.today,
        }  # fmt: skip

    def grant(self) -> Deed:
        since = self.today + self.draw.randint(1, 9) * DAY
        until = since + self.draw.randint(0, 80) * DAY
        return grant, {
            "member": self.draw.choice(MEMBERS), "rank": self.draw.choice([2, 3]), "since": since, "until": until,
        }  # fmt: skip

    def extend(self) -> Deed:
        first, day = self.today + self.draw.randint(-5, 20) * DAY, self.today
        return extend, {
            "form": self.key(), "members": self.draw.choice([None, [1, 2]]), "first": first, "last": first + 20 * DAY,
            "until": first + self.draw.randint(10, 60) * DAY, "day": day,
        }  # fmt: skip

    async def import_receipts(self) -> None:
        """A file of receipts, most of them late, several of one member among them."""
        till = make.Till(self.folder / f"{self.key()}.csv")
        for _ in range(self.draw.randint(2, 6)):
            day = self.today - self.draw.choice([0, 1, 2, 8, 30, 50]) * DAY
            phone, amount = f"1390000000{self.draw.choice(MEMBERS)}", str(self.draw.randint(1, 400))
            till.sale(self.key(), at=datetime.combine(day, time(9), make.ZONE), phone=phone, amount=amount)
        await self.at_once(import_purchases, path=till.save(), zone=make.ZONE, today=self.today)

    async def import_member(self) -> None:
        """A rank and an opening balance, for somebody new or known."""
        file = self.folder / f"{self.key()}.csv"
        rank, ends = self.draw.choice(["银卡", "金卡", ""]), self.today + self.draw.randint(1, 40) * DAY
        phone = self.draw.choice([*(f"1390000000{member}" for member in MEMBERS), f"1380000{self.number:04}"])
        row = f"{phone},张,S1,{rank},{self.draw.randint(1, 90)},{ends}"
        file.write_text(f"phone,name,home_store,tier,points,points_expire_on\n{row}\n", encoding="utf-8")
        await self.at_once(import_members, path=file, dry_run=False, today=self.today, consent_source=None)

    async def at_once(self, do: Callable[..., Awaitable[Any]], **words: object) -> None:
        self.script.append((do, words))
        await do(**words)

    async def deeds(self, most: int) -> None:
        choices = [
            self.sell,
            self.refund,
            self.redeem,
            self.cancel,
            self.correct,
            *([self.grant] if self.closed else []),
        ]
        for choose in self.draw.choices(
            choices, weights=[45, 18, 20, 6, 8, 2][: len(choices)], k=self.draw.randint(0, most)
        ):
            deed = choose()
            if await accepted(deed):
                self.script.append(deed)

    async def nights(self) -> None:
        now = datetime.combine(self.today, time(2, 30), make.ZONE)
        await self.at_once(close_nights, through=self.today - DAY, now=now, zone=make.ZONE)
        self.closed = True

    async def live(self, days: int) -> None:
        begins, last = self.today + self.draw.randint(1, 9) * DAY, self.today + days * DAY
        while self.today <= last:
            await self.deeds(5)
            if self.draw.random() < 0.05:
                await self.draw.choice([self.import_receipts, self.import_member])()
            self.today += DAY
            await self.deeds(1)  # after midnight, before the night
            if self.today >= begins and (self.draw.random() < 0.7 or self.today > last):
                await self.nights()


async def accepted(deed: Deed) -> bool:
    do, words = deed
    try:
        async with scope(role="job"):
            await do(**words)
    except Refusal:
        return False
    return True


async def live_again(script: list[Deed]) -> Counter[str]:
    """The same deeds under the program that is there now; counts the redemptions that it refuses, less those cancelled."""
    refused: Counter[str] = Counter()
    for do, words in script:
        if do in {close_nights, import_purchases, import_members}:
            await do(**words)
        elif not await accepted((do, words)):
            if do is redeem:
                refused[words["reference"]] += 1
            elif do is cancel_redemption:
                del refused[words["reference"]]
            elif do is record_purchase:
                refused[words["receipt_no"]] += 1
                assert await accepted((do, words | {"spend": None}))
            elif do is adjust:
                left = await make.value(LEFT, words["member"], words["business_date"])
                assert not left or await accepted((do, words | {"points": -left}))
    return refused

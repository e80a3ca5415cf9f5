"""Habits against a plain count: whatever is bought and given back, in whatever order, the night leaves what purchases say."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from actions.night import close_nights
from tests import make
from tests.actions.refunding import refund

# ruff: noqa: S311 – nothing here is a secret

pytestmark = pytest.mark.usefixtures("db")

DAY = timedelta(days=1)
LAST = date(2026, 9, 30)  # a quarter's last day
MEMBERS = 12


@dataclass(frozen=True)
class Sale:
    member: int
    day: date
    hour: int
    lines: tuple[tuple[str, str], ...]
    given_back: Decimal = Decimal(0)

    @property
    def amount(self) -> Decimal:
        return sum((Decimal(amount) for _, amount in self.lines), Decimal(0))


def most(values: Sequence[int]) -> int | None:
    """The one that is most frequent, the least where several are, of three or more and if it is one in three or more."""
    value, times = min(Counter(values).items(), key=lambda item: (-item[1], item[0]), default=(0, 0))
    return value if len(values) >= 3 and times * 3 >= len(values) else None


def change(days: Sequence[date]) -> Decimal | None:
    if len(days) < 5:
        return None
    gaps = [(after - before).days for before, after in pairwise(days)]
    return (Decimal(sum(gaps[-3:])) / 3 / (Decimal(sum(gaps[:-3])) / len(gaps[:-3]))).quantize(Decimal("0.001"))


def newest(sales: Sequence[Sale], night: date) -> list[Sale]:
    return sorted((sale for sale in sales if (night - sale.day).days < 90), key=lambda sale: sale.day)[-12:]


def liked(sales: Sequence[Sale], night: date) -> str | None:
    receipts: Counter[str] = Counter()
    spent: Counter[str] = Counter()
    for sale in newest(sales, night):
        receipts.update({name for name, _ in sale.lines})
        for name, amount in sale.lines:
            spent[name] += int(Decimal(amount) * 100)
    return min(receipts, key=lambda name: (-receipts[name], -spent[name], name)) if receipts else None


def plain(sales: Sequence[Sale], night: date) -> dict[str, Any]:
    """One member's habits by counting; `given_back` counts on the day of the sale, as the tests give back."""
    quarter = date(night.year, (night.month - 1) // 3 * 3 + 1, 1)
    before = date(quarter.year - 1, 10, 1) if quarter.month == 1 else quarter.replace(month=quarter.month - 3)
    year = date(night.year, 1, 1)

    def spend(since: date, until: date) -> Decimal:
        return sum((s.amount - s.given_back for s in sales if since <= s.day < until), Decimal(0))

    average = sum((sale.amount for sale in sales), Decimal(0)) / len(sales)
    return {
        "quarter": quarter,
        "quarter_purchases": sum(s.day >= quarter for s in sales),
        "last_quarter_purchases": sum(before <= s.day < quarter for s in sales),
        "year": year,
        "year_purchases": sum(s.day >= year for s in sales),
        "year_spend": spend(year, date.max),
        "last_year_spend": spend(year.replace(year=year.year - 1), year),
        "basket": (average + Decimal("0.005")).quantize(Decimal("0.01"), rounding="ROUND_FLOOR"),
        "weekday": most([s.day.isoweekday() for s in sales]),
        "hour": most([s.hour for s in newest(sales, night)]),
        "month_day": most([s.day.day for s in sales]),
        "interval_change": change(sorted({s.day for s in sales})),
        "category": liked(sales, night),
        "purchases": len(sales),
        "spend": spend(date.min, date.max),
    }


async def shop() -> None:
    await make.make_program()
    await make.make_store()
    for number in range(MEMBERS):
        await make.make_member(f"+86139000000{number:02}", store=1, joined_on=date(2024, 1, 1))
    await make.execute("INSERT INTO category (name) VALUES ('A'), ('B'), ('C')")


def some_sales(rng: Random, *, count: int, first: date, last: date) -> list[Sale]:
    sales = []
    for _ in range(count):
        lines = tuple((rng.choice("ABC"), f"{rng.randint(1, 9000) / 100:.2f}") for _ in range(rng.randint(1, 3)))
        day = first + DAY * rng.randint(0, (last - first).days)
        back = Decimal("0.50") if rng.random() < 0.2 and sum(Decimal(a) for _, a in lines) > 1 else Decimal(0)
        sales.append(Sale(rng.randint(1, MEMBERS - 1), day, rng.choice((0, 8, 12, 12, 18, 23)), lines, back))
    return sales


async def post(sales: Sequence[Sale], name: str) -> None:
    for number, sale in enumerate(sales):
        at = make.noon(sale.day).replace(hour=sale.hour, minute=30)
        assert await make.sell(f"{name}{number}", at=at, member=sale.member, lines=sale.lines) == "posted"
        if sale.given_back:
            await refund(f"{name}{number}", str(sale.given_back), of=f"{name}{number}", day=sale.day)


async def habits() -> dict[int, dict[str, Any]]:
    rows = await make.fetch("SELECT h.*, c.name FROM member_habit h LEFT JOIN category c ON c.id = h.category")
    return {row["member"]: {**row, "category": row["name"]} for row in rows}


@pytest.mark.parametrize("seed", [1, 2])
async def test_habits_are_those_of_a_plain_count_through_nights_late_receipts_and_a_quarters_end(seed: int) -> None:
    rng = Random(seed)
    await shop()
    liked_then: dict[int, dict[str, Any]] = {}
    known = some_sales(rng, count=120, first=date(2025, 1, 1), last=LAST - 2 * DAY)
    await post(known, "old")
    for number in range(-2, 3):
        night = LAST + number * DAY
        today = some_sales(rng, count=4, first=night, last=night)
        late = some_sales(rng, count=2, first=date(2025, 1, 1), last=night)
        tomorrow = some_sales(rng, count=2, first=night + DAY, last=night + DAY)
        await post([*today, *late, *tomorrow], f"n{number}-")
        known += [*today, *late, *tomorrow]
        await close_nights(through=night, now=make.night_time(night), zone=make.ZONE)
        found = await habits()
        for member in range(1, MEMBERS + 1):
            theirs = [sale for sale in known if sale.member == member and sale.day <= night]
            if theirs:
                row = found.pop(member)
                told = plain(theirs, row["counted_on"])
                # Favourites are looked for once a week, and kept in between.
                if row["liked_on"] == row["counted_on"] == night:
                    liked_then[member] = {name: told[name] for name in ("hour", "category")}
                assert 0 <= (row["counted_on"] - row["liked_on"]).days < 7
                assert row == {**row, **told, **liked_then[member]}, (member, night)
        assert not found  # nobody has habits who has not bought


async def test_a_night_repeated_or_long_past_leaves_habits_as_they_are() -> None:
    await shop()
    await post(some_sales(Random(3), count=30, first=LAST - 40 * DAY, last=LAST), "a")
    for night in (LAST - DAY, LAST):
        await close_nights(through=night, now=make.night_time(night), zone=make.ZONE)
    await post(some_sales(Random(4), count=5, first=LAST + DAY, last=LAST + DAY), "b")  # today's
    before = await make.digest()
    for night in (LAST, LAST - DAY):
        await close_nights(through=night, now=make.night_time(LAST), zone=make.ZONE, again=True)
        assert await make.digest() == before

"""What the fields of rules are for a person of tests/queries/segments_people.py, in plain Python."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from rules.calendar import add_months, quarter_end, quarter_start
from rules.segments_tree import Compare
from tests.queries.segments_people import STORES, TIERS, TODAY, Person, at

QUARTER = quarter_start(day=TODAY)
BEFORE = add_months(day=QUARTER, months=-3)
YEAR, LAST_YEAR = date(TODAY.year, 1, 1), date(TODAY.year - 1, 1, 1)


def lately(day: date, days: int | None) -> bool:
    return days is None or day > TODAY - timedelta(days=days)


def moment(when: datetime, days: int | None) -> bool:
    return days is None or when >= at(TODAY - timedelta(days=days - 1), 0)


def period(one: Person, key: str, day: date, column: str) -> Any:
    return one.habit[column] if one.habit and one.habit[key] == day else 0


def spend(one: Person, first: date) -> Decimal:
    return sum(
        (receipt.amount for receipt in one.receipts if first <= receipt.day <= quarter_end(day=first)), Decimal(0)
    )


def interval(one: Person) -> Decimal | None:
    days = [receipt.day for receipt in one.sales]
    return round(Decimal((days[-1] - days[0]).days) / (len(days) - 1), 2) if len(days) > 1 else None


def overdue(one: Person) -> Decimal | None:
    average = interval(one)
    return (TODAY - one.sales[-1].day).days / average if average else None


def fastest(one: Person) -> Decimal | None:
    took = [Decimal(c[2]) / 60 for m in one.messages if m.campaign for c in m.clicks if not c[1] and moment(c[0], 90)]
    took += [
        Decimal((r[0] - m.handed_at).total_seconds()) / 60
        for m in one.messages if m.campaign for r in m.replies if r[1] not in {"opt_out", "fewer"} and moment(r[0], 90)
    ]  # fmt: skip
    return min(took, default=None)


def expiring(one: Person, days: int) -> int:
    return sum(lot[0] for lot in lots(one) if lot[2] and TODAY <= lot[2] <= TODAY + timedelta(days=days))


def lots(one: Person) -> list[tuple[int, date, date | None, bool]]:
    return [lot for lot in one.lots if lot[2] is None or lot[2] >= lot[1]]


def points(one: Person) -> int:
    """The account tells it, unless a lot has ended or matured since."""
    stale = any(lot[2] and lot[0] and lot[2] < TODAY for lot in one.lots) or any(
        lot[0] and not lot[3] for lot in one.lots
    )
    if not stale:
        return sum(lot[0] for lot in one.lots if lot[3])
    return sum(lot[0] for lot in lots(one) if (lot[3] or lot[1] <= TODAY) and (lot[2] is None or lot[2] >= TODAY))


def habit(one: Person, name: str) -> Any:
    return one.habit[name] if one.habit else None


HABITS = ("basket", "weekday", "hour", "month_day", "interval_change")
FACTS: Mapping[str, Callable[[Person], Any]] = {
    "quarter_purchases": lambda one: period(one, "quarter", QUARTER, "quarter_purchases"),
    "last_quarter_purchases": lambda one: period(one, "quarter", QUARTER, "last_quarter_purchases")
        or period(one, "quarter", BEFORE, "quarter_purchases"),
    "year_purchases": lambda one: period(one, "year", YEAR, "year_purchases"),
    "year_spend": lambda one: period(one, "year", YEAR, "year_spend"),
    "last_year_spend": lambda one: period(one, "year", YEAR, "last_year_spend") or period(one, "year", LAST_YEAR, "year_spend"),
    "purchase_count": lambda one: len(one.sales), "total_spend": lambda one: sum(receipt.amount for receipt in one.receipts),
    "last_purchase_on": lambda one: one.sales[-1].day if one.sales else None,
    "first_purchase_on": lambda one: one.sales[0].day if one.sales else None,
    "quarter_spend": lambda one: spend(one, QUARTER), "last_quarter_spend": lambda one: spend(one, BEFORE),
    "points": points, "birthday_month": lambda one: one.birthday.month if one.birthday else None,
    "joined_on": lambda one: one.joined_on, "title": lambda one: one.title,
    "store_kind": lambda one: STORES[one.store - 1][4], "region": lambda one: STORES[one.store - 1][3],
    "average_interval": interval, "interval_ratio": overdue, "response_minutes": fastest,
    **{name: partial(habit, name=name) for name in HABITS},
}  # fmt: skip


def compares(rule: Compare, one: Person, places: Mapping[int, int]) -> bool:
    values: list[Any] = list(rule.values)
    if rule.field == "tier":
        ranks = {name: rank for rank, _, name in TIERS}
        return stands(rule.operator, one.tier, [ranks[value] for value in values])
    if rule.field == "store":
        mine = STORES[one.store - 1][1:3]
        return any(value in mine for value in values) == (rule.operator in {"=", "in"})
    if rule.field == "year_rank":
        return stands(rule.operator, places.get(one.id), values)
    if rule.field == "expiring_points":
        return stands(rule.operator, expiring(one, rule.days or 0), values)
    return stands(rule.operator, FACTS[rule.field](one), values)


def stands(operator: str, fact: Any, values: list[Any]) -> bool:
    if fact is None:
        return False
    if operator == "between":
        return bool(values[0] <= fact <= values[1])
    if operator in {"in", "not in"}:
        return (fact in values) == (operator == "in")
    first = values[0]
    less, same = bool(fact < first), bool(fact == first)
    return {"=": same, "!=": not same, "<": less, "<=": less or same, ">": not (less or same), ">=": not less}[operator]

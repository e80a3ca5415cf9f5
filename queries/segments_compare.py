"""Fields of rules compared with values, as conditions over `member m` that its indexes can answer."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from queries.segments_events import fastest
from queries.segments_query import Query
from rules.calendar import MONTHS_IN_QUARTER, add_months, quarter_start
from rules.segments_fields import FIELDS
from rules.segments_tree import Compare

# Plain columns: (the table, the expression).
_COLUMNS: Mapping[str, tuple[str, str]] = {
    "purchase_count": ("s", "s.purchase_count"), "total_spend": ("s", "s.total_spend"),
    "last_purchase_on": ("s", "s.last_purchase_on"), "first_purchase_on": ("s", "s.first_purchase_on"),
    "average_interval": ("s", "s.average_interval_days"), "basket": ("h", "h.basket"), "weekday": ("h", "h.weekday"),
    "hour": ("h", "h.hour"), "month_day": ("h", "h.month_day"), "interval_change": ("h", "h.interval_change"),
    "birthday_month": ("m", "extract(month FROM m.birthday)"), "joined_on": ("m", "m.joined_on"), "title": ("m", "m.title"),
}  # fmt: skip
# Totals of a quarter or year that the row may have outlived: (the table, the column of its period, those of this and the last one).
_PERIODS: Mapping[str, tuple[str, str, str | None, str]] = {
    "quarter_spend": ("s", "quarter", None, "quarter_spend"),
    "last_quarter_spend": ("s", "quarter", "last_quarter_spend", "quarter_spend"),
    "quarter_purchases": ("h", "quarter", None, "quarter_purchases"),
    "last_quarter_purchases": ("h", "quarter", "last_quarter_purchases", "quarter_purchases"),
    "year_purchases": ("h", "year", None, "year_purchases"), "year_spend": ("h", "year", None, "year_spend"),
    "last_year_spend": ("h", "year", "last_year_spend", "year_spend"),
}  # fmt: skip
# Amounts with statistics of their values as float8.
_MEASURED = (
    "s.quarter_spend", "s.last_quarter_spend", "s.total_spend", "s.average_interval_days", "h.year_spend", "h.last_year_spend",
    "h.basket", "h.interval_change",
)  # fmt: skip
_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {"=": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
# Points that the next night will expire or set free are counted as what they are today.
_POINTS = """
CASE WHEN a.lapses_on < {today} OR a.pending > 0 THEN coalesce((SELECT sum(l.remaining) FROM points_lot l WHERE l.member = m.id
    AND l.remaining > 0 AND (l.matured OR l.available_on <= {today}) AND (l.expires_on IS NULL OR l.expires_on >= {today})), 0)
ELSE a.balance END
"""


def fits(*, operator: str, value: Decimal | int, values: Sequence[object]) -> bool:
    """Whether a number stands to others as the operator says."""
    if operator == "between":
        low, high = values
        return isinstance(low, Decimal | int) and isinstance(high, Decimal | int) and low <= value <= high
    if operator in {"in", "not in"}:
        return (value in values) == (operator == "in")
    return _TESTS[operator](value, values[0])


def compared(rule: Compare, query: Query) -> str:
    """The condition; NULL where a member has no such value."""
    if rule.field in {"store", "region", "store_kind", "tier"}:
        return _named(rule, query)
    if rule.field == "expiring_points":
        return _expiring(rule, query)
    if rule.field == "year_rank":
        return _rank(rule, query)
    if rule.field in _PERIODS:
        return _period(rule, query)
    return _stands(_expression(rule, query), rule, query)


def _expression(rule: Compare, query: Query) -> str:
    if rule.field in _COLUMNS:
        table, expression = _COLUMNS[rule.field]
        return _of(table, expression, query)
    if rule.field == "response_minutes":
        return fastest(query=query)
    today = query.value(value=query.today, kind="date")
    if rule.field == "points":
        return f"({_of('a', _POINTS.format(today=today), query)})"
    assert rule.field == "interval_ratio"  # noqa: S101  every field is here or in the tables above
    return _of("s", f"(({today} - s.last_purchase_on) / nullif(s.average_interval_days, 0))", query)


def _of(table: str, expression: str, query: Query) -> str:
    if table != "m":
        query.join(table=table)
    return expression


def _stands(expression: str, rule: Compare, query: Query) -> str:
    kind = FIELDS[rule.field].kind
    whole = kind == "number" and FIELDS[rule.field].whole
    sql = {"money": "numeric", "date": "date", "text": "text"}.get(kind, "bigint" if whole else "numeric")
    values: list[object] = [int(value) if whole and isinstance(value, Decimal) else value for value in rule.values]
    if rule.operator in {"in", "not in"}:
        word = "= ANY" if rule.operator == "in" else "<> ALL"
        return f"{expression} {word} ({query.value(value=values, kind=f'{sql}[]')})"
    if rule.operator == "between":
        low, high = (query.value(value=value, kind=sql) for value in values)
        return _estimated(expression, "{0} BETWEEN {1} AND {2}", low, high)
    written = query.value(value=values[0], kind=sql)
    return _estimated(expression, f"{{0}} {rule.operator} {{1}}", written)


def _estimated(expression: str, test: str, *values: str) -> str:
    """The test of an amount, with the same one in other words beside it. Behind row security the planner takes half of the
    members for the answer to any test of numeric, and reads whole tables for a few people; of float8 it may look at the
    statistics. No two amounts of our columns are the same in float8.
    """
    told = test.format(expression, *values)
    if expression not in _MEASURED or "!" in test or test.startswith("{0} = "):
        return told
    return f"{told} AND {test.format(*(f'{part}::float8' for part in (expression, *values)))}"


def _period(rule: Compare, query: Query) -> str:
    """Where nothing does not fit, each period is a range of an index; else who has no row of it counts as nothing."""
    table, period, last, this = _PERIODS[rule.field]
    now, before = _begins(period, query.today)
    cases = [(now, this)] if last is None else [(now, last), (before, this)]
    query.join(table=table)
    if not fits(operator=rule.operator, value=0, values=rule.values):
        ways = (
            f"{_is_period(table, period, day, query)} AND {_stands(f'{table}.{column}', rule, query)}"
            for day, column in cases
        )
        return " OR ".join(ways)
    whens = " ".join(f"WHEN {_is_period(table, period, day, query)} THEN {table}.{column}" for day, column in cases)
    return _stands(f"(CASE {whens} ELSE 0 END)", rule, query)


def _is_period(table: str, period: str, day: date, query: Query) -> str:
    return f"{table}.{period} = {query.value(value=day, kind='date')}"


def _begins(period: str, today: date) -> tuple[date, date]:
    """The first days of this quarter or year and of the one before."""
    if period == "year":
        return date(today.year, 1, 1), date(today.year - 1, 1, 1)
    first = quarter_start(day=today)
    return first, add_months(day=first, months=-MONTHS_IN_QUARTER)


def _named(rule: Compare, query: Query) -> str:
    names, values = query.names, [str(value) for value in rule.values]
    if rule.field == "tier":
        ranks = [names.tiers[value][1] for value in values]
        ids = [tier for tier, rank in names.tiers.values() if fits(operator=rule.operator, value=rank, values=ranks)]
        return f"m.tier = ANY ({query.value(value=ids, kind='bigint[]')})"
    shops = sorted({shop for value in values for shop in names.shops(name=value, key=rule.field)})
    word = "= ANY" if rule.operator in {"=", "in"} else "<> ALL"
    return f"m.home_store {word} ({query.value(value=shops, kind='bigint[]')})"


def _expiring(rule: Compare, query: Query) -> str:
    today = query.value(value=query.today, kind="date")
    days = query.value(value=rule.days, kind="integer")
    total = _stands("sum(l.remaining)", rule, query)
    nothing = fits(operator=rule.operator, value=0, values=rule.values)
    having = f"NOT ({total})" if nothing else total
    listed = query.listed(
        sql=f"SELECT l.member FROM points_lot l WHERE l.remaining > 0 AND l.expires_on BETWEEN {today} AND {today} + {days}"
        f" GROUP BY l.member HAVING {having}"
    )
    return f"NOT {listed}" if nothing else listed


def _rank(rule: Compare, query: Query) -> str:
    """By this year's spend, of equals who came first; no more are ranked than may be asked for."""
    year = query.value(value=_begins("year", query.today)[0], kind="date")
    most = (
        None
        if rule.operator in {">", ">=", "!=", "not in"}
        else max(int(value) for value in rule.values if isinstance(value, Decimal))
    )
    first = query.value(value=most, kind="bigint")
    return query.listed(sql=f"""
        SELECT r.member FROM (
            SELECT t.member, row_number() OVER (ORDER BY t.year_spend DESC, t.member) AS place FROM (
                SELECT h.member, h.year_spend FROM member_habit h WHERE h.year = {year} AND h.year_spend > 0
                    AND (SELECT o.erased_at IS NULL FROM member o WHERE o.id = h.member)
                ORDER BY h.year_spend DESC, h.member LIMIT {first}) t) r
        WHERE {_stands('r.place', rule, query)}""")  # fmt: skip

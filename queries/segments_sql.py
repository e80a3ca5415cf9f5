"""From the tree of a rule to one condition in SQL over `member m`: no word of the rule stands in it, all are parameters."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from math import asin, cos, degrees, radians, sin
from typing import Any

from queries.segments_compare import compared
from queries.segments_events import after_message, bought, reacted, took, wished
from queries.segments_query import Query
from rules.calendar import add_months
from rules.segments_tree import (
    Both,
    Bought,
    Compare,
    Consented,
    Either,
    InSegment,
    Is,
    Near,
    Not,
    Reacted,
    Rule,
    Tagged,
    Took,
    Wished,
    Within,
)

EARTH_KM = 6_371.0088
_ROUNDED = 1.001  # a box a little too large loses nobody; the exact distance decides
_HAVERSINE = (
    f"2 * {EARTH_KM} * asin(sqrt(least(1, power(sin(radians(m.latitude::float8 - {{lat}}) / 2), 2) + cos(radians({{lat}}))"
    " * cos(radians(m.latitude::float8)) * power(sin(radians(m.longitude::float8 - {lon}) / 2), 2))))"
)
_CONSENT = "(SELECT c.granted FROM consent c WHERE c.member = m.id AND c.purpose = {} ORDER BY c.at DESC, c.id DESC LIMIT 1) IS TRUE"
_MONTH_AND_DAY = "(extract(month FROM m.birthday) * 100 + extract(day FROM m.birthday))::integer"
_LEAP_DAY = 229


def condition(*, rule: Rule, query: Query) -> str:
    """The condition of a rule; NULL is not true."""
    if isinstance(rule, Both | Either):
        word = " AND " if isinstance(rule, Both) else " OR "
        return word.join(f"({condition(rule=part, query=query)})" for part in rule.parts)
    if isinstance(rule, Not):
        inner = condition(rule=rule.part, query=query)
        # What is surely true or false may be denied so that the planner understands it.
        if inner.startswith("EXISTS") or (
            inner.endswith(" IS NOT NULL") and " " not in inner.removesuffix(" IS NOT NULL")
        ):
            return f"NOT {inner}"
        return f"({inner}) IS NOT TRUE"
    return _CONDITIONS[type(rule)](rule, query)


def _within(rule: Within, query: Query) -> str:
    if rule.event == "birthday":
        days = [query.today + timedelta(days=ahead) for ahead in range(rule.days + 1)]
        return f"{_MONTH_AND_DAY} = ANY ({query.value(value=_birthdays(days), kind='integer[]')})"
    since = query.since(days=rule.days)
    if rule.event == "joined":
        return f"m.joined_on > {since}"
    query.join(table="s")
    if rule.event == "idle":
        return f"s.last_purchase_on IS NULL OR s.last_purchase_on <= {since}"
    return f"s.{'last' if rule.event == 'purchase' else 'first'}_purchase_on > {since}"


def _birthdays(days: list[date]) -> list[int]:
    """As month and day; who was born on a leap day has it on 28 February in other years."""
    found = {day.month * 100 + day.day for day in days}
    common = any((day.month, day.day) == (2, 28) and (day + timedelta(days=1)).month != day.month for day in days)
    return sorted(found | {_LEAP_DAY} if common else found)


def _is(rule: Is, query: Query) -> str:
    if rule.fact == "referred":
        return "m.referred_by IS NOT NULL"
    if rule.fact == "never_bought":
        query.join(table="s")
        return "s.last_purchase_on IS NULL"
    if rule.fact == "bought_after_message":
        return after_message(query=query)
    months = 0 if rule.fact == "birthday_this_month" else 1
    month = add_months(day=query.today, months=months).month
    return f"extract(month FROM m.birthday) = {query.value(value=Decimal(month), kind='numeric')}"


def _tagged(rule: Tagged, query: Query) -> str:
    tag = query.value(value=query.names.tags[rule.name], kind="bigint")
    return f"EXISTS (SELECT FROM member_tag t WHERE t.member = m.id AND t.tag = {tag})"


def _consented(rule: Consented, query: Query) -> str:
    return _CONSENT.format(query.value(value=rule.purpose, kind="text"))


def _near(rule: Near, query: Query) -> str:
    km = query.value(value=float(rule.km), kind="float8")
    if rule.store is None:
        query.join(table="o")
        return f"{_HAVERSINE.format(lat='o.latitude::float8', lon='o.longitude::float8')} <= {km}"
    shop = next(row for row in query.names.stores if row["id"] == query.names.shops(name=str(rule.store))[0])
    high = degrees(float(rule.km) / EARTH_KM) * _ROUNDED
    wide = (
        degrees(asin(min(1.0, sin(float(rule.km) / EARTH_KM) / max(0.01, cos(radians(shop["latitude"])))))) * _ROUNDED
    )
    lat, lon = shop["latitude"], shop["longitude"]
    lat, lon, west, east, south, north = (
        query.value(value=number, kind="float8")
        for number in (lat, lon, lon - wide, lon + wide, lat - high, lat + high)
    )
    return (
        "m.latitude IS NOT NULL AND m.longitude IS NOT NULL AND point(m.longitude::float8, m.latitude::float8)"
        f" <@ box(point({west}, {south}), point({east}, {north})) AND {_HAVERSINE.format(lat=lat, lon=lon)} <= {km}"
    )


def _in_segment(rule: InSegment, query: Query) -> str:
    return f"({condition(rule=query.names.segments[rule.name], query=query)})"


_CONDITIONS: Mapping[type, Callable[[Any, Query], str]] = {
    Compare: compared, Within: _within, Is: _is, Bought: bought, Tagged: _tagged, Near: _near, Reacted: reacted, Took: took,
    Wished: wished, Consented: _consented, InSegment: _in_segment,
}  # fmt: skip

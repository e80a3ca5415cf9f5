"""Why a member has a tag: what its rule asks, and how the member stands to each part of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

from queries.segments import audience_of
from rules.calendar import MONTHS_IN_QUARTER, add_months, quarter_start
from rules.refusals import Refusal
from rules.segments import Rule, parse, said
from rules.segments_fields import FIELDS, SAID_UNITS
from rules.segments_tree import Both, Bought, Compare, Either, Within, conditions
from tables.scope import current

Language = Literal["zh", "en"]

_TAGS = """
SELECT t.name, t.rule, x.since, x.source, x.because FROM member_tag x JOIN tag t ON t.id = x.tag WHERE x.member = $1
ORDER BY x.since DESC, t.name
"""
_HOLDS = "SELECT EXISTS (SELECT FROM {tables} WHERE m.id = {member}::bigint AND {condition})"
# Each under the name of its field; totals of a quarter or year that the row has outlived are those of the one before.
_VALUES = """
SELECT s.purchase_count, s.total_spend, s.last_purchase_on, s.first_purchase_on, s.average_interval_days AS average_interval,
    round(($2 - s.last_purchase_on) / nullif(s.average_interval_days, 0), 1) AS interval_ratio,
    CASE s.quarter WHEN $3 THEN s.quarter_spend ELSE 0 END AS quarter_spend,
    CASE s.quarter WHEN $3 THEN s.last_quarter_spend WHEN $4 THEN s.quarter_spend ELSE 0 END AS last_quarter_spend,
    CASE h.quarter WHEN $3 THEN h.quarter_purchases ELSE 0 END AS quarter_purchases,
    CASE h.quarter WHEN $3 THEN h.last_quarter_purchases WHEN $4 THEN h.quarter_purchases ELSE 0 END AS last_quarter_purchases,
    CASE h.year WHEN $5 THEN h.year_purchases ELSE 0 END AS year_purchases,
    CASE h.year WHEN $5 THEN h.year_spend ELSE 0 END AS year_spend,
    CASE h.year WHEN $5 THEN h.last_year_spend WHEN $6 THEN h.year_spend ELSE 0 END AS last_year_spend,
    h.basket, h.weekday, h.hour, h.month_day, h.interval_change, extract(month FROM m.birthday) AS birthday_month, m.joined_on,
    t.name::text AS tier, o.name::text AS store
FROM member m JOIN member_stats s ON s.member = m.id JOIN tier t ON t.id = m.tier JOIN store o ON o.id = m.home_store
LEFT JOIN member_habit h ON h.member = m.id WHERE m.id = $1
"""
# One for each receipt.
_BOUGHT = """
SELECT p.business_date FROM purchase p WHERE p.member = $1 AND p.kind = 'sale' AND p.business_date > $2 AND EXISTS (
    SELECT FROM purchase_line l LEFT JOIN product g ON g.id = l.product LEFT JOIN category c ON c.id = coalesce(g.category, l.category)
    WHERE l.purchase = p.id AND l.amount >= 0 AND CASE $3 WHEN 'category' THEN c.name = $4 ELSE $4 IN (g.sku, g.name) END)
ORDER BY p.business_date
"""
_EVENTS = {
    "idle": "last_purchase_on",
    "purchase": "last_purchase_on",
    "first_purchase": "first_purchase_on",
    "joined": "joined_on",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class TagFact:
    """One condition of a rule in words, whether it holds for the member now, and the member's own value (None: no number)."""

    words: str
    holds: bool
    value: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TagStory:
    """`because`: what the rule said when it gave the tag, None where a person did. `facts`: how things stand now."""

    tag: str
    since: datetime
    source: str
    because: str | None
    facts: Sequence[TagFact]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """Of whom and when; `values`: the member's own, by field."""

    member: int
    today: date
    zone: ZoneInfo
    language: Language
    values: Mapping[str, Any]


async def tag_story(*, member: int, today: date, zone: ZoneInfo, language: Language = "zh") -> list[TagStory]:
    """The tags of a member (id), the newest first. In a scope of role job: the caller has seen to it that the member may be
    seen. Of a rule that cannot be read any more there are no facts.
    """
    values = await current().fetchrow(_VALUES, member, today, *_periods(today))
    asked = _Asked(member=member, today=today, zone=zone, language=language, values=dict(values or {}))
    return [
        TagStory(
            tag=row["name"], since=row["since"], source=row["source"], because=row["because"],
            facts=await _facts(row["rule"], asked) if row["source"] == "rule" and row["rule"] else [],
        )
        for row in await current().fetch(_TAGS, member)
    ]  # fmt: skip


def _periods(today: date) -> tuple[date, date, date, date]:
    """The first days of this quarter, the one before, this year and the one before."""
    quarter = quarter_start(day=today)
    before = add_months(day=quarter, months=-MONTHS_IN_QUARTER)
    return quarter, before, date(today.year, 1, 1), date(today.year - 1, 1, 1)


async def _facts(text: str, asked: _Asked) -> list[TagFact]:
    try:
        return [await _fact(rule, asked) for rule in _leaves(parse(text=text))]
    except Refusal:
        return []


def _leaves(rule: Rule) -> Iterator[Rule]:
    """What is joined by and and or."""
    if isinstance(rule, Both | Either):
        for part in rule.parts:
            yield from _leaves(part)
    else:
        yield rule


async def _fact(rule: Rule, asked: _Asked) -> TagFact:
    audience = await audience_of(text=said(rule=rule, language="zh"), today=asked.today, zone=asked.zone)
    sql = _HOLDS.format(tables=audience.tables, condition=audience.condition, member=f"${len(audience.values) + 1}")
    return TagFact(
        words=said(rule=rule, language=asked.language),
        holds=await current().fetchval(sql, *audience.values, asked.member),
        value=await _value(rule, asked),
    )


async def _value(rule: Rule, asked: _Asked) -> str | None:
    """What the member has of what the only condition of a rule asks for."""
    asked_for = list(conditions(rule=rule))
    if len(asked_for) > 1:
        return None
    one = asked_for[0]
    if isinstance(one, Bought):
        return _with_unit(await _times_bought(one, asked), "times", asked.language)
    name = one.field if isinstance(one, Compare) else _EVENTS.get(one.event) if isinstance(one, Within) else None
    value = asked.values.get(name) if name else None
    return None if value is None or name is None else _with_unit(value, FIELDS[name].unit, asked.language)


async def _times_bought(rule: Bought, asked: _Asked) -> int:
    """Receipts with the category or product; where they must lie close together, the most that do."""
    since = date.min if rule.days is None else asked.today - timedelta(days=rule.days)
    rows = await current().fetch(_BOUGHT, asked.member, since, rule.thing, rule.name)
    days = [row["business_date"] for row in rows]
    if rule.span is None:
        return len(days)
    return max((sum(0 <= (day - first).days < rule.span for day in days) for first in days), default=0)


def _with_unit(value: object, unit: str | None, language: Language) -> str:
    zh, en = SAID_UNITS.get(unit or "", ("", ""))
    number = f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
    return number + (f" {zh}" if language == "zh" and zh else en if language == "en" else "")

"""Campaigns that would reach the same people more often than the frequency rules allow, before they do."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg

from queries.audience import Audience
from queries.budgets_week import COUNTS, REACHABLE
from queries.segments import audience_of
from rules.budgets_crowds import Frequency, Message, crowded
from rules.calendar import business_date
from rules.refusals import Refusal
from tables.scope import current

_AHEAD = 60  # days in which a free one is looked for

# Steps that are still to be frozen: this campaign's own ($1), and those of others that somebody has decided on. Who a
# follow-up or a winner goes to, nobody knows yet.
_STEPS = """
SELECT s.id AS step, s.number, c.id AS campaign, c.name, c.rule, c.store, c.rhythm IS NULL AS is_plain, c.id = $1 AS own,
    (s.scheduled_at AT TIME ZONE $2)::date AS day
FROM campaign_step s JOIN campaign c ON c.id = s.campaign
WHERE s.state <> 'frozen' AND s.follows IS NULL AND (c.id = $1 OR c.state IN ('review', 'scheduled', 'sending', 'paused'))
ORDER BY s.scheduled_at, s.id
"""
_RULES = """
SELECT id, most, days, plain_only FROM contact_rule WHERE kind = 'frequency' AND is_active AND most > 0 ORDER BY days, most, id
"""
# Those of the audience who may be written to, counted by what else they get: a million people are a few kinds. All in one
# grouping, since a planner that guesses sizes of audiences would choose the wrong join.
_KINDS = f"""
WITH e AS (
    SELECT m.id AS member, m.preferences ->> 'fewer' = 'true' IS TRUE AS fewer, NULL::bigint AS step, NULL::date AS day, false AS is_plain
    FROM {{tables}} WHERE ({{condition}}) AND {REACHABLE}
    {{others}}
    UNION ALL
    SELECT s.member, NULL, s.step, s.business_date, s.is_plain FROM send_log s
    WHERE {COUNTS} AND s.business_date BETWEEN ${{first}} AND ${{last}} AND s.step <> ALL (${{plans}}::bigint[])
), who AS (
    SELECT bool_or(e.fewer) AS fewer, array_agg(e.step ORDER BY e.step, e.day) FILTER (WHERE e.step IS NOT NULL) AS steps,
        array_agg(e.day ORDER BY e.step, e.day) FILTER (WHERE e.step IS NOT NULL) AS days,
        array_agg(e.is_plain ORDER BY e.step, e.day) FILTER (WHERE e.step IS NOT NULL) AS plain
    FROM e GROUP BY e.member HAVING count(e.fewer) > 0
)
SELECT w.fewer, w.steps, w.days, w.plain, count(*) AS people FROM who w GROUP BY 1, 2, 3, 4
"""
_OTHER = """UNION ALL SELECT a.member, NULL, x.step, x.day, x.is_plain FROM (SELECT m.id AS member FROM {tables} WHERE {condition}) a
    CROSS JOIN unnest(${steps}::bigint[], ${days}::date[], ${plain}::boolean[]) AS x(step, day, is_plain)"""
_NAMED = """
SELECT s.id AS step, s.number, c.id AS campaign, c.name FROM campaign_step s JOIN campaign c ON c.id = s.campaign WHERE s.id = ANY ($1)
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Collision:
    """Step `own_number` of the campaign on `own_day`, and step `number` of another one (or of itself) on `day`: `people` of both
    would get more than a rule allows, which `zh` and `en` tell. `free_day`: the nearest later day on which it would not be
    so, if there is one within 60 days.
    """

    own_number: int
    own_day: date
    campaign: int
    name: str
    number: int
    day: date
    days_apart: int
    people: int
    zh: str
    en: str
    free_day: date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pair:
    own: int
    other: int
    day: date
    rule: int


async def collisions(*, campaign: int, now: datetime, zone: ZoneInfo) -> list[Collision]:
    """What a campaign's (id) steps that are not frozen collide with, those that concern most people first: other plans that
    somebody decided on, and messages that left or wait. Who may not be written to anyway is not counted.

    Needs a scope of role job. Raises the refusals of the campaign's own rule; a plan whose rule is broken is left out.
    """
    today = business_date(at=now, zone=zone)
    rules = {row["id"]: Frequency(**dict(row)) for row in await current().fetch(_RULES)}
    steps = await current().fetch(_STEPS, campaign, zone.key)
    own = [row for row in steps if row["own"]]
    if not own or not rules:
        return []
    reach = timedelta(days=2 * max(rule.days for rule in rules.values()))
    near = [row for row in steps if any(abs(row["day"] - one["day"]) < reach for one in own)]
    asked, values = await _asked(near, reach=reach, today=today, zone=zone)
    people: Counter[_Pair] = Counter()
    for kind in await current().fetch(asked, *values):
        for pair in _pairs(kind, own=own, rules=rules.values()):
            people[pair] += kind["people"]
    return await _told(people, steps=steps, rules=rules, today=today)


async def _asked(
    steps: list[asyncpg.Record], *, reach: timedelta, today: date, zone: ZoneInfo
) -> tuple[str, list[object]]:
    """The statement for these steps, and its values."""
    own = [row for row in steps if row["own"]]
    mine = await audience_of(text=own[0]["rule"], today=today, zone=zone, store=own[0]["store"])
    values: list[object] = [*mine.values]
    by_audience: dict[tuple[str, int | None], list[asyncpg.Record]] = defaultdict(list)
    for row in steps:
        if not row["own"]:
            by_audience[row["rule"], row["store"]].append(row)
    others = []
    for (rule, store), theirs in by_audience.items():
        try:
            audience = await audience_of(text=rule, today=today, zone=zone, store=store)
        except Refusal:
            continue
        others.append(_other(audience, theirs, values))
    first, last = min(row["day"] for row in own) - reach, max(row["day"] for row in own) + reach
    after = len(values)
    values += [first, last, [row["step"] for row in steps]]
    asked = _KINDS.format(
        tables=mine.tables, condition=mine.condition, others="\n".join(others), first=after + 1, last=after + 2, plans=after + 3
    )  # fmt: skip
    return asked, values


def _other(audience: Audience, steps: list[asyncpg.Record], values: list[object]) -> str:
    """The part of the statement for the steps of one audience, whose parameters come after `values` and join them."""
    before = len(values)
    tables, condition = (
        re.sub(r"\$(\d+)", lambda found: f"${int(found[1]) + before}", sql)
        for sql in (audience.tables, audience.condition)
    )
    after = before + len(audience.values)
    values += [
        *audience.values, [row["step"] for row in steps], [row["day"] for row in steps], [row["is_plain"] for row in steps]
    ]  # fmt: skip
    return _OTHER.format(tables=tables, condition=condition, steps=after + 1, days=after + 2, plain=after + 3)


def _pairs(kind: asyncpg.Record, *, own: list[asyncpg.Record], rules: Iterable[Frequency]) -> set[_Pair]:
    """What collides for people who get the same."""
    mine = [Message(step=row["step"], day=row["day"], is_plain=row["is_plain"]) for row in own]
    theirs = zip(kind["steps"] or (), kind["days"] or (), kind["plain"] or (), strict=True)
    messages = [*mine, *(Message(step=step, day=day, is_plain=plain) for step, day, plain in theirs)]
    ours = {row["step"] for row in own}
    return {
        _Pair(own=one.step, other=other.step, day=other.day, rule=rule.id)
        for rule in rules
        for window in crowded(messages=messages, rule=rule, fewer=kind["fewer"])
        for one in window if one.step in ours
        for other in window if other.step != one.step
    }  # fmt: skip


async def _told(
    people: Counter[_Pair], *, steps: list[asyncpg.Record], rules: dict[int, Frequency], today: date
) -> list[Collision]:
    own = {row["step"]: row for row in steps if row["own"]}
    named = {row["step"]: row for row in await current().fetch(_NAMED, list({pair.other for pair in people}))}
    told = []
    for pair, number in people.items():
        mine, other, rule = own[pair.own], named[pair.other], rules[pair.rule]
        taken = {step["day"] for step in steps if step["step"] != pair.own}
        taken |= {one.day for one in people if one.own == pair.own}
        widest = max(rules[one.rule].widest for one in people if one.own == pair.own)
        told.append(
            Collision(
                own_number=mine["number"], own_day=mine["day"], campaign=other["campaign"], name=other["name"],
                number=other["number"], day=pair.day, days_apart=abs((pair.day - mine["day"]).days), people=number,
                zh=rule.zh, en=rule.en, free_day=_free(after=max(mine["day"], today), taken=taken, apart=widest),
            )
        )  # fmt: skip
    return sorted(told, key=lambda one: (-one.people, one.own_day, one.day, one.name, one.number))


def _free(*, after: date, taken: Iterable[date], apart: int) -> date | None:
    days = (after + timedelta(days=ahead) for ahead in range(1, _AHEAD + 1))
    return next((day for day in days if all(abs((day - one).days) >= apart for one in taken)), None)

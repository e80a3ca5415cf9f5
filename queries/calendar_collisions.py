"""Campaigns that would reach the same people more often than the frequency rules allow, before they do."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg

from queries.audience import Audience, written_to
from queries.budgets_week import AGREED, COUNTS, WORKS
from queries.segments import audience_of
from rules.budgets_crowds import Frequency, Message, crowded
from rules.calendar import business_date
from rules.refusals import Refusal
from tables.scope import current

_AHEAD = 60  # days in which a free one is looked for

# Steps that are still to be frozen: those of the campaigns $1, and those of others that somebody has decided on. Who a
# follow-up or a winner goes to, nobody knows yet.
_STEPS = """
SELECT s.id AS step, s.number, c.id AS campaign, c.name, c.rule, c.store, c.rhythm IS NULL AS is_plain, c.id = ANY ($1) AS own,
    c.state IN ('review', 'scheduled', 'sending', 'paused') AS decided, (s.scheduled_at AT TIME ZONE $2)::date AS day
FROM campaign_step s JOIN campaign c ON c.id = s.campaign
WHERE s.state <> 'frozen' AND s.follows IS NULL AND (c.id = ANY ($1) OR c.state IN ('review', 'scheduled', 'sending', 'paused'))
ORDER BY s.scheduled_at, s.id
"""
_RULES = """
SELECT id, most, days, plain_only FROM contact_rule WHERE kind = 'frequency' AND is_active AND most > 0 ORDER BY days, most, id
"""
_SENT = f"""
SELECT DISTINCT s.step, s.business_date AS day, s.is_plain FROM send_log s
WHERE {COUNTS} AND s.business_date BETWEEN $1 AND $2 AND s.step <> ALL ($3::bigint[])
"""
_SPACE = "SELECT set_config('work_mem', '96MB', true)"  # one hash of a million members
# Each audience, and what left of a step on a day, is a crowd with a number, those of the campaigns that are asked about
# first. Members by the crowds they belong to, of those who may be written to: a million of them are a few kinds.
_KINDS = f"""
WITH e AS (
    {{crowds}}
    UNION ALL
    SELECT s.member, x.crowd FROM send_log s
    JOIN unnest(${{a}}::bigint[], ${{b}}::date[], ${{c}}::boolean[], ${{d}}::integer[]) x(step, day, is_plain, crowd)
        ON x.step = s.step AND x.day = s.business_date AND x.is_plain = s.is_plain
    WHERE {COUNTS}
), who AS (SELECT e.member, array_agg(e.crowd) AS crowds FROM e GROUP BY e.member HAVING min(e.crowd) < ${{e}})
SELECT m.preferences ->> 'fewer' = 'true' IS TRUE AS fewer, w.crowds, count(*) AS people
FROM who w JOIN member m ON m.id = w.member JOIN {AGREED} y ON y.member = m.id AND y.granted WHERE {WORKS} GROUP BY 1, 2
"""
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


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kind:
    """So many people who get the same."""

    fewer: bool
    people: int
    messages: Sequence[Message]


async def collisions(*, campaigns: Collection[int], now: datetime, zone: ZoneInfo) -> dict[int, list[Collision]]:
    """By campaign (ids): what its steps that are not frozen collide with, those that concern most people first: other plans
    that somebody decided on, and messages that left or wait. Who may not be written to anyway is not counted.

    All are compared in one pass over the members; a plan whose rule is broken is left out. Needs a scope of role job.
    """
    today = business_date(at=now, zone=zone)
    rules = {row["id"]: Frequency(**dict(row)) for row in await current().fetch(_RULES)}
    steps = await current().fetch(_STEPS, list(campaigns), zone.key)
    days = [row["day"] for row in steps if row["own"]]
    if not days or not rules:
        return {}
    reach = timedelta(days=2 * max(rule.days for rule in rules.values()))
    near = [row for row in steps if any(abs(row["day"] - day) < reach for day in days)]
    kinds = await _kinds(near, first=min(days) - reach, last=max(days) + reach, today=today, zone=zone)
    told = {}
    for campaign in {row["campaign"] for row in near if row["own"]}:
        seen = [row for row in steps if row["decided"] or row["campaign"] == campaign]
        hidden = {row["step"] for row in steps} - {row["step"] for row in seen}
        own = {row["step"]: row for row in seen if row["campaign"] == campaign}
        people = _people(kinds, own=own, hidden=hidden, rules=rules.values())
        told[campaign] = await _told(people, own=own, steps=seen, rules=rules, today=today)
    return told


async def _kinds(
    steps: Sequence[asyncpg.Record], *, first: date, last: date, today: date, zone: ZoneInfo
) -> list[_Kind]:
    """The kinds of people among the audiences of the steps that are asked about."""
    by_audience: dict[tuple[str, int | None], list[asyncpg.Record]] = defaultdict(list)
    for row in sorted(steps, key=lambda step: not step["own"]):
        by_audience[row["rule"], row["store"]].append(row)
    asked: list[str] = []
    values: list[object] = []
    crowds: list[list[Message]] = []
    own = 0
    for (rule, store), theirs in by_audience.items():
        try:
            audience = written_to(audience=await audience_of(text=rule, today=today, zone=zone, store=store))
        except Refusal:
            continue
        asked.append(_crowd(audience, number=len(crowds), values=values))
        crowds.append([Message(step=row["step"], day=row["day"], is_plain=row["is_plain"]) for row in theirs])
        own += any(row["own"] for row in theirs)
    if not own:
        return []
    sent = await current().fetch(_SENT, first, last, [row["step"] for row in steps])
    numbers = list(range(len(crowds), len(crowds) + len(sent)))
    crowds += [[Message(**dict(row))] for row in sent]
    places = {name: len(values) + place for place, name in enumerate("abcde", 1)}
    values += [[row[name] for row in sent] for name in ("step", "day", "is_plain")] + [numbers, own]
    await current().execute(_SPACE)
    found = await current().fetch(_KINDS.format(crowds="\n    UNION ALL ".join(asked), **places), *values)
    return [
        _Kind(fewer=row["fewer"], people=row["people"], messages=[one for crowd in row["crowds"] for one in crowds[crowd]])
        for row in found
    ]  # fmt: skip


def _crowd(audience: Audience, *, number: int, values: list[object]) -> str:
    """The part of the statement for an audience, whose parameters join the others."""
    before = len(values)
    tables, condition = (
        re.sub(r"\$(\d+)", lambda found: f"${int(found[1]) + before}", sql)
        for sql in (audience.tables, audience.condition)
    )
    values += audience.values
    return f"SELECT m.id AS member, {number} AS crowd FROM {tables} WHERE ({condition})"


def _people(
    kinds: Iterable[_Kind], *, own: Collection[int], hidden: Collection[int], rules: Iterable[Frequency]
) -> Counter[_Pair]:
    """How many people each pair concerns; what is `hidden` is somebody else's draft."""
    people: Counter[_Pair] = Counter()
    for kind in kinds:
        if any(one.step in own for one in kind.messages):
            seen = [one for one in kind.messages if one.step not in hidden]
            for pair in _pairs(seen, fewer=kind.fewer, own=own, rules=rules):
                people[pair] += kind.people
    return people


def _pairs(messages: Sequence[Message], *, fewer: bool, own: Collection[int], rules: Iterable[Frequency]) -> set[_Pair]:
    """What collides for people who get these."""
    return {
        _Pair(own=one.step, other=other.step, day=other.day, rule=rule.id)
        for rule in rules
        for window in crowded(messages=messages, rule=rule, fewer=fewer)
        for one in window if one.step in own
        for other in window if other.step != one.step
    }  # fmt: skip


async def _told(
    people: Counter[_Pair], *, own: Mapping[int, asyncpg.Record], steps: Sequence[asyncpg.Record], rules: dict[int, Frequency],
    today: date,
) -> list[Collision]:  # fmt: skip
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
    return sorted(
        told, key=lambda one: (-one.people, one.own_day, one.day, one.name, one.number, one.own_number, one.zh)
    )


def _free(*, after: date, taken: Iterable[date], apart: int) -> date | None:
    days = (after + timedelta(days=ahead) for ahead in range(1, _AHEAD + 1))
    return next((day for day in days if all(abs((day - one).days) >= apart for one in taken)), None)

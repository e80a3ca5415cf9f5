"""What a campaign brought: counted by person, step, version, store and hour, and against those who were held out.

To be asked in a scope of role job, because clicks and purchases of other stores are read; what comes out are figures alone.
Whether somebody may see the campaign is for their own scope to say (`campaign_seen`).
"""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from queries.results_facts import Counts, Habits, HourResult, Results, StepResult, StoreResult, VersionResult
from queries.results_sql import (
    CAMPAIGN,
    MESSAGES,
    OF_HOUR,
    OF_STEP,
    OF_STORE,
    OF_VARIANT,
    ONE_STEP,
    PEOPLE,
    ROOM,
    ROOM_BACK,
    STEPS,
    STORES,
    VARIANTS,
    WHOLE,
)
from rules.calendar import business_date
from rules.effects import Effect, Group, effect
from tables.scope import current

_SEEN = "SELECT EXISTS (SELECT FROM campaign WHERE id = $1)"
_COUNTS = tuple(name for name in Counts.__dataclass_fields__ if name != "guessed")
_MONEY = {"revenue", "squares", "cost"}

Row: TypeAlias = Mapping[str, Any]


async def campaign_seen(*, campaign: int) -> bool:
    """Whether the caller's own scope reaches this campaign (id)."""
    return bool(await current().fetchval(_SEEN, campaign))


async def campaign_results(*, campaign: int, now: datetime, zone: ZoneInfo) -> Results | None:
    """A campaign's results (id) at `now`, None where there is no such campaign. In a scope of role job.

    `zone` is that of the shops' days and hours. What was bought until now counts; refunds of it count whenever they come.
    """
    facts = await current().fetchrow(CAMPAIGN, campaign)
    if facts is None:
        return None
    steps, versions = await _rows(STEPS, campaign), await _rows(VARIANTS, campaign)
    found = await _counted(campaign, steps, days=facts["attribution_days"], zone=zone) if steps else _Counted()
    names = {row["id"]: row for row in await _rows(STORES, [row["store"] for row in found.of(OF_STORE, people=True)])}
    left_out: Counter[str] = Counter()
    for row in found.left_out:
        left_out[row["reason"]] += row["people"]
    [total] = found.of(WHOLE, people=True) or [{}]
    watched = _watched(steps, facts["attribution_days"])
    return Results(
        campaign=campaign, name=facts["name"], state=facts["state"], reason=facts["reason"], content_kind=facts["content_kind"],
        rhythm=facts["rhythm"], store_code=facts["store_code"], store_name=facts["store_name"], days=facts["attribution_days"],
        links=facts["links"], as_of=now, began_at=watched and watched[0], watched_until=watched and watched[1],
        total=_counts(total), effect=_effect(total), habits=Habits(**found.habits), left_out=dict(left_out),
        steps=_steps(steps, versions, found), stores=_stores(found, names), hours=_hours(found),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Counted:
    """Rows as the statements tell them: by message, by person, and what is counted once."""

    messages: Sequence[Row] = ()
    people: Sequence[Row] = ()
    left_out: Sequence[Row] = ()
    habits: Row = field(default_factory=dict)

    def of(self, level: int, *, people: bool = False) -> list[Row]:
        return [row for row in (self.people if people else self.messages) if row["level"] == level]


async def _rows(sql: str, argument: object) -> list[Row]:
    return [dict(row) for row in await current().fetch(sql, argument)]


async def _counted(campaign: int, steps: Sequence[Row], *, days: int, zone: ZoneInfo) -> _Counted:
    begun = {step["id"]: step["first"] or step["scheduled_at"] for step in steps}
    first, last = min(begun.values()), max(begun.values())
    ends = max(last, *(step["last"] or last for step in steps)) + timedelta(days=days)
    dates = (business_date(at=first, zone=zone), business_date(at=ends, zone=zone))
    asked = (campaign, list(begun), list(begun.values()), zone.key, days, *dates, first, ends)
    await current().execute(ROOM)
    if len(steps) == 1:
        told = people = await _told(ONE_STEP, *asked)
    else:
        told, people = await _told(MESSAGES, *asked), await _told(PEOPLE, *asked, last)
    await current().execute(ROOM_BACK)
    return _Counted(told["counts"], people["counts"], told["left_out"], people["habits"][0])


async def _told(sql: str, *asked: object) -> dict[str, list[Row]]:
    row = await current().fetchrow(sql, *asked)
    return {name: json.loads(text, parse_float=Decimal) if text else [] for name, text in (row or {}).items()}


def _watched(steps: Sequence[Row], days: int) -> tuple[datetime, datetime] | None:
    """From the first hand-over to the end of the last observation."""
    firsts = [step["first"] for step in steps if step["first"]]
    lasts = [step["last"] for step in steps if step["last"]]
    return (min(firsts), max(lasts) + timedelta(days=days)) if firsts else None


def _counts(row: Row) -> Counts:
    told: dict[str, Any] = {name: row.get(name) or 0 for name in _COUNTS}
    told |= {name: Decimal(str(told[name])) for name in _MONEY}
    return Counts(**told, guessed=bool(row.get("guessed")))


def _effect(row: Row) -> Effect:
    held = Group(
        people=row.get("held") or 0,
        bought=row.get("held_bought") or 0,
        revenue=Decimal(str(row.get("held_revenue") or 0)),
        squares=Decimal(str(row.get("held_squares") or 0)),
    )
    counts = _counts(row)
    return effect(treated=counts.group, holdout=held, cost=counts.cost)


def _steps(steps: Sequence[Row], versions: Sequence[Row], found: _Counted) -> list[StepResult]:
    by_step = {row["step"]: _counts(row) for row in found.of(OF_STEP)}
    by_version = {row["variant"]: _counts(row) for row in found.of(OF_VARIANT)}
    left_out: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for row in found.left_out:
        left_out[row["step"]][row["reason"]] = row["people"]
    told: defaultdict[int, list[VersionResult]] = defaultdict(list)
    for one in versions:
        counts = by_version.get(one["id"], Counts())
        told[one["step"]].append(
            VersionResult(**{name: one[name] for name in ("label", "share", "text", "landing_kind")}, counts=counts)
        )
    return [
        StepResult(
            id=step["id"], number=step["number"], kind=step["kind"], state=step["state"], began_at=step["first"],
            canary_state=step["canary_state"], winner=step["winner"], winner_by=step["winner_by"], verdict=step["verdict"],
            counts=by_step.get(step["id"], Counts()), left_out=left_out[step["id"]], versions=told[step["id"]],
        )
        for step in steps
    ]  # fmt: skip


def _stores(found: _Counted, names: Mapping[int, Row]) -> list[StoreResult]:
    told = [
        StoreResult(code=names[row["store"]]["code"], name=names[row["store"]]["name"], counts=_counts(row))
        for row in found.of(OF_STORE, people=True)
        if row["store"] in names
    ]
    return sorted(told, key=lambda store: store.code)


def _hours(found: _Counted) -> list[HourResult]:
    told = [HourResult(hour=row["hour"], counts=_counts(row)) for row in found.of(OF_HOUR) if row["hour"] is not None]
    return sorted(told, key=lambda one: one.hour)

"""/campaigns/calendar: everything planned by month or week, what comes too close together, and who still has room this week."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Template

from config.settings import settings
from queries.budgets_week import RoomThisWeek, room_this_week
from queries.calendar import PlannedStep, planned
from queries.calendar_collisions import Collision, collisions
from queries.campaigns_list import listed
from queries.rule_choices import store_names
from queries.staff import Identity
from rules.calendar import add_months, month_end
from rules.refusals import Refusal
from tables.access import STORE_ROLES
from tables.scope import scope
from web.pages.campaigns_calendar_words import WORDS
from web.pages.campaigns_frame import PATH, campaigns_page, check_may_see, clock, own_scope
from web.pages.campaigns_words import STATES, TONES
from web.pages.frame import REFUSED, number, today
from web.pages.live import Asked

_PATH = f"{PATH}/calendar"
_WEEK = 7
_MOST_A_DAY = 4  # in a month's cell; a week shows all
_LISTED = 2_000
_OPEN = ("draft", "review", "scheduled", "sending", "paused")
_PARTS = {
    "grid": "campaigns_calendar_grid.html",
    "collisions": "campaigns_calendar_collisions.html",
    "room": "campaigns_calendar_room.html",
}


@get(_PATH, include_in_schema=False, exception_handlers=REFUSED)
async def calendar_page(
    request: Asked, staff: NamedDependency[Identity], view: FromQuery[str | None] = None, at: FromQuery[str | None] = None,
    part: FromQuery[str | None] = None,
) -> Template:  # fmt: skip
    """A month, or with `view` week a week, around the day `at` (2026-11-22; none: today). `part`: what takes longer to count
    (grid, collisions, room; all: the whole page with them). Raises Refusal not_allowed, bad_day.
    """
    check_may_see(staff=staff)
    day, part = _day(at), part if part in {*_PARTS, "all"} else None
    weekly = view == "week"
    first, last = (_monday(day), _monday(day) + timedelta(days=_WEEK - 1)) if weekly else _month(day)
    async with own_scope(request=request, staff=staff):
        steps = await planned(first=first, last=last, store=None, zone=settings().zone)
        names = {one.id: one.name for one in await store_names()}
        visible = {one.id for one in await listed(most=_LISTED)}
    if part in {"grid", "all"}:
        steps = await _counted(steps, first=first, last=last)
    context = {**_frame(day=day, weekly=weekly), "own": staff.role in STORE_ROLES, "whole": part}
    context |= _grid(steps, day=day, first=first, last=last, weekly=weekly, names=names)
    if part in {"collisions", "all"}:
        context["collided"] = await _collided(steps, visible=visible)
    if part in {"room", "all"}:
        context["room"] = _room(await _rooms(staff))
    name = _PARTS.get(part or "", "campaigns_calendar.html")
    words = WORDS[settings().language]
    return campaigns_page(request=request, staff=staff, name=name, words=words, context=context, here="calendar")


def _day(at: str | None) -> date:
    try:
        day = date.fromisoformat(at) if at else today()
        # A calendar has days before and after.
        return day if date(2000, 1, 1) <= day <= date(2100, 1, 1) else today()
    except ValueError as error:
        raise Refusal(
            "bad_day", "This is not a day: write it as 2026-11-22.", "日期格式不正确：请写成 2026-11-22。"
        ) from error


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _month(day: date) -> tuple[date, date]:
    """The whole weeks that hold the month of a day."""
    return _monday(day.replace(day=1)), _monday(month_end(day=day)) + timedelta(days=_WEEK - 1)


def _frame(*, day: date, weekly: bool) -> dict[str, Any]:
    words = WORDS[settings().language]
    week = timedelta(days=_WEEK)
    before, after = (
        (day - week, day + week) if weekly else (add_months(day=day, months=-1), add_months(day=day, months=1))
    )
    first = _monday(day)
    heading = (
        words["title_of_week"].format(first=first.isoformat(), last=(first + week - timedelta(days=1)).isoformat())
        if weekly
        else words["title_of_month"].format(year=day.year, month=day.month)
    )
    unit = words["week" if weekly else "month"]
    return {
        "weekly": weekly,
        "view": "week" if weekly else "month",
        "at": day.isoformat(),
        "heading": heading,
        "before": (
            before.isoformat(),
            words["before"].format(unit=unit.lower() if settings().language == "en" else unit),
        ),
        "after": (after.isoformat(), words["after"].format(unit=unit)),
        "weekdays": words["weekdays"].split(),
    }


async def _counted(steps: list[PlannedStep], *, first: date, last: date) -> list[PlannedStep]:
    """The same steps with how many people they reach, as far as that can be told."""
    seen = {one.step for one in steps}
    async with scope(role="job"):
        every = await planned(first=first, last=last, store=None, zone=settings().zone, today=today())
    return [one for one in every if one.step in seen]


def _grid(
    steps: Iterable[PlannedStep], *, day: date, first: date, last: date, weekly: bool, names: Mapping[int, str]
) -> dict[str, Any]:
    words, now = WORDS[settings().language], today()
    by_day: dict[date, list[dict[str, Any]]] = {}
    for one in steps:
        by_day.setdefault(one.day, []).append(_item(one, names=names))
    cells = []
    for ahead in range((last - first).days + 1):
        each = first + timedelta(days=ahead)
        items = by_day.get(each, [])
        shown = items if weekly else items[:_MOST_A_DAY]
        more = words["more"].format(n=len(items) - len(shown)) if len(items) > len(shown) else None
        cells.append({
            "day": each.day, "date": each.isoformat(), "weekday": words["weekdays"].split()[each.weekday()], "today": each == now,
            "past": each < now, "other": not weekly and each.month != day.month, "items": shown, "more": more,
        })  # fmt: skip
    return {"weeks": [cells[at : at + _WEEK] for at in range(0, len(cells), _WEEK)], "nothing": not by_day}


def _item(one: PlannedStep, *, names: Mapping[int, str]) -> dict[str, Any]:
    words = WORDS[settings().language]
    return {
        "name": one.name,
        "href": f"{PATH}/{one.campaign}",
        "state": STATES[settings().language].get(one.state, one.state),
        "tone": TONES.get(one.state, ""),
        "time": f"{one.at.astimezone(settings().zone):%H:%M}",
        "store": words["all_stores"] if one.store is None else names.get(one.store, ""),
        "step": words["step"].format(n=one.number) if one.number > 1 else None,
        "people": None if one.people is None else words["people"].format(n=number(one.people)),
    }


async def _collided(steps: Iterable[PlannedStep], *, visible: set[int]) -> list[dict[str, Any]]:
    """What the plans in sight collide with, each pair once; a plan whose rule is broken is told on its own page."""
    campaigns = {one.campaign: one.name for one in steps if one.state in _OPEN and one.day >= today()}
    found: dict[tuple[int, int], list[Collision]] = {}
    pairs: set[frozenset[tuple[int, int]]] = set()
    async with scope(role="job"):
        told = await collisions(campaigns=campaigns, now=clock(), zone=settings().zone)
    for campaign in campaigns:
        for one in told.get(campaign, ()):
            pair = frozenset({(campaign, one.own_number), (one.campaign, one.number)})
            if pair not in pairs:
                pairs.add(pair)
                found.setdefault((campaign, one.own_number), []).append(one)
    groups = sorted(found.items(), key=lambda group: -max(one.people for one in group[1]))
    return [_collision(campaigns[campaign], group, visible=visible) for (campaign, _), group in groups]


def _collision(name: str, group: list[Collision], *, visible: set[int]) -> dict[str, Any]:
    """A step and all that it comes too close to; the most people and the rule that they would exceed first."""
    words, most = WORDS[settings().language], max(group, key=lambda one: one.people)
    others = []
    for one in group:
        # Another store's plans are nobody else's to read.
        other = one.name if one.campaign in visible else words["another"]
        said = words["collision" if one.days_apart else "collision_same"]
        others.append(said.format(other=other, day=_short(one.day), apart=one.days_apart))
    free = max((one.free_day for one in group if one.free_day is not None), default=None)
    return {
        "name": name,
        "step": words["step"].format(n=most.own_number) if most.own_number > 1 else None,
        "day": _short(most.own_day),
        "others": others,
        "shared": words["shared"].format(n=number(most.people)),
        "rule": most.zh if settings().language == "zh" else most.en,
        "proposal": words["proposal"].format(day=_short(free)) if free else words["no_proposal"],
    }


def _short(day: date) -> str:
    """11月25日 周三, or 25 Nov Wed."""
    words = WORDS[settings().language]
    weekday = words["weekdays"].split()[day.weekday()]
    return words["short_day"].format(month=day.month, day=day.day, weekday=weekday)


async def _rooms(staff: Identity) -> list[RoomThisWeek]:
    stores: tuple[int | None, ...] = staff.stores if staff.role in STORE_ROLES else (None,)
    async with scope(role="job"):
        return [await room_this_week(today=today(), zone=settings().zone, store=store) for store in stores]


def _room(rooms: list[RoomThisWeek]) -> dict[str, Any]:
    """All rooms as one, with a line for each store."""
    lines = [store for one in rooms for store in one.stores]
    return {
        "members": number(sum(one.members for one in rooms)),
        "more": number(sum(one.more for one in rooms)),
        "one": number(sum(one.one for one in rooms)),
        "none": number(sum(one.none for one in rooms)),
        "stores": [(one.name, number(one.more), number(one.one), number(one.none)) for one in lines] if len(lines) > 1 else [],
    }  # fmt: skip

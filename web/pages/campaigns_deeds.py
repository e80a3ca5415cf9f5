"""What the buttons of the wizard's second step do to a campaign's steps."""

import re
from dataclasses import dataclass
from datetime import date, time

from actions.campaigns_edit import change_campaign, drop_steps, write_step
from config.settings import settings
from queries.campaigns_plan import CampaignPlan, StepShown, campaign_plan
from queries.staff import Identity
from rules.campaigns_plan import StepPlan
from rules.campaigns_series import counted_down, every_week, reminder, timed, winner, without
from rules.refusals import Refusal
from rules.templates_tokens import tokens
from web.pages.campaigns_content_words import WORDS
from web.pages.campaigns_frame import Form, clock, own_scope
from web.pages.campaigns_steps import MINUTES, YEARS, Typed, winner_of
from web.pages.live import Asked

STRUCTURE = ("countdown", "weekly", "follow", "drop_step")
REACHED = 2
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(:00)?", re.ASCII)
_DAYS = re.compile(r"[0-9]{1,2}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A step of a campaign that is looked at: as it is stored (`shown`, None: not yet) and planned."""

    plan: CampaignPlan
    number: int
    shown: StepShown | None
    step: StepPlan


async def stored(*, request: Asked, staff: Identity, place: Place, step: StepPlan, typed: Typed) -> None:
    """Writes the step, and the one that sends its winner, in a scope of its own. Raises the refusals of write_step."""
    campaign, draft = place.plan.id, place.plan.state == "draft"
    async with own_scope(request=request, staff=staff):
        if not draft:
            await write_step(campaign=campaign, number=place.number, step=step)
            return
        plans = [one.plan for one in place.plan.steps]
        plans[place.number - 1 : place.number] = [step]
        await rewritten(campaign=campaign, steps=_with_winner(plans, place.number, winner_of(typed=typed)))
        await change_campaign(campaign=campaign, reached=max(place.plan.reached, REACHED))


def _with_winner(plans: list[StepPlan], number: int, wanted: tuple[str, int] | None) -> list[StepPlan]:
    """The steps with the one that sends the winner of step `number`, or without it."""
    known = next((place for place, one in enumerate(plans, 1) if one.kind == "winner" and one.follows == number), None)
    if wanted is None:
        return plans if known is None else without(steps=plans, number=known)
    by, wait = wanted
    fresh = winner(steps=plans, follows=number, wait_minutes=wait, by=by)
    if known is None:
        return [*plans, fresh]
    return [*plans[: known - 1], fresh, *plans[known:]]


async def rewritten(*, campaign: int, steps: list[StepPlan]) -> None:
    """Exactly these steps, each in the place of the one of its number, in the caller's scope. Raises the refusals of write_step."""
    for number, step in enumerate(timed(steps=steps), 1):
        await write_step(campaign=campaign, number=number, step=step)
    await drop_steps(campaign=campaign, number=len(steps) + 1)


async def restructured(*, request: Asked, staff: Identity, place: Place, deed: str, form: Form) -> int:
    """Adds a series or a reminder, or drops a step; returns the number of the step to look at next.

    Raises Refusal bad_date, bad_time, bad_days, bad_weeks, bad_wait, no_link, past_time, and those of write_step.
    """
    campaign = place.plan.id
    async with own_scope(request=request, staff=staff):
        plan = await campaign_plan(campaign=campaign)
        steps = [one.plan for one in plan.steps] if plan else []
        if deed == "drop_step":
            left = without(steps=steps, number=place.number)
            await rewritten(campaign=campaign, steps=left)
            return min(place.number, max(len(left), 1))
        fresh = _made(deed=deed, steps=steps, number=place.number, form=form)
        # A series of the only step takes its place.
        kept = [] if deed != "follow" and len(steps) == 1 else steps
        await rewritten(campaign=campaign, steps=[*kept, *fresh])
        return len(kept) + 1


def _made(*, deed: str, steps: list[StepPlan], number: int, form: Form) -> list[StepPlan]:
    step, zone, now = steps[number - 1], settings().zone, clock()
    if deed == "follow":
        if not any(token.name == "link" for text in texts_of(step=step) for token in tokens(text=text)):
            raise _no("no_link", "needs_link")
        return [reminder(steps=steps, follows=number, wait_minutes=_minutes(form))]
    if deed == "countdown":
        days = [int(one) for one in form.every("days_before") if _DAYS.fullmatch(one)]
        if not days:
            raise _no("bad_days", "bad_days")
        day, at = _date(form.one("day")), _time(form.one("countdown_at"))
        return counted_down(step=step, day=day, days_before=days, at=at, zone=zone, now=now)
    weekday, weeks = form.one("weekday"), form.one("weeks")
    if weekday not in set("1234567") or not _DAYS.fullmatch(weeks):
        raise _no("bad_weeks", "bad_weeks")
    first, at = _date(form.one("first")), _time(form.one("weekly_at"))
    return every_week(step=step, first=first, weekday=int(weekday), weeks=int(weeks), at=at, zone=zone, now=now)


def texts_of(*, step: StepPlan) -> list[str]:
    """The texts of a step's versions, or its only one."""
    return [one.text for one in step.variants] or [step.text]


def _minutes(form: Form) -> int:
    amount = form.one("follow_wait")
    if not _DAYS.fullmatch(amount) or int(amount) == 0:
        raise _no("bad_wait", "bad_wait")
    return int(amount) * MINUTES.get(form.one("follow_wait_unit"), MINUTES["days"])


def _date(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise _no("bad_date", "bad_date") from error
    if day.year not in YEARS:
        raise _no("bad_date", "bad_date")
    return day


def _time(text: str) -> time:
    found = _TIME.fullmatch(text)
    if found is None:
        raise _no("bad_time", "bad_time")
    return time(int(found[1]), int(found[2]))


def _no(code: str, name: str) -> Refusal:
    return Refusal(code, WORDS["en"][name], WORDS["zh"][name])

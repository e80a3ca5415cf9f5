"""Campaigns go by themselves: each step that is due gets its audience and is frozen, or its campaign waits and says why."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import asyncpg
import structlog

from actions.campaigns import check_wave
from actions.campaigns_freeze import freeze
from actions.imports import Progress, silent
from queries.audience import Audience, Wave, forecast, members_of, wave_values
from queries.budgets import room
from queries.campaigns_due import DueStep, due_steps, left_aside, not_clicked, open_trial
from queries.campaigns_plan import campaign_plan, wave_of
from queries.segments import audience_of
from rules.calendar import business_date
from rules.refusals import Refusal
from rules.winners import decided
from tables.scope import current, exclusive, scope

LOG = structlog.get_logger("campaigns")

_WINNER_GOES = "SELECT deed.winner_goes($1, $2, $3)"
_HALT = "SELECT deed.campaign_halt($1, $2)"
# Reasons that a campaign shows as they are, by what was refused; any other sentence speaks of its text.
_REASONS = {
    "broken_rule": "broken_rule", "over_budget": "over_budget", "empty_audience": "nobody", "outside_hours": "outside_hours",
    "bad_window": "outside_hours", "long_window": "outside_hours",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class _Place:
    now: datetime
    zone: ZoneInfo
    secret: str
    public_url: str


async def freeze_due(
    *, now: datetime, zone: ZoneInfo, secret: str, public_url: str, progress: Progress = silent
) -> int:
    """Freezes the steps that are due, the earliest first, and takes up freezes that were broken off; returns how many are
    frozen. Opens its own scopes; of two callers at once one does it, the other nothing.

    What cannot be frozen pauses its campaign with the reason, nothing stored: broken_rule, nobody, over_budget,
    outside_hours, blocked_text. What is too late is frozen with that reason for everybody.
    """
    place = _Place(now=now, zone=zone, secret=secret, public_url=public_url)
    done = 0
    async with exclusive(name="regulars campaigns", wait=False) as alone:
        if alone:
            async with scope(role="job"):
                due = await due_steps(now=now, zone=zone)
            for step in due:
                done += await _frozen(step=step, place=place, progress=progress)
    return done


async def _frozen(*, step: DueStep, place: _Place, progress: Progress) -> bool:
    """One campaign's trouble is not another's: whatever the database says no to is told, and tried again later."""
    try:
        audience = await _prepared(step=step, place=place)
        await freeze(
            step=step.step, audience=audience, now=place.now, zone=place.zone, secret=place.secret,
            public_url=place.public_url, planned=True, progress=progress,
        )  # fmt: skip
    except Refusal as refusal:
        if refusal.code != "not_draft":
            await _halted(step=step, code=refusal.code)
        return False
    except asyncpg.PostgresError as error:
        LOG.warning("freeze failed", campaign=step.campaign, step=step.step, error=type(error).__name__)
        return False
    return True


async def _halted(*, step: DueStep, code: str) -> None:
    reason = _REASONS.get(code, "blocked_text")
    async with scope(role="job"):
        await current().execute(_HALT, step.campaign, reason)
    LOG.warning("campaign paused", campaign=step.campaign, step=step.step, reason=reason, refused=code)


async def _prepared(*, step: DueStep, place: _Place) -> Audience:
    """The audience of a step of which everything was checked. What was begun was checked then."""
    async with scope(role="job"):
        if step.kind == "winner" and not (step.late or step.begun):
            await _choose(step=step, now=place.now)
        audience = await _audience(step=step, place=place)
        if not (step.late or step.begun):
            await _check(step=step, audience=audience, place=place)
    return audience


async def _choose(*, step: DueStep, now: datetime) -> None:
    versions = await open_trial(step=step.step, follows=step.follows or 0, now=now)
    if versions:
        await current().execute(_WINNER_GOES, step.step, *decided(versions=versions))


async def _audience(*, step: DueStep, place: _Place) -> Audience:
    if step.kind == "follow_up" and step.follows is not None:
        return not_clicked(campaign=step.campaign, step=step.follows)
    today = business_date(at=place.now, zone=place.zone)
    try:
        audience = await audience_of(text=step.rule, today=today, zone=place.zone, store=step.store)
    except Refusal as refusal:
        raise Refusal("broken_rule", refusal.en, refusal.zh) from refusal
    if step.kind == "winner" and step.follows is not None:
        return left_aside(audience=audience, campaign=step.campaign, step=step.follows)
    return audience


async def _check(*, step: DueStep, audience: Audience, place: _Place) -> None:
    plan = await campaign_plan(campaign=step.campaign)
    shown = [one for one in plan.steps if one.id == step.step] if plan else []
    if plan is None or not shown:
        raise Refusal("not_draft", "This step is gone.", "该步骤已删除。")
    wave = wave_of(plan=plan, step=shown[0], personal=audience.personal)
    await check_wave(wave=wave, now=place.now, zone=place.zone)
    members = await members_of(audience=audience)
    # Of a later step nobody may be left: all have clicked, or come back meanwhile.
    if not members and step.number == 1:
        raise Refusal("empty_audience", "Nobody belongs to this audience.", "该人群没有任何会员。")
    await _check_budget(step=step, wave=wave, members=members, place=place)


async def _check_budget(*, step: DueStep, wave: Wave, members: list[int], place: _Place) -> None:
    left = (await room(campaign=step.campaign, now=place.now, zone=place.zone)).least()
    if left is None:
        return
    values = await wave_values(
        wave=wave, now=place.now, zone=place.zone, secret=place.secret, public_url=place.public_url
    )
    cost = (await forecast(members=members, values=values)).cost
    if cost is not None and cost > left:
        raise Refusal(
            "over_budget",
            f"This step would cost {cost:.2f} yuan, and the budget leaves {left:.2f}: raise it or write to fewer people.",
            f"该步骤预计费用 {cost:.2f} 元，预算只剩 {left:.2f} 元：请提高预算或缩小人群。",
        )

"""Campaigns as they are planned: begun, changed, their steps and versions written; in the caller's scope, which the database guards."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import asyncpg

from actions.doors import checked_name, taken
from actions.rights import rights_refused
from queries.audience import blocked_words
from queries.campaigns_plan import CampaignPlan, campaign_plan
from rules.campaigns import check_wording
from rules.campaigns_plan import StepPlan, check_step
from rules.refusals import Refusal
from tables.scope import current

# What a manager may change of a campaign; states move by actions/campaigns.py.
FIELDS = (
    "name", "goal", "content_kind", "rhythm", "store", "rule", "holdout", "canary", "attribution_days", "budget", "activity_budget",
    "reached",
)  # fmt: skip

_NEW = """
INSERT INTO campaign (name, goal, content_kind, rhythm, store, created_at) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id
"""
_STEP = """
INSERT INTO campaign_step (campaign, number, kind, follows, days_before, wait_minutes, sample, winner_by, text, landing, expects_reply,
    scheduled_at, send_before)
VALUES ($1, $2, $3, (SELECT id FROM campaign_step WHERE campaign = $1 AND number = $4), $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (campaign, number) DO UPDATE SET kind = excluded.kind, follows = excluded.follows, days_before = excluded.days_before,
    wait_minutes = excluded.wait_minutes, sample = excluded.sample, winner_by = excluded.winner_by, text = excluded.text,
    landing = excluded.landing, expects_reply = excluded.expects_reply, scheduled_at = excluded.scheduled_at,
    send_before = excluded.send_before
RETURNING id
"""
_VARIANTS = """
INSERT INTO campaign_variant (step, label, share, text, landing, landing_kind, minutes_later)
SELECT $1, * FROM unnest($2::text[], $3::numeric[], $4::text[], $5::text[], $6::text[], $7::integer[])
"""
# Two statements: the guard of versions looks for their step, which one statement might take away first.
_DROP = (
    "DELETE FROM campaign_variant v USING campaign_step s WHERE s.id = v.step AND s.campaign = $1 AND s.number >= $2",
    "DELETE FROM campaign_step WHERE campaign = $1 AND number >= $2",
)
_DROP_CAMPAIGN = "DELETE FROM campaign WHERE id = $1"


@contextmanager
def _kept() -> Iterator[None]:
    """What the database does not let be edited any more, as a Refusal."""
    try:
        with rights_refused():
            yield
    except (asyncpg.CheckViolationError, asyncpg.RestrictViolationError) as error:
        # What messages have come of is kept with them.
        used = isinstance(error, asyncpg.RestrictViolationError)
        if not used and not str(error.constraint_name).endswith(("_kept", "_begins")):
            raise
        raise Refusal(
            "not_draft",
            "The campaign is not a draft any more: take it back to draft, or copy it.",
            "该活动已不是草稿：请先撤回为草稿，或复制一份再改。",
        ) from error


async def new_campaign(
    *, name: str, goal: str, content_kind: str, rhythm: str | None, store: int | None, now: datetime
) -> int:
    """Begins a draft; returns its id. `store` (id): whose it is, None: headquarters'. Raises Refusal name_taken, bad_name, not_allowed."""
    tidy = checked_name(name=name)
    try:
        with _kept():
            campaign: int = await current().fetchval(_NEW, tidy, goal, content_kind, rhythm, store, now)
    except asyncpg.UniqueViolationError as error:
        raise taken(name=tidy) from error
    return campaign


async def change_campaign(*, campaign: int, **fields: object) -> None:
    """Changes some of FIELDS of a campaign (id). Raises Refusal name_taken, bad_name, not_draft, unknown_campaign."""
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise ValueError(f"not a manager's to change: {sorted(unknown)}")
    if "name" in fields:
        fields["name"] = checked_name(name=str(fields["name"]))
    settings = ", ".join(f"{name} = ${place}" for place, name in enumerate(fields, 2))
    try:
        with _kept():
            done = await current().execute(f"UPDATE campaign SET {settings} WHERE id = $1", campaign, *fields.values())
    except asyncpg.UniqueViolationError as error:
        raise taken(name=str(fields["name"])) from error
    if done == "UPDATE 0":
        raise _unknown()


async def write_step(*, campaign: int, number: int, step: StepPlan) -> int:
    """Writes a step, new or in place of the one of this number; returns its id.

    Raises Refusal of rules/campaigns_plan.py and rules/campaigns.py, not_draft, unknown_campaign.
    """
    plan = await _plan(campaign)
    check_step(number=number, step=step, earlier=[one.plan for one in plan.steps if one.number < number])
    blocked = await blocked_words()
    for text in [one.text for one in step.variants] or [step.text]:
        check_wording(text=text, blocked=blocked)
    with _kept():
        key: int = await current().fetchval(
            _STEP, campaign, number, step.kind, step.follows, step.days_before, step.wait_minutes, step.sample, step.winner_by,
            step.text.strip() or step.variants[0].text.strip(), step.landing, step.expects_reply, step.scheduled_at, step.send_before,
        )  # fmt: skip
        await _write_variants(step=key, plan=step)
    return key


async def _write_variants(*, step: int, plan: StepPlan) -> None:
    connection = current()
    await connection.execute("DELETE FROM campaign_variant WHERE step = $1", step)
    if plan.variants:
        columns = zip(
            *((v.label, v.share, v.text.strip(), v.landing, v.landing_kind, v.minutes_later) for v in plan.variants),
            strict=True,
        )
        await connection.execute(_VARIANTS, step, *map(list, columns))


async def drop_steps(*, campaign: int, number: int) -> None:
    """Takes away a step of a draft and all that come after it. Raises Refusal not_draft."""
    with _kept():
        for statement in _DROP:
            await current().execute(statement, campaign, number)


async def drop_campaign(*, campaign: int) -> None:
    """Deletes a draft. Raises Refusal not_draft, unknown_campaign."""
    await drop_steps(campaign=campaign, number=1)
    with _kept():
        if await current().execute(_DROP_CAMPAIGN, campaign) == "DELETE 0":
            raise _unknown()


async def copy_campaign(*, campaign: int, name: str, now: datetime) -> int:
    """A new draft like a campaign (id), its times moved so that it begins tomorrow; returns the new id.

    Raises Refusal name_taken, bad_name, unknown_campaign.
    """
    old = await _plan(campaign)
    new = await new_campaign(
        name=name, goal=old.goal, content_kind=old.content_kind, rhythm=old.rhythm, store=old.store, now=now
    )
    await change_campaign(
        campaign=new, rule=old.rule, holdout=old.holdout, canary=old.canary, attribution_days=old.attribution_days,
        budget=old.budget, activity_budget=old.activity_budget, reached=2,
    )  # fmt: skip
    if old.steps:
        first = min(one.plan.scheduled_at for one in old.steps)
        days = timedelta(days=max((now - first).days + 2, 0))
        for one in old.steps:
            await write_step(campaign=new, number=one.number, step=_later(one.plan, days))
    return new


def _later(plan: StepPlan, days: timedelta) -> StepPlan:
    fields = {name: getattr(plan, name) for name in StepPlan.__dataclass_fields__}
    times = {name: fields[name] + days for name in ("scheduled_at", "send_before")}
    return StepPlan(**{**fields, **times})


async def _plan(campaign: int) -> CampaignPlan:
    plan = await campaign_plan(campaign=campaign)
    if plan is None:
        raise _unknown()
    return plan


def _unknown() -> Refusal:
    return Refusal(
        "unknown_campaign", "There is no such campaign, or it is not yours.", "没有该群发活动，或它不属于您的门店。"
    )

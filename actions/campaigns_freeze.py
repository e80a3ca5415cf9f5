"""The freeze: an audience becomes rows of the send log, each with its text or with the reason why it is left out."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from actions.campaigns import check_wave
from actions.imports import Progress, silent
from queries.audience import AFTER_WAVE, BATCH, WAVE, Audience, Wave, members_of, wave_values
from queries.campaigns_plan import campaign_plan, wave_of
from rules.refusals import Refusal
from tables.scope import current, exclusive, scope

_BEGIN = """
UPDATE campaign_step s SET state = 'freezing' FROM campaign c
WHERE s.id = $1 AND s.state IN ('draft', 'freezing') AND c.id = s.campaign
    AND c.state IN ('draft', 'review', 'scheduled', 'sending', 'paused')
RETURNING c.id AS campaign, EXISTS (SELECT FROM send_log l WHERE l.campaign = c.id AND l.step = s.id) AS again
"""
_FREEZE = f"SELECT deed.wave_freeze({WAVE}, {', '.join(AFTER_WAVE)})"
_FROZEN = "SELECT deed.wave_frozen($1, $2)"
_COUNTS = """
SELECT count(*) AS members, count(*) FILTER (WHERE l.reason IS NULL) AS messages
FROM campaign_step s JOIN send_log l ON l.campaign = s.campaign AND l.step = s.id WHERE s.id = $1
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Frozen:
    """How many members a step reached for, and how many messages they get; the others have their reasons."""

    members: int
    messages: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Begun:
    values: tuple[object, ...]
    members: list[int]
    again: bool


async def freeze(
    *, step: int, audience: Audience, now: datetime, zone: ZoneInfo, secret: str, public_url: str, planned: bool = False,
    progress: Progress = silent,
) -> Frozen:  # fmt: skip
    """Freezes a step (id) that is a draft, or goes on where a freeze was broken off, and lets its campaign send. Opens its own
    scopes, one for each 20,000 members; two campaigns at once see each other's members. `planned`: its time had been checked
    when it was planned: too late, everybody is skipped, and nobody may be what is left of an audience.

    Raises Refusal not_draft, empty_audience, and those of `check_wave`; nothing is stored then.
    """
    async with exclusive(name=f"regulars freeze {step}", wait=True):
        begun = await _begun(
            step=step, audience=audience, now=now, zone=zone, secret=secret, public_url=public_url, planned=planned
        )
        for first in range(0, len(begun.members), BATCH):
            async with scope(role="job") as connection:
                batch = begun.members[first : first + BATCH]
                await connection.execute(_FREEZE, *begun.values, step, batch, begun.again, now)
            progress("freeze", first + len(batch), len(begun.members))
        async with scope(role="job") as connection:
            await connection.execute(_FROZEN, step, now)
            counts = await connection.fetchrow(_COUNTS, step)
    return Frozen(members=counts["members"], messages=counts["messages"]) if counts else Frozen(members=0, messages=0)


async def _begun(
    *, step: int, audience: Audience, now: datetime, zone: ZoneInfo, secret: str, public_url: str, planned: bool
) -> _Begun:
    async with scope(role="job"):
        row = await current().fetchrow(_BEGIN, step)
        if row is None:
            raise Refusal(
                code="not_draft",
                en="This step is frozen already, or its campaign is over: make a new one.",
                zh="该步骤的人群已经确定，或活动已结束：请新建活动。",
            )
        wave = await _wave(campaign=row["campaign"], step=step, personal=audience.personal)
        if not planned:
            await check_wave(wave=wave, now=min(now, wave.scheduled_at) if row["again"] else now, zone=zone)
        members = await members_of(audience=audience)
        if not (members or row["again"] or planned):
            raise Refusal(
                code="empty_audience",
                en="Nobody belongs to this audience: choose another one.",
                zh="该人群没有任何会员：请重新选择。",
            )
        values = await wave_values(wave=wave, now=now, zone=zone, secret=secret, public_url=public_url)
    return _Begun(values=values, members=members, again=row["again"])


async def _wave(*, campaign: int, step: int, personal: bool) -> Wave:
    plan = await campaign_plan(campaign=campaign)
    if plan is None:
        raise LookupError(f"campaign {campaign}")
    return wave_of(plan=plan, step=next(one for one in plan.steps if one.id == step), personal=personal)

"""Campaigns: written down, paused, taken up again, cancelled. Who gets one is frozen by actions/campaigns_freeze.py."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from asyncpg import UniqueViolationError

from actions.doors import checked_name, taken
from actions.rights import rights_refused
from queries.audience import Wave, blocked_words
from rules.campaigns import check_begin, check_window, check_wording
from rules.refusals import Refusal
from tables.scope import current

Target = Literal["draft", "review", "scheduled", "sending", "paused", "cancelled"]

_OPENING = "SELECT deed.hours_next($1, $2, NULL)"
_CAMPAIGN = """
INSERT INTO campaign (name, content_kind, rhythm, store, rule, staff, created_at)
VALUES ($1, $2, $3, $4, $5, coalesce(deed.staff(), $6), $7) RETURNING id
"""
_STEP = """
INSERT INTO campaign_step (campaign, number, text, landing, expects_reply, scheduled_at, send_before)
VALUES ($1, (SELECT coalesce(max(number), 0) + 1 FROM campaign_step WHERE campaign = $1), $2, $3, $4, $5, $6) RETURNING id
"""
_NAMED = "SELECT id FROM campaign WHERE name = $1"
_MOVE = "SELECT deed.campaign_move($1, $2, $3)"
_FINISH = "SELECT deed.campaigns_finish($1)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """A campaign of one wave before it is stored. `content_kind` promotion | care | knowledge | service; `store`: whose it is
    (id, None: headquarters'); `landing`: the offer on the page that {link} opens; `rule`: its audience in words.
    """

    name: str
    wave: Wave
    content_kind: str = "promotion"
    landing: str = ""
    expects_reply: bool = False
    store: int | None = None
    rule: str = ""


async def check_wave(*, wave: Wave, now: datetime, zone: ZoneInfo) -> None:
    """Refuses what could not be sent, in a scope of role job: Refusal `blocked_text`, `bad_window`, `long_window`,
    `outside_hours`, and those of rules/templates.py.
    """
    blocked = await blocked_words()
    for version in wave.spoken:
        check_wording(text=version.text, blocked=blocked)
    check_window(scheduled_at=wave.scheduled_at, send_before=wave.send_before, now=now)
    opens = await current().fetchval(_OPENING, max(wave.scheduled_at, now), zone.key)
    if opens is None or opens >= wave.send_before:
        raise Refusal(
            code="outside_hours",
            en="The sending lies outside the hours in which members may be written to: choose other times.",
            zh="发送时间不在允许联系会员的时段内：请选择其他时间。",
        )


async def draft_campaign(*, plan: Plan, now: datetime, staff: int | None = None) -> int:
    """Stores a campaign with its one step as drafts, in the caller's scope; returns the step (id). Its wave was checked.

    Raises Refusal name_taken, bad_name, past_time.
    """
    check_begin(scheduled_at=plan.wave.scheduled_at, now=now)
    name = checked_name(name=plan.name)
    connection, wave = current(), plan.wave
    try:
        campaign = await connection.fetchval(
            _CAMPAIGN, name, plan.content_kind, wave.rhythm, plan.store, plan.rule, staff, now
        )  # fmt: skip
    except UniqueViolationError as error:
        raise taken(name=name) from error
    step: int = await connection.fetchval(
        _STEP, campaign, wave.text.strip(), plan.landing, plan.expects_reply, wave.scheduled_at, wave.send_before
    )
    return step


async def move_campaign(*, name: str, target: Target, now: datetime) -> None:
    """Pauses the campaign of a name, lets it go on (`sending`) or cancels it: as `move` does.

    Raises Refusal unknown_campaign, not_now, not_allowed.
    """
    campaign = await current().fetchval(_NAMED, name.strip())
    if campaign is None:
        raise Refusal(
            code="unknown_campaign",
            en="There is no campaign of this name: `regulars campaign list` shows those that are.",
            zh="没有该名称的群发活动：可用 regulars campaign list 查看。",
        )
    await move(campaign=campaign, target=target, now=now)


async def move(*, campaign: int, target: Target, now: datetime) -> None:
    """Moves a campaign (id) to another state, in the caller's scope (tables/sql/campaigns.sql says which states follow which);
    what is queued of a cancelled one never leaves.

    Raises Refusal not_now, not_allowed, foreign_store, needs_approval, own_approval; the scope is then good for nothing more.
    """
    connection = current()
    state = await connection.fetchval("SELECT state FROM campaign WHERE id = $1", campaign)
    with rights_refused():
        moved = await connection.fetchval(_MOVE, campaign, target, now)
    if not moved:
        raise Refusal(
            code="not_now",
            en=f"The campaign is {state}: it cannot become {target}.",
            zh="该活动的状态已经改变，现在不能进行此操作：请刷新页面后再看。",
        )


async def finish_campaigns(*, now: datetime) -> int:
    """Campaigns with nothing left to send are finished; returns how many. In a scope of role job."""
    finished: int = await current().fetchval(_FINISH, now)
    return finished

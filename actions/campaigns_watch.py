"""Campaigns are watched while they send: a canary goes first, and what crosses a red line stops by itself."""

from datetime import datetime

import structlog

from queries.campaigns_due import Watched, red_lines, watched
from rules.red_lines import judged
from tables.scope import scope

LOG = structlog.get_logger("campaigns")

_CANARY = "SELECT deed.canary_judged($1, $2, $3, $4)"
_STOP = "SELECT deed.campaign_stop($1, $2, $3)"


async def watch(*, now: datetime) -> list[int]:
    """Judges what was sent by the red lines: the rest of a step leaves after its canary, or the campaign stops with the reason
    complaints, opt_out or delivery. Returns the campaigns (ids) that were stopped. Opens its own scopes; again changes nothing.
    """
    async with scope(role="job"):
        lines = await red_lines()
        seen = await watched(now=now)
    stopped = []
    for one in seen:
        why = judged(
            sent=one.sent, reported=one.reported, delivered=one.delivered, opted_out=one.opted_out,
            complained=one.complained, lines=lines,
        )  # fmt: skip
        if await _heeded(one=one, why=why, now=now):
            stopped.append(one.campaign)
    return stopped


async def _heeded(*, one: Watched, why: str | None, now: datetime) -> bool:
    if one.step is None and why is None:
        return False
    async with scope(role="job") as connection:
        if one.step is None:
            stopped = await connection.fetchval(_STOP, one.campaign, why, now)
        else:
            stopped = await connection.fetchval(_CANARY, one.step, why, one.sent, now) == "stopped"
    if stopped:
        LOG.warning(
            "campaign stopped", campaign=one.campaign, step=one.step, reason=why, sent=one.sent, reported=one.reported,
            delivered=one.delivered, opted_out=one.opted_out, complained=one.complained,
        )  # fmt: skip
    return bool(stopped)

"""Campaigns that run by themselves: planned as a manager plans them, moved on by a clock that is told the time."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from actions.campaigns import finish_campaigns, move
from actions.campaigns_due import freeze_due
from actions.campaigns_edit import change_campaign, new_campaign, write_step
from actions.campaigns_watch import watch
from actions.imports import Progress, silent
from actions.reports import join_reports, take_reports
from config.settings import settings
from gateways.protocol import Report
from rules.campaigns_plan import StepPlan, VariantPlan
from tables.scope import scope
from tests import make
from tests.actions.test_campaigns_freeze import NOON
from tests.campaigning import URL
from tests.pretend_gateway import PretendGateway, handed

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
TEXT = "会员日满50减10，点{link} 看"


def wave(text: str = TEXT, *, at: datetime = NOON, lasts: timedelta = 6 * HOUR, **fields: Any) -> StepPlan:
    return StepPlan(**{"text": text, "scheduled_at": at, "send_before": at + lasts, **fields})


def trial(*shares: str, sample: str = "1", **fields: Any) -> StepPlan:
    """A step with versions A, B …, each with a text and a landing of its own."""
    versions = tuple(
        VariantPlan(label=label, share=Decimal(share), text=f"{label}版，点{{link}} 看", landing=f"{label}页")
        for label, share in zip("ABCDE", shares, strict=False)
    )
    return wave("", variants=versions, sample=Decimal(sample), **fields)


async def planned(*steps: StepPlan, name: str = "春", **fields: object) -> int:
    """A campaign of headquarters that is scheduled; returns its id."""
    async with scope(role="hq_admin"):
        campaign = await new_campaign(
            name=name, goal="sell", content_kind="promotion", rhythm="event", store=None, now=NOON - HOUR
        )
        await change_campaign(campaign=campaign, **{"reached": 6, **fields})
        for number, step in enumerate(steps, 1):
            await write_step(campaign=campaign, number=number, step=step)
        await move(campaign=campaign, target="scheduled", now=NOON - HOUR)
    return campaign


async def tick(now: datetime, *, progress: Progress = silent) -> int:
    """What the clock does: watches, freezes what is due, ends what is over. Returns how many steps are frozen."""
    await watch(now=now)
    frozen = await freeze_due(now=now, zone=make.ZONE, secret=settings().secret, public_url=URL, progress=progress)
    async with scope(role="job") as connection:
        await connection.execute("SELECT deed.sends_sweep($1)", now)
        await finish_campaigns(now=now)
    return frozen


async def leave(gateway: PretendGateway, *, now: datetime) -> None:
    """Everything that may leave does."""
    while (await handed(gateway, now=now)).taken:
        pass


async def reported(gateway: PretendGateway, *, now: datetime, failed: int = 0, most: int | None = None) -> None:
    """What left is reported, the first `failed` as such; of each message the first report counts."""
    reports = [
        Report(gateway_message_id=f"g{one.id}", state="failed" if place < failed else "delivered", at=now)
        for place, one in enumerate(gateway.left[:most])
    ]
    await take_reports(gateway=gateway.name, reports=reports, now=now)
    await join_reports(now=now)


async def clicked(*members: int, step: int, now: datetime, preview: bool = False) -> None:
    """These members follow the link of a step (id) as visitors do."""
    for member in members:
        code = await make.value("SELECT code FROM short_link WHERE member = $1 AND step = $2", member, step)
        async with scope(role="visitor") as connection:
            await connection.execute("SELECT deed.link_open($1, $2, 'phone', $3, true)", code, now, preview)


async def rows(step: int) -> dict[int, str]:
    """By member: the state of their message of a step, or the reason why they have none."""
    found = await make.fetch("SELECT member, coalesce(reason, state) AS told FROM send_log WHERE step = $1", step)
    return {row["member"]: row["told"] for row in found}


async def told(campaign: int = 1) -> tuple[str, str | None]:
    """A campaign's state and reason."""
    [row] = await make.fetch("SELECT state, reason FROM campaign WHERE id = $1", campaign)
    return row["state"], row["reason"]

"""Campaigns as head office sends them, and what became of their rows."""

from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from actions.campaigns import Plan, check_wave, draft_campaign
from actions.campaigns_freeze import Frozen, freeze
from config.settings import settings
from queries.audience import EVERYBODY, Audience, Wave
from tables.scope import scope
from tests import make

TEXT = "{title_or_name}您好，{store}会员日满50减10。"
URL = "https://sms.example"
DAY = timedelta(days=1)


async def drafted(
    name: str, *, at: datetime, text: str = TEXT, until: datetime | None = None, rhythm: str | None = "event",
    zone: ZoneInfo = make.ZONE, expects_reply: bool = False,
) -> int:  # fmt: skip
    wave = Wave(text=text, scheduled_at=at, send_before=until or at + DAY, rhythm=rhythm)
    async with scope(role="job"):
        await check_wave(wave=wave, now=at, zone=zone)
    async with scope(role="hq_admin"):
        return await draft_campaign(plan=Plan(name=name, wave=wave, expects_reply=expects_reply), now=at)


async def frozen(step: int, *, now: datetime, audience: Audience = EVERYBODY, zone: ZoneInfo = make.ZONE) -> Frozen:
    return await freeze(step=step, audience=audience, now=now, zone=zone, secret=settings().secret, public_url=URL)


async def sent(
    name: str, *, at: datetime, text: str = TEXT, rhythm: str | None = "event", audience: Audience = EVERYBODY
) -> Frozen:
    """A campaign that is frozen when it is due."""
    return await frozen(await drafted(name, at=at, text=text, rhythm=rhythm), now=at, audience=audience)


async def consent(*members: int, granted: bool = True, at: datetime, purpose: str = "marketing_sms") -> None:
    for member in members:
        await make.execute(
            "INSERT INTO consent (member, purpose, granted, source, text_version, at) VALUES ($1, $2, $3, 'test', '1', $4)",
            member, purpose, granted, at,
        )  # fmt: skip


async def outcomes(name: str) -> dict[int, str]:
    """By member: the state of their message of a campaign, or the reason why they have none."""
    rows = await make.fetch(
        "SELECT member, coalesce(s.reason, s.state) AS told FROM send_log s JOIN campaign c ON c.id = s.campaign WHERE c.name = $1",
        name,
    )
    return {row["member"]: row["told"] for row in rows}


async def tally(name: str) -> Counter[str]:
    return Counter((await outcomes(name)).values())

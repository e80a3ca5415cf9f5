"""The demo: a fruit chain with its people and four months of life, made from a seed, in an empty system."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from actions.demo_data import demo_chain
from actions.demo_days import Story, live
from actions.demo_library import NIGHTS, furnish
from actions.demo_people import make_people
from actions.demo_setup import STAFF, move_in, set_up
from actions.imports import Progress, silent
from actions.messages import hand_over
from actions.night import LOCK, NIGHT_BEGINS, close_date, yesterday
from actions.night_frame import Night
from actions.points import adjust
from actions.polling import poll_reports
from gateways.protocol import Gateway
from queries.nights import nights_closed
from rules.refusals import Refusal
from tables.scope import exclusive, scope

DemoState = Literal["empty", "partial", "whole", "other"]

_DAY = timedelta(days=1)
_PRETEND = "simulator"
_MESSAGES_LEAVE = time(8, 1)
_PAUSE = timedelta(minutes=1)
_CHUNK = 500
# The last deed of a demo, an adjustment like any other: entries stay for ever, so it tells that all before it was done.
_LAST_FORM = "7d0c2e56-9a41-4f0b-8f3e-5b1a6c9d2e10"
_LAST_REASON = "周年庆赠送积分"
_LAST_POINTS = 66

_STATE = """
SELECT ARRAY(SELECT code FROM store ORDER BY code)::text[] AS shops,
    EXISTS (SELECT 1 FROM member) OR EXISTS (SELECT 1 FROM points_policy) AS lived_in,
    EXISTS (SELECT 1 FROM points_entry WHERE source = 'adjust' AND reference = $1) AS finished
"""
_BEGUN = "SELECT min(business_date) FROM purchase WHERE source = 'demo'"
_SHOPS = "SELECT code, id FROM store"
_STAFF = "SELECT username, id FROM staff WHERE username = ANY ($1::text[])"
_REWARDS = """
SELECT r.id, r.points, coalesce(t.rank, 1) FROM reward r LEFT JOIN tier t ON t.id = r.tier WHERE r.is_active ORDER BY r.id
"""
_SOMEBODY = "SELECT id, home_store FROM member ORDER BY phone LIMIT 1"
_COUNTS = """
SELECT (SELECT count(*) FROM store) AS stores, (SELECT count(*) FROM product) AS products,
    (SELECT count(*) FROM member) AS members, (SELECT count(*) FROM purchase) AS receipts,
    (SELECT count(*) FROM points_entry WHERE kind = 'redeem') AS redemptions,
    (SELECT count(*) FROM job_run WHERE job = 'check' AND state = 'done') AS nights,
    (SELECT count(*) FROM send_log) AS messages
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoMade:
    """How much there is of everything."""

    stores: int
    products: int
    members: int
    receipts: int
    redemptions: int
    nights: int
    messages: int

    def __str__(self) -> str:
        return (
            f"{self.stores} stores, {self.members} members, {self.receipts} receipts, {self.redemptions} redemptions, "
            f"{self.nights} nights, {self.messages} messages"
        )


async def demo_state() -> DemoState:
    """empty: nobody lives here yet · partial: a demo that was interrupted · whole: one that was finished · other: a chain
    of somebody's own. Opens a scope of its own.
    """
    async with scope(role="job") as connection:
        row = await connection.fetchrow(_STATE, _LAST_FORM)
    assert row is not None  # noqa: S101  it always answers
    if row["finished"]:
        return "whole"
    if not row["shops"]:
        return "other" if row["lived_in"] else "empty"
    return "partial" if row["shops"] == sorted(shop.code for shop in demo_chain().shops) else "other"


async def make_demo(
    *,
    now: datetime,
    zone: ZoneInfo,
    password: str,
    gateway: Gateway | None,
    seed: int = 20260101,
    progress: Progress = silent,
    members: int = 2000,
    days: int = 120,
) -> DemoMade:
    """Makes the demo chain with `days` business dates up to yesterday, every night closed, messages handed to `gateway`
    as their mornings came (None: they stay queued); last night's wait for the running system. The same seed and date of
    `now` make the same rows. What an interrupted call left is continued, as long as `seed` and `members` are the same.

    Opens its own scopes and holds the night's lock: make it before the worker starts. `password` is for all STAFF.
    Raises Refusal: `not_empty`, `real_gateway`, `weak_password`, `username_taken`.
    """
    _refuse_real(gateway)
    async with exclusive(name=LOCK, wait=True):
        state = await demo_state()
        if state not in {"empty", "partial"}:
            raise _not_empty()
        progress("demo", 0, days)
        if state == "empty":
            await set_up(password=password)
        story = await _story(seed=seed, members=members, days=days, now=now, zone=zone)
        await move_in(people=[p for p in story.people if p.joined_on < story.first], first=story.first)
        await _live_on(story=story, now=now, gateway=gateway, progress=progress)
        await _finish(story=story)
    return await _counted()


async def _story(*, seed: int, members: int, days: int, now: datetime, zone: ZoneInfo) -> Story:
    """The days to live: where a demo was begun on an earlier day, from its first one on."""
    last = yesterday(now=now, zone=zone)
    async with scope(role="hq_admin") as connection:
        begun = await connection.fetchval(_BEGUN)
        shops = {row["code"]: row["id"] for row in await connection.fetch(_SHOPS)}
        staff = {row["username"]: row["id"] for row in await connection.fetch(_STAFF, [name for name, *_ in STAFF])}
        rewards = [tuple(row) for row in await connection.fetch(_REWARDS)]
    first = begun or last - (days - 1) * _DAY
    planned = first + (days - 1) * _DAY
    return Story(
        seed=seed,
        zone=zone,
        first=first,
        last=last,
        people=make_people(seed=seed, count=members, first=first, last=planned, zone=zone),
        shops=[shops[shop.code] for shop in demo_chain().shops],
        staff=staff,
        rewards=rewards,
    )


async def _live_on(*, story: Story, now: datetime, gateway: Gateway | None, progress: Progress) -> None:
    """Day by day as in real life: while the tills ring, last night's messages leave; then the night of the day."""
    closed = (await nights_closed()).last
    total = (story.last - story.first).days + 1
    begin = 0 if closed is None else (closed - story.first).days + 1
    for done in range(begin, total):
        day = story.first + done * _DAY
        await asyncio.gather(live(story=story, day=day), _morning(gateway=gateway, day=day, zone=story.zone))
        begins = datetime.combine(day + _DAY, NIGHT_BEGINS, tzinfo=story.zone)
        if done == max(begin, total - NIGHTS):
            await furnish(story=story, day=day, now=begins)
        await close_date(night=Night(business_date=day, now=min(begins, now), zone=story.zone))
        progress("demo", done + 1, total)


async def _morning(*, gateway: Gateway | None, day: date, zone: ZoneInfo) -> None:
    """What waited for eight o'clock leaves, and a little later it is known what became of it."""
    if gateway is None:
        return
    at, ours = datetime.combine(day, _MESSAGES_LEAVE, tzinfo=zone), {gateway.name: gateway}

    def clock() -> datetime:
        return at

    while (await hand_over(worker="demo", clock=clock, zone=zone, gateways=ours, limit=_CHUNK)).more:
        at += _PAUSE
    await poll_reports(gateway=gateway, now=at + _PAUSE)


async def _finish(*, story: Story) -> None:
    async with scope(role="job") as connection:
        row = await connection.fetchrow(_SOMEBODY)
        if row is not None:
            await adjust(
                member=row["id"], store=row["home_store"], form=_LAST_FORM, points=_LAST_POINTS, reason=_LAST_REASON,
                business_date=story.last + _DAY, staff=story.staff.get("hq"),
            )  # fmt: skip


async def _counted() -> DemoMade:
    async with scope(role="job") as connection:
        row = await connection.fetchrow(_COUNTS)
    assert row is not None  # noqa: S101  it always answers
    return DemoMade(**row)


def _refuse_real(gateway: Gateway | None) -> None:
    """The demo's numbers look like real ones, so somebody may have them."""
    if gateway is not None and gateway.name != _PRETEND:
        raise Refusal(
            code="real_gateway",
            en="The demo's phone numbers may belong to somebody: it is only made where REGULARS_GATEWAY is simulator.",
            zh="演示会员的手机号可能真有其人：只有在 REGULARS_GATEWAY 为 simulator 时才能建演示数据。",
        )


def _not_empty() -> Refusal:
    return Refusal(
        code="not_empty",
        en="The demo is only made in an empty system, and this one has stores, members or a program already: "
        "name another folder in REGULARS_DATA_DIR.",
        zh="演示数据只能建在空系统里，而这里已经有门店、会员或会员方案：请用 REGULARS_DATA_DIR 另指定一个目录。",
    )

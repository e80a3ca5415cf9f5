"""Short links: made, followed, and the way out that each of them leads to."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import structlog

from config.settings import settings
from rules.links import Choice, Visitor, checked_url, link_address
from rules.refusals import Refusal
from tables.scope import current, scope

LOG = structlog.get_logger("links")
# What a member read before the no on our page; it stands beside the no.
WORDING = "link-2026-11"
PERSONAL_WORDING = "link-personal-2026-11"

# Held here, or they would vanish before they are done.
_FOLLOWING: set[asyncio.Task[None]] = set()

_MAKE = """
INSERT INTO short_link (code, url, campaign, step, member, created_at, expires_at, version)
VALUES (deed.link_code(), $1, $2, $3, $4, $5, $6, $7) RETURNING id, code
"""
_OPEN = "SELECT * FROM deed.link_open($1, $2, $3, $4, $5)"
_PERSONAL = "SELECT outcome, refused, chain, service FROM deed.link_personal($1, $2, $3, $4)"
_OPT_OUT = "SELECT outcome, settled, chain, service FROM deed.link_opt_out($1, $2, $3, $4)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A link (id) that was made: its code, and the address as it stands in a text."""

    id: int
    code: str
    address: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """Where a link leads: to `url`, else to a page of ours for a member (`name`, `title`) with an offer and the store.

    `is_over`: it had its time, and tells nothing any more; `landing_kind`: page | qr, with a code for the counter to scan.
    """

    is_over: bool = False
    url: str | None = None
    personal: bool = False
    name: str = ""
    title: str = ""
    offer: str = ""
    chain: str = ""
    service: str = ""
    store: str = ""
    address: str = ""
    phone: str = ""
    hours: str = ""
    landing_kind: str = "page"


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """What the way out may say: `outcome` is asked, done, or nobody (the link is of no one person); `settled` is what holds
    when it is done, more than was chosen where more had been refused before; the chain and its phone.
    """

    outcome: str
    settled: Choice | None
    chain: str
    service: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Recommending:
    """Whether a member `refused` offers that go by what they buy; `outcome` as of Way, the chain and its phone."""

    outcome: str
    refused: bool
    chain: str
    service: str


async def create_link(
    *, url: str | None, campaign: int | None, now: datetime, step: int | None = None, expires_at: datetime | None = None,
    version: str | None = None,
) -> Link:  # fmt: skip
    """A link for all who get a campaign's (id) text; without a `url` to our own page, as the step's `version` of this label
    shows it. Inside a scope of role job.

    Raises Refusal bad_url, bad_time, unknown_campaign.
    """
    return await _made(
        url=url, campaign=campaign, step=step, member=None, now=now, expires_at=expires_at, version=version
    )


async def short_link(
    *, member: int, now: datetime, url: str | None = None, campaign: int | None = None, step: int | None = None,
    expires_at: datetime | None = None,
) -> Link:  # fmt: skip
    """A link of one member (id): who follows it is known to have, and may refuse our texts there. As `create_link` else; an
    unknown member is refused as unknown_campaign is.
    """
    return await _made(url=url, campaign=campaign, step=step, member=member, now=now, expires_at=expires_at)


async def _made(
    *, url: str | None, campaign: int | None, step: int | None, member: int | None, now: datetime, expires_at: datetime | None,
    version: str | None = None,
) -> Link:  # fmt: skip
    target = None if url is None else checked_url(url=url)
    if expires_at is not None and expires_at <= now:
        raise Refusal(
            "bad_time", "The link would be over already: choose a later time.", "链接的有效期已过：请选择之后的时间。"
        )
    try:
        row = await current().fetchrow(_MAKE, target, campaign, step, member, now, expires_at, version)
    except asyncpg.ForeignKeyViolationError as error:
        raise Refusal(
            "unknown_campaign",
            "There is no such campaign, step or member: look at the list.",
            "没有该活动、步骤或会员：请查看列表。",
        ) from error
    assert row is not None  # noqa: S101  one row in, one row out
    address = link_address(public_url=settings().public_url, code=row["code"])
    return Link(id=row["id"], code=row["code"], address=address)


async def open_link(*, code: str, visitor: Visitor | None, now: datetime) -> Opened | None:
    """Where a code leads; None: nowhere. The click of `visitor` is written, without one nothing is. Opens a scope of its own.

    Nobody waits for the disk: the click is committed right after the answer, and lost if the database dies in between.
    """
    told: asyncio.Future[asyncpg.Record] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(_follow(told, code=code, visitor=visitor, now=now))
    _FOLLOWING.add(task)
    task.add_done_callback(_FOLLOWING.discard)
    row = await told
    if row["outcome"] == "unknown":
        return None
    values = {name: value for name, value in row.items() if name != "outcome" and value is not None}
    return Opened(is_over=row["outcome"] == "over", **values)


async def _follow(told: asyncio.Future[asyncpg.Record], *, code: str, visitor: Visitor | None, now: datetime) -> None:
    device, preview = (visitor.device, visitor.is_preview) if visitor else ("other", True)
    try:
        async with scope(role="visitor") as connection:
            row = await connection.fetchrow(_OPEN, code, now, device, preview, visitor is not None)
            assert row is not None  # noqa: S101  one question, one answer
            if not told.done():
                told.set_result(row)
    except Exception as error:  # noqa: BLE001  whoever waits is told, and afterwards nobody waits
        if told.done():
            LOG.warning("click lost", error=type(error).__name__)
        else:
            told.set_exception(error)


async def opt_out(*, code: str, choice: Choice | None, address: str, now: datetime) -> Way | None:
    """The no of whoever has the code of a member's link, at once and for good; again changes nothing. Without a `choice` it is
    only looked whose no it would be. None: the code is nobody's. `address` (IP) is for the audit. Opens a scope of its own.
    """
    async with scope(role="visitor", address=address) as connection:
        row = await connection.fetchrow(_OPT_OUT, code, now, choice, WORDING)
    assert row is not None  # noqa: S101  one question, one answer
    if row["outcome"] == "unknown":
        return None
    return Way(outcome=row["outcome"], settled=row["settled"], chain=row["chain"] or "", service=row["service"] or "")


async def recommending(*, code: str, wish: bool | None, address: str, now: datetime) -> Recommending | None:
    """The no (`wish` False) of whoever has the code of a member's link to offers by what they buy, or its end (True); without one
    it is only looked what holds. Again changes nothing. None: the code is nobody's. Opens a scope of its own.
    """
    async with scope(role="visitor", address=address) as connection:
        row = await connection.fetchrow(_PERSONAL, code, now, wish, PERSONAL_WORDING)
    assert row is not None  # noqa: S101  one question, one answer
    if row["outcome"] == "unknown":
        return None
    return Recommending(
        outcome=row["outcome"], refused=row["refused"], chain=row["chain"] or "", service=row["service"] or ""
    )

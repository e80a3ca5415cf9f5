"""A chain whose member got a campaign's text an hour ago, with links, and a phone that follows them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from actions.links import _FOLLOWING, Link, short_link
from tables.scope import scope
from tests import make
from tests.admin.conftest import the_app

HOUR = timedelta(hours=1)
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Mobile/15E148 Safari/604.1"
# As Google Messages looks at what is in a text.
PREVIEW = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/138.0.0.0 Mobile Safari/537.36 GoogleMessages/20.1"
)


@asynccontextmanager
async def phone(address: str = "127.0.0.1") -> AsyncIterator[httpx.AsyncClient]:
    """A member's phone, which has never logged in anywhere."""
    transport = httpx.ASGITransport(app=the_app(), client=(address, 1))  # type: ignore[arg-type]  # ASGI, typed twice
    headers = {"User-Agent": IPHONE}
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
        yield client


async def chain() -> None:
    """Member 1 of store 1 in step 1 of campaign 1."""
    await make.make_program()
    await make.make_member(store=await make.make_store())
    await make.execute("""
        INSERT INTO chain (name, signature, phone) VALUES ('鲜果连锁', '鲜果', '400 100 2000');
        UPDATE store SET name = '人民路店', address = '<i>人民路</i> 1 号', phone = '021 5555', opening_hours = '8:00–21:00';
        UPDATE member SET title = '女士'; INSERT INTO campaign (name) VALUES ('榴莲节');
    """)
    await make.execute(
        "INSERT INTO campaign_step (campaign, text, landing, scheduled_at, send_before) VALUES (1, 't', E'<b>榴莲</b>\\n8 折', $1, $2)",
        now() - HOUR, now() + HOUR,
    )  # fmt: skip
    await make.execute(
        "INSERT INTO send_log (member, phone, store, message_class, dedupe_key, campaign, step, state, handed_at)"
        " VALUES (1, '+8613900000001', 1, 'marketing', 'step:1:1', 1, 1, 'accepted', $1)",
        now() - HOUR,
    )  # fmt: skip


def now() -> datetime:
    return datetime.now(UTC)


async def link(**given: Any) -> Link:
    whole: dict[str, Any] = {"member": 1, "campaign": 1, "step": 1, "now": now() - HOUR} | given
    async with scope(role="job"):
        return await short_link(**whole)


async def clicks() -> list[tuple[str, bool]]:
    """Device and whether it was a preview, of all that were answered."""
    await asyncio.gather(*_FOLLOWING)
    rows = await make.fetch("SELECT device, is_preview FROM click ORDER BY id")
    return [(row["device"], row["is_preview"]) for row in rows]


async def consents() -> list[tuple[Any, ...]]:
    rows = await make.fetch("SELECT member, purpose, granted, source, text_version FROM consent ORDER BY id")
    return [tuple(row.values()) for row in rows]

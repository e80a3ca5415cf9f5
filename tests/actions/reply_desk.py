"""Phones that write to us, and the messages that they answer."""

from datetime import date, datetime, timedelta
from typing import Any

from actions.replies import take_replies
from gateways.protocol import Inbound
from tests import make

NOW = make.noon(date(2031, 3, 31))
SECRET = "sixteen characters"  # noqa: S105  nobody's
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ANNA, BERT, NOBODY = "+8613900000001", "+8613900000002", "+8613999999999"


async def open_shop() -> None:
    """Store 1 with members 1 and 2, store 2 with nobody; a campaign with one step that expects answers, one that does not."""
    await make.make_program()
    store = await make.make_store()
    await make.make_store("S2")
    for phone in (ANNA, BERT):
        await make.make_member(phone, store=store)
    await make.execute(
        "INSERT INTO chain (name, signature, phone) VALUES ('果多多', '果多多', '');"
        "UPDATE store SET opening_hours = '9:00–21:00', address = '中山路 1 号', phone = '021-1' WHERE id = 1;"
        "INSERT INTO campaign (name, state) VALUES ('三月', 'sending');"
        "INSERT INTO campaign_step (campaign, number, text, scheduled_at, send_before, state, frozen_at)"
        " VALUES (1, 1, '问', now(), now() + interval '1 day', 'frozen', now()), (1, 2, '说', now(), now() + interval '1 day', 'frozen', now());"
        "INSERT INTO keyword_reply (keyword, text, for_staff) VALUES ('1', '{store}营业时间：{hours}。', false),"
        " ('2', '{title_or_name}，{tier}，{balance}分', false), ('3', '已为您转人工。', true)"
    )


async def told(*texts: str, phone: str = ANNA, at: datetime = NOW, key: str = "", gateway: str = "simulator") -> int:
    replies = [
        Inbound(gateway_reply_id=key or f"{phone}:{at}:{n}", phone=phone, text=text, at=at + n * timedelta(seconds=1))
        for n, text in enumerate(texts)
    ]
    return await take_replies(gateway=gateway, replies=replies, now=at + MINUTE, zone=make.ZONE, secret=SECRET)


async def message(
    member: int | None = 1, *, state: str = "queued", chunk: int | None = None, step: int | None = None,
    message_class: str = "marketing", handed_at: datetime | None = None, expects_reply: bool = False,
    phone: str = ANNA, store: int = 1, gateway: str | None = None, text: str = "【果多多】你好",
) -> int:  # fmt: skip
    found: int = await make.value(
        "INSERT INTO send_log (member, phone, store, message_class, dedupe_key, state, chunk, campaign, step, handed_at,"
        " expects_reply, gateway, text, scheduled_at) VALUES ($1, $2, $3, $4, gen_random_uuid()::text, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
        " RETURNING id",
        member, phone, store, message_class, state, chunk, step and 1, step, handed_at, expects_reply, gateway, text, NOW,
    )  # fmt: skip
    return found


async def chunk(size: int) -> int:
    found: int = await make.value(
        "INSERT INTO send_chunk (message_class, campaign, due_at, size) VALUES ('marketing', 1, $1, $2) RETURNING id",
        NOW,
        size,
    )
    return found


async def states() -> list[tuple[str, str | None]]:
    return [(row["state"], row["reason"]) for row in await make.fetch("SELECT state, reason FROM send_log ORDER BY id")]


async def consents() -> list[tuple[int, str, bool]]:
    rows = await make.fetch("SELECT member, purpose, granted FROM consent ORDER BY id")
    return [(row["member"], row["purpose"], row["granted"]) for row in rows]


async def reply(number: int = 1) -> dict[str, Any]:
    return (await make.fetch("SELECT * FROM reply WHERE id = $1", number))[0]


async def answers() -> list[str]:
    rows = await make.fetch("SELECT text FROM send_log WHERE dedupe_key LIKE 'reply:%' ORDER BY id")
    return [row["text"] for row in rows]


async def agrees(member: int = 1, *, purpose: str = "marketing_sms", at: datetime = NOW - HOUR) -> None:
    await make.execute(
        "INSERT INTO consent (member, purpose, granted, source, text_version, store, at) VALUES ($1, $2, true, 'form', '1', 1, $3)",
        member, purpose, at,
    )  # fmt: skip

"""Replies are kept, each once, and acted upon: a no at once in the whole chain, keywords with an answer of their own."""

from collections.abc import Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from gateways.protocol import Inbound
from rules.calendar import business_date
from rules.notices import Addressee, member_words
from rules.phones import normalise_phone
from rules.refusals import Refusal
from rules.replies import LONGEST_REPLY, Intent, answer_text, read_reply, storable
from rules.suppression import phone_hmac
from tables.scope import current, scope

_LONGEST_ID = 100
_MOST_TRIES = 3
_KEYWORDS = "SELECT DISTINCT keyword FROM keyword_reply WHERE is_active ORDER BY keyword"
_TAKE = """
SELECT id, kind, word FROM deed.replies_take($1, $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
    $8::text[], $9)
"""
_PAPER = "SELECT * FROM deed.replies_paper($1::bigint[], $2::text[], $3, $4)"
_ANSWER = "SELECT deed.replies_answer($1::bigint[], $2::text[], $3::boolean[], $4)"


async def take_replies(*, gateway: str, replies: Sequence[Inbound], now: datetime, zone: ZoneInfo, secret: str) -> int:
    """Keeps what phones sent to an account (its name) and does what it says; returns how many replies were new. Told twice,
    a reply changes nothing more. Opens its own scope; afterwards the caller wakes a worker, for keywords are answered.

    Opt-outs come first, then the newest message of 48 hours to that number that expects an answer, then keywords.
    """
    for tries in range(_MOST_TRIES if replies else 0):
        try:
            async with scope(role="job"):
                return await _taken(gateway=gateway, replies=replies, now=now, zone=zone, secret=secret)
        except asyncpg.DeadlockDetectedError:
            # A worker was leaving with the same messages: it goes first.
            if tries == _MOST_TRIES - 1:
                raise
    return 0


async def _taken(*, gateway: str, replies: Sequence[Inbound], now: datetime, zone: ZoneInfo, secret: str) -> int:
    keywords = [row["keyword"] for row in await current().fetch(_KEYWORDS)]
    told: dict[str, Inbound] = {}
    for one in replies:
        told.setdefault(_id(one), one)
    phones = [_phone(one) for one in told.values()]
    intents: list[Intent] = [read_reply(text=one.text, keywords=keywords) for one in told.values()]
    fresh = await current().fetch(
        _TAKE, gateway, list(told), phones, [storable(text=one.text, longest=LONGEST_REPLY) for one in told.values()],
        [intent.kind for intent in intents], [intent.word for intent in intents], [one.at for one in told.values()],
        [phone_hmac(secret=secret, phone=phone) if phone else None for phone in phones], now,
    )  # fmt: skip
    asked = [row for row in fresh if row["kind"] == "keyword"]
    if asked:
        await _answer(asked=asked, now=now, day=business_date(at=now, zone=zone))
    return len(fresh)


async def _answer(*, asked: Sequence[asyncpg.Record], now: datetime, day: date) -> None:
    """What cannot be filled for somebody, and what only a machine would go on asking, waits for a person."""
    rows = await current().fetch(
        _PAPER, [row["id"] for row in asked], [row["word"] for row in asked], now, day
    )  # fmt: skip
    texts = {row["id"]: None if row["silent"] else _written(dict(row)) for row in rows}
    answered = [row for row in rows if texts[row["id"]] is not None]
    ids, rests = [row["id"] for row in answered], [row["for_staff"] for row in answered]
    await current().execute(_ANSWER, ids, [texts[key] for key in ids], rests, now)


def _written(row: dict[str, Any]) -> str | None:
    """The answer to one keyword. Of a stranger neither tier nor points are known."""
    to = Addressee(name=row["name"] or "", title=row["title"] or "", tier=row["tier"] or "")
    values = {
        "title_or_name": member_words(to=to)["title_or_name"],
        "balance": "" if row["balance"] is None else str(row["balance"]),
        **{name: row[name] or "" for name in ("tier", "store", "hours", "address", "phone")},
    }
    return answer_text(text=row["text"], values=values, signature=row["signature"])


def _id(reply: Inbound) -> str:
    """The account's own number; where there is none, or one too long to keep, a digest."""
    number = storable(text=reply.gateway_reply_id, longest=LONGEST_REPLY)
    if 0 < len(number) <= _LONGEST_ID:
        return number
    whole = number or f"{reply.phone} {reply.at.timestamp()} {reply.text}"
    return sha256(whole.encode(errors="replace")).hexdigest()


def _phone(reply: Inbound) -> str:
    """As members' numbers are stored, where it is a mobile number; else as it came."""
    try:
        return normalise_phone(text=reply.phone)
    except Refusal:
        return storable(text=reply.phone, longest=_LONGEST_ID).strip()

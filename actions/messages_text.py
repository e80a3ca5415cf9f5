"""What the messages of a chunk say: the chain's texts, read once a chunk, and the notices or the code of each message."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from config.settings import settings
from rules.codes import code_digits, code_key, revealed
from rules.notices import Addressee, DueNotice, Letter, Stationery, compose, compose_code
from rules.refusals import Refusal
from rules.templates import check
from tables.scope import Connection

_NO_CHAIN = ("回头客", "")


async def stationery(*, connection: Connection) -> Stationery:
    """The chain's signature, phone and templates. A template that is off or could not be sent is as if it were missing."""
    chain = await connection.fetchrow("SELECT signature, phone FROM chain") or _NO_CHAIN
    rows = await connection.fetch("SELECT kind, text FROM template WHERE kind IS NOT NULL AND is_active")
    good = {row["kind"]: row["text"] for row in rows if _can_be_sent(kind=row["kind"], text=row["text"])}
    return Stationery(signature=chain[0].strip() or _NO_CHAIN[0], phone=chain[1].strip(), templates=good)


def letter(*, row: Mapping[str, Any], paper: Stationery, leaves_on: date) -> Letter:
    """The message of a row of deed.sends_claim: the text it has already, else its notices as they read on `leaves_on`,
    or its code with the digits hidden.

    A text is kept for as long as it may have left: the same id must never say two things.
    """
    if row["text"] is not None:
        return Letter(text=row["text"], left_out={})
    to = Addressee(name=row["name"] or "", title=row["title"] or "", tier=row["tier"] or "")
    if row["code"] is not None:
        code = json.loads(row["code"])
        return compose_code(stationery=paper, to=to, store=code["store"], minutes=code["minutes"])
    notices = [DueNotice(**notice) for notice in json.loads(row["notices"], parse_float=Decimal)]
    return compose(stationery=paper, to=to, notices=notices, leaves_on=leaves_on)


def spoken(*, row: Mapping[str, Any], text: str) -> str:
    """What the gateway gets of a text that is kept: the same, but for a code with its digits."""
    if row["code"] is None:
        return text
    key = code_key(secret=settings().secret)
    return revealed(text=text, digits=code_digits(key=key, row=json.loads(row["code"])["id"]))


def _can_be_sent(*, kind: str, text: str) -> bool:
    try:
        check(kind=kind, text=text)
    except Refusal:
        return False
    return True

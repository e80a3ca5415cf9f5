"""What the messages of a piece say: the chain's texts, read once, and the notices, the code or the campaign of each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import asyncpg

from config.settings import settings
from gateways.protocol import Message
from rules.codes import code_digits, code_key, revealed
from rules.messages import parts
from rules.notices import Addressee, DueNotice, Letter, Stationery, compose, compose_code
from rules.refusals import Refusal
from rules.templates import check
from tables.scope import Connection

_NO_CHAIN = ("回头客", "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaving:
    """One message that leaves: what the gateway gets of it, the text that is kept (None: the one that is there already), how
    many characters at its end are opt-out words, its parts, and the how-manieth try this is. `bound`: an earlier try may have
    been taken.
    """

    message: Message
    kept: str | None
    ending: int
    parts: int
    tries: int
    bound: bool


@dataclass(kw_only=True, slots=True)
class Piece:
    """Some messages of a chunk. `skips`: those that may not leave, `waits`: those that may later, `parked`: those that may have
    left before and may not be offered again; `left_out`: notices that stay out of theirs.
    """

    leaving: list[Leaving] = field(default_factory=list)
    skips: dict[int, str] = field(default_factory=dict)
    waits: dict[int, datetime] = field(default_factory=dict)
    parked: list[int] = field(default_factory=list)
    left_out: dict[int, str] = field(default_factory=dict)
    taken: int = 0


async def written(
    *, rows: Sequence[asyncpg.Record], connection: Connection, leaves_on: date, ending: str, international: bool
) -> Piece:
    """A piece of the rows of deed.chunk_take; `ending`: the opt-out words of the account that it leaves through."""
    piece = Piece(taken=len(rows))
    paper = None
    for row in map(dict, rows):
        number = row["id"]
        if row["reason"] is not None or row["wait_until"] is not None:
            _stays(piece, row=row)
            continue
        if row["text"] is None and paper is None:
            paper = await stationery(connection=connection)
        letter = _letter(row=row, paper=paper, leaves_on=leaves_on, ending=ending)
        piece.left_out.update(letter.left_out)
        if letter.text is None:
            piece.skips[number] = letter.reason
            continue
        said = spoken(row=row, text=letter.text)
        piece.leaving.append(
            Leaving(
                message=Message(id=number, phone=row["phone"], text=said),
                kept=None if letter.text == row["text"] else letter.text,
                ending=_ending(row=row, ending=ending),
                parts=parts(text=said, international=international),
                tries=row["try"],
                bound=row["bound"],
            )
        )
    return piece


def _stays(piece: Piece, *, row: Mapping[str, Any]) -> None:
    if row["wait_until"] is not None:
        piece.waits[row["id"]] = row["wait_until"]
    elif row["bound"]:
        piece.parked.append(row["id"])
    else:
        piece.skips[row["id"]] = row["reason"]


def _letter(*, row: Mapping[str, Any], paper: Stationery | None, leaves_on: date, ending: str) -> Letter:
    """The message of a row: the text it has already (a campaign's with the account's opt-out words), else its notices as they
    read on `leaves_on`, or its code with the digits hidden.

    A text is kept for as long as it may have left: the same id must never say two things.
    """
    text = row["text"]
    if text is not None:
        if row["class"] == "marketing" and not row["bound"]:
            text = text[: len(text) - row["opt_out_length"]] + ending
        return Letter(text=text, left_out={})
    if paper is None:
        raise ValueError("a message without a text needs the chain's texts")
    to = Addressee(name=row["name"] or "", title=row["title"] or "", tier=row["tier"] or "")
    if row["code"] is not None:
        code = json.loads(row["code"])
        return compose_code(stationery=paper, to=to, kind=code["kind"], store=code["store"], minutes=code["minutes"])
    notices = [DueNotice(**notice) for notice in json.loads(row["notices"], parse_float=Decimal)]
    return compose(stationery=paper, to=to, notices=notices, leaves_on=leaves_on)


def _ending(*, row: Mapping[str, Any], ending: str) -> int:
    if row["class"] != "marketing":
        return 0
    return int(row["opt_out_length"]) if row["bound"] else len(ending)


async def stationery(*, connection: Connection) -> Stationery:
    """The chain's signature, phone and templates. A template that is off or could not be sent is as if it were missing."""
    chain = await connection.fetchrow("SELECT signature, phone FROM chain") or _NO_CHAIN
    rows = await connection.fetch("SELECT kind, text FROM template WHERE kind IS NOT NULL AND is_active")
    good = {row["kind"]: row["text"] for row in rows if _can_be_sent(kind=row["kind"], text=row["text"])}
    return Stationery(signature=chain[0].strip() or _NO_CHAIN[0], phone=chain[1].strip(), templates=good)


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

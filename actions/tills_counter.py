"""What all deeds of tills have in common: their scope, their answers, and how they say no."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple

import asyncpg

from actions.keys import KeyIdentity
from actions.members_lookup import not_found
from actions.rights import rights_refused
from rules.refusals import Refusal
from tables.scope import Connection, scope

A_MINUTE, AN_HOUR = 60, 3600


class Said(NamedTuple):
    """What a till is answered: `body` is the JSON text that was kept; not `created`: the same question had been asked before."""

    created: bool
    body: str


class Later(Refusal):
    """A no for now: after `seconds` it makes sense to ask again."""

    seconds = AN_HOUR


class TooLarge(Refusal):
    """A no of the database to a figure that its columns do not hold: each may be good, and their sum is not."""


def later(refusal: Refusal, *, seconds: int) -> Later:
    """The same no, with the time after which to ask again."""
    found = Later(refusal.code, refusal.en, refusal.zh)
    found.seconds = seconds
    return found


@asynccontextmanager
async def counter(*, who: KeyIdentity, stores: Collection[int]) -> AsyncIterator[Connection]:
    """A scope of a key in these stores (ids), committed also when the deed inside is refused; the Refusal goes on."""
    no: Refusal | None = None
    async with scope(role="till", stores=stores, key=who.id, address=who.address) as connection:
        try:
            with rights_refused():
                yield connection
        except Refusal as refusal:
            no = refusal
        except asyncpg.NumericValueOutOfRangeError:
            no = TooLarge(*_TOO_LARGE)
    if no is not None:
        raise no


def missed(outcome: str) -> Refusal:
    """What a look-up that found nobody is answered."""
    refusal = not_found(outcome=outcome)
    return later(refusal, seconds=AN_HOUR) if outcome == "too_many" else refusal


async def priced(refusal: Refusal, *, who: KeyIdentity, phone: str, now: datetime) -> Refusal:
    """The no to a deed on the member of a phone (E.164), after the deed's own scope. A deed that was done leaves a receipt; one that
    was refused has told that there is such a member, and costs a look-up.
    """
    if refusal.code in _TOLD_NOTHING:
        return refusal
    async with counter(who=who, stores=who.stores.values()) as connection:
        outcome: str = await connection.fetchval(_FIND, phone, now)
    return missed(outcome) if outcome == "too_many" else refusal


_FIND = "SELECT outcome FROM deed.member_find($1, $2)"
# What a miss cost is paid; a code that was sent is a receipt, too; the others are said before anybody is looked for.
_TOLD_NOTHING = {"unknown_member", "code_required", "unauthorized", "foreign_store", "not_allowed", "no_program"}
_TOO_LARGE = (
    "bad_amount",
    "With this the member's figures would be larger than can be kept: correct the amounts.",
    "金额过大，累计后超出可记录的范围：请更正金额。",
)

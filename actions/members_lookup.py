"""Reaching a member by full phone. Who may, and how often, is in tables/sql/members.sql."""

from dataclasses import dataclass
from datetime import datetime

import structlog

from actions.rights import rights_refused
from rules.phones import normalise_phone
from rules.refusals import Refusal
from tables.scope import current

LOG = structlog.get_logger("members")
_FIND = "SELECT outcome, member FROM deed.member_find($1, $2)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A member that was found; `own` when this caller sees all of the member: one of the own stores, or anyone for HQ."""

    member: int
    own: bool


async def find(*, phone: str, now: datetime, staff: int | None) -> Found:  # noqa: ARG001  the scope says who asks, nobody else
    """The member of a phone number as people write it. A member of another store costs one look-up, a number that nobody
    has costs three; 60 an hour and 300 a day are free to each person (`staff`, of whom the scope's word counts).

    Raises Refusal bad_phone, unknown_member, too_many, not_allowed. What a miss costs is written before it is refused: the
    caller catches unknown_member inside its scope, so that the scope is committed.
    """
    with rights_refused():
        row = await current().fetchrow(_FIND, normalise_phone(text=phone), now)
    assert row is not None  # noqa: S101  one question, one answer
    if row["outcome"] not in {"own", "found"}:
        raise not_found(outcome=row["outcome"])
    return Found(member=row["member"], own=row["outcome"] == "own")


def not_found(*, outcome: str) -> Refusal:
    """What a look-up that found nobody (`missing`, `too_many`) is answered; the log warns of who asks too much."""
    if outcome == "too_many":
        LOG.warning("look-ups used up")
        return Refusal(
            code="too_many",
            en="You have looked up too many numbers that are not of your stores: wait an hour, or ask headquarters.",
            zh="您查询非本店会员的次数过多：请一小时后再试，或联系总部。",
        )
    return Refusal(
        code="unknown_member",
        en="No member has this phone number: look whether it is written correctly.",
        zh="没有使用该手机号的会员：请检查号码是否正确。",
    )

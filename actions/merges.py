"""Two files of one person become one. What the database does is in tables/sql/merges.sql."""

import re
from dataclasses import dataclass
from datetime import date, datetime

import asyncpg

from actions.members_lookup import find
from actions.rights import rights_refused
from queries.merges import foreign_member, phone_of
from rules.refusals import Refusal
from rules.suppression import phone_hmac
from tables.scope import current

_NUMBER = re.compile(r"[#＃]([0-9]{1,18})")
_SEEN = "SELECT id FROM member WHERE id = $1"
_MERGE = "SELECT * FROM deed.members_merge($1, $2, $3, $4, $5)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Merged:
    """`points`: what the file that ended was worth (below zero: it owed); `receipts`: its sales; `cancelled`: messages that
    waited for its number.
    """

    kept: int
    gone: int
    points: int
    receipts: int
    cancelled: int


async def file_of(*, who: str, now: datetime, staff: int | None) -> int:
    """The file (id) of a phone number, or of a number such as #12 where there is no phone (any more). What a look-up costs is
    kept, as in actions/members_lookup.py.

    Raises Refusal bad_phone, unknown_member, too_many, foreign_member, not_allowed.
    """
    number = _NUMBER.fullmatch(who.strip())
    if number is None:
        return (await find(phone=who, now=now, staff=staff)).member
    seen: int | None = await current().fetchval(_SEEN, int(number[1]))
    if seen is None:
        raise foreign_member()
    return seen


async def merge(*, kept: int, gone: int, secret: str, business_date: date, now: datetime) -> Merged:
    """The file `gone` (id) ends and all that it holds is `kept`'s: points with their days, receipts, the higher tier, the newest
    answers. For good. `secret` is the installation's, for the digest of a number that said no.

    Raises Refusal unknown_member, same_member, merged_before, erased, no_phone, erasing, busy, foreign_store, not_allowed; the
    scope is then good for nothing more.
    """
    try:
        with rights_refused():
            phone = await phone_of(member=gone)
            digest = phone_hmac(secret=secret, phone=phone) if phone else None
            row = await current().fetchrow(_MERGE, kept, gone, digest, business_date, now)
    except asyncpg.DeadlockDetectedError as error:
        raise _refusal("busy") from error
    assert row is not None  # noqa: S101  one question, one answer
    if row["outcome"] != "merged":
        raise _refusal(row["outcome"], whose=row["whose"])
    return Merged(
        kept=kept, gone=gone, points=row["points"], receipts=row["receipts"], cancelled=row["cancelled"]
    )  # fmt: skip


_REFUSED = {
    "unknown_member": ("unknown_member", "There is no such member.", "没有该会员。"),
    "same": (
        "same_member",
        "Both numbers are of one and the same file: there is nothing to merge.",
        "两个号码属于同一份档案：无需合并。",
    ),
    "merged_before": (
        "merged_before",
        "One of the files was merged before, into member {whose}: look the person up there.",
        "其中一份档案此前已并入会员 {whose}：请查询该会员。",
    ),
    "erased": ("erased", "One of the members was erased: nothing can be merged.", "其中一位会员已注销：不能合并。"),
    "no_phone": (
        "no_phone",
        "The file to keep has no phone number: keep the one that has.",
        "要保留的档案没有手机号：请保留有手机号的那一份。",
    ),
    "erasing": (
        "erasing",
        "One of them has asked to be erased: settle or withdraw that request first.",
        "其中一位会员已申请注销：请先处理或撤回该申请。",
    ),
    "busy": (
        "busy",
        "Somebody else is changing one of the files: try again in a moment.",
        "其他操作正在更改其中一份档案：请稍后重试。",
    ),
}


def _refusal(outcome: str, *, whose: int | None = None) -> Refusal:
    code, en, zh = _REFUSED[outcome]
    return Refusal(code, en.format(whose=whose), zh.format(whose=whose))


SAME_FILE = _refusal("same")

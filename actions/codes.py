"""The code that a member reads out before points are spent: sent to the phone, and verified (design 4.3).

Who redeems holds to one order, all in one scope:

    code = await verify_code(...)            # what a wrong guess costs is written here
    async with sent_when_required(...), savepoint:
        await redeem(..., code=code)

The scope is committed although a Refusal ended it: else a wrong guess would cost nothing, and no code would be sent.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from actions.rights import rights_refused
from config.settings import settings
from rules.codes import DIGITS, code_key, is_code, typed_code
from rules.refusals import Refusal
from tables.scope import current

_ASK = "SELECT outcome, until FROM deed.code_ask($1, $2, $3)"
_CANDIDATES = "SELECT id, alive FROM deed.code_candidates($1, $2, $3, $4)"
_MISSED = "SELECT deed.code_missed($1, $2, $3)"


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeAsked:
    """`sent`: a text leaves now; else one is on its way or arrived a moment ago. The code is good until `until` (aware)."""

    sent: bool
    until: datetime


async def ask_code(*, member: int, store: int, now: datetime) -> CodeAsked:
    """Sends a code to the member (id), good for a redemption in this store (id). A code that is good for two more minutes is
    sent again, with the same digits; at most one text a minute and 5 in 24 hours to each phone, and 20 codes that nobody
    used within an hour from one address for one store.

    After the commit the caller wakes a worker (`tasks.messages.hand_over_soon`), or the clock does within seconds. Raises
    Refusal code_unreachable, too_many, unknown_member, unknown_store, foreign_store, not_allowed.
    """
    try:
        with rights_refused():
            row = await current().fetchrow(_ASK, member, store, now)
    except asyncpg.ForeignKeyViolationError as error:
        raise _refusal("unknown_store") from error
    assert row is not None  # noqa: S101  one question, one answer
    if row["outcome"] not in {"sent", "known"}:
        raise _refusal(row["outcome"])
    return CodeAsked(sent=row["outcome"] == "sent", until=row["until"])


async def verify_code(*, member: int, store: int, code: str, reference: str, now: datetime) -> int | None:
    """The row (id) of the code that a member read out, for `redeem` to use up; None where nothing was typed. `reference` is
    `<store id>:<the till's own>` of the redemption: what was redeemed with this code before may be sent again with it.

    A wrong code counts: after 5 a new one has to be asked for. That is written before the Refusal is raised, so the caller
    stands outside the savepoint of the redemption and commits the scope. Until then nobody else can use the member's codes.
    Raises Refusal code_wrong, code_expired, foreign_store, not_allowed.
    """
    if not code.strip():
        return None
    digits, key = typed_code(text=code), code_key(secret=settings().secret)
    with rights_refused():
        rows = await current().fetch(_CANDIDATES, member, store, now, reference)
        alive = [row["id"] for row in rows if row["alive"]]
        if digits is None and alive:
            raise _refusal("code_malformed")  # a slip of the fingers is no guess
        found = [row["id"] for row in rows if digits is not None and is_code(key=key, row=row["id"], digits=digits)]
        if found:
            return int(found[0])
        if not alive:
            raise _refusal("code_expired")
        left: int = await current().fetchval(_MISSED, member, store, now)
    raise _wrong(left)


@asynccontextmanager
async def sent_when_required(*, member: int, store: int, now: datetime) -> AsyncIterator[None]:
    """Around a redemption and its savepoint: where it needs a code, one is sent, and the Refusal code_required says so.

    The caller commits the scope, as for `ask_code`, of which all refusals may come instead.
    """
    try:
        yield
    except Refusal as refusal:
        if refusal.code != "code_required":
            raise
        asked = await ask_code(member=member, store=store, now=now)
        raise _refusal("code_sent" if asked.sent else "code_known") from refusal


def _wrong(left: int) -> Refusal:
    if left == 0:
        return Refusal(
            code="code_wrong",
            en="The code is wrong, and was wrong too often: ask for a new one.",
            zh="验证码错误，且错误次数过多：请重新获取验证码。",
        )
    return Refusal(
        code="code_wrong",
        en=f"The code is wrong: ask the member to read it out again. Tries left: {left}.",
        zh=f"验证码错误：请会员再读一遍，还可尝试 {left} 次。",
    )


_REFUSED = {
    "unknown_member": ("unknown_member", "There is no such member.", "没有该会员。"),
    "unknown_store": ("unknown_store", "There is no such store.", "没有该门店。"),
    "unreachable": (
        "code_unreachable",
        "No code can be sent: the member has no phone number that works. Correct the number first.",
        "无法发送验证码：该会员没有可用的手机号。请先更正手机号。",
    ),
    "soon": (
        "too_many",
        "This member was sent a code less than a minute ago: wait a minute, then ask again.",
        "一分钟内已给该会员发过验证码：请稍等一分钟再试。",
    ),
    "often": (
        "too_many",
        "This phone was sent 5 codes in 24 hours: redeem fewer points, or come back tomorrow.",
        "24 小时内已给该手机发送 5 条验证码：请减少使用的积分，或明天再来。",
    ),
    "crowded": (
        "too_many",
        "20 codes were asked for here within an hour and not used: use those that were sent, or wait an hour.",
        "本店一小时内已有 20 个验证码发出后未使用：请先使用已发送的验证码，或一小时后再试。",
    ),
    "code_malformed": (
        "code_wrong",
        f"A code has {DIGITS} digits: look at the newest text on the member's phone.",
        f"验证码为 {DIGITS} 位数字：请查看会员手机上最新的短信。",
    ),
    "code_expired": (
        "code_expired",
        "No code is good any more: it is over, was used, or was wrong too often. Ask for a new one.",
        "验证码已失效（超时、已使用或错误次数过多）：请重新获取。",
    ),
    "code_sent": (
        "code_required",
        "A code was sent to the member's phone: ask for it and send it along.",
        "验证码已发送至会员手机：请向会员询问，填写后再次提交。",
    ),
    "code_known": (
        "code_required",
        "A code is on its way to the member's phone, or has just arrived: ask for it and send it along.",
        "验证码刚刚已发送至会员手机：请向会员询问，填写后再次提交。",
    ),
}


def _refusal(outcome: str) -> Refusal:
    return Refusal(*_REFUSED[outcome])

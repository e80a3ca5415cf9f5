"""A member's new number, and a number that has another owner by now: proven by a code sent there (tables/sql/numbers.sql).

As with codes of redemptions, what a wrong guess costs is written before the Refusal is raised: the caller commits the scope.
"""

from datetime import datetime
from typing import Literal

from actions.members_lookup import not_found
from actions.rights import rights_refused
from config.settings import settings
from rules.codes import DIGITS, code_key, is_code, typed_code
from rules.phones import normalise_phone
from rules.refusals import Refusal
from tables.scope import current

_ASK = "SELECT outcome, until FROM deed.number_ask($1, $2, $3, $4)"
_CANDIDATES = "SELECT id FROM deed.number_candidates($1, $2, $3, $4) AS id"
_MISSED = "SELECT deed.number_missed($1, $2, $3, $4)"
_PROVE = "SELECT deed.number_prove($1, $2, $3)"
_SHOP = """
SELECT o.name, coalesce((SELECT nullif(btrim(c.signature), '') FROM chain c LIMIT 1), '回头客') AS signature FROM store o WHERE o.id = $1
"""


async def ask_number(*, member: int, store: int, phone: str, now: datetime) -> datetime:
    """Sends a code to a number that shall become the member's (id), or that is theirs and shall be given up; at most one
    a minute and 5 in 24 hours, and 20 an hour from one store that were not used. Whether another member has the number is told at
    the price of a look-up, which is written before it is refused. Returns until when (aware) the code is good.

    After the commit the caller wakes a worker, or the clock does. Raises Refusal bad_phone, unknown_member, number_taken,
    too_many, foreign_store, not_allowed.
    """
    with rights_refused():
        row = await current().fetchrow(_ASK, member, store, normalise_phone(text=phone), now)
    assert row is not None  # noqa: S101  one question, one answer
    if row["outcome"] == "looked":
        raise not_found(outcome="too_many")
    if row["outcome"] != "sent":
        raise _refusal(row["outcome"])
    until: datetime = row["until"]
    return until


async def prove_number(
    *, member: int, store: int, phone: str, code: str, now: datetime
) -> Literal["moved", "released"]:
    """The number is proven by the code that was read from it: it is the member's now, and the old one is told so by text; or
    it was theirs and is free for somebody else. Consents stay with the member, refusals of numbers with the numbers.

    Raises Refusal bad_phone, code_wrong, code_expired, number_taken, foreign_store, not_allowed.
    """
    number, digits = normalise_phone(text=phone), typed_code(text=code)
    if digits is None:
        raise _refusal("malformed")  # a slip of the fingers is no guess
    key = code_key(secret=settings().secret)
    with rights_refused():
        rows = await current().fetch(_CANDIDATES, member, store, number, now)
        if not rows:
            raise _refusal("spent")
        right = next((row["id"] for row in rows if is_code(key=key, row=row["id"], digits=digits)), None)
        if right is None:
            left = await current().fetchval(_MISSED, member, store, number, now)
            raise _wrong(left)
        outcome = await current().fetchval(_PROVE, right, await _farewell(store=store, number=number), now)
    if outcome not in {"moved", "released"}:
        raise _refusal(outcome)
    return "moved" if outcome == "moved" else "released"


async def _farewell(*, store: int, number: str) -> str:
    """What the old number is told, in case its owner knows nothing of it."""
    shop = await current().fetchrow(_SHOP, store)
    name, signature = (shop["name"], shop["signature"]) if shop else ("", "")
    return (
        f"【{signature}】您的会员手机号已更换为尾号{number[-4:]}的号码。如非本人操作，请尽快联系{name.strip('【】')}。"
    )


def _wrong(left: int) -> Refusal:
    return Refusal(
        "code_wrong",
        f"The code is wrong. Tries left: {left}; then ask for a new one.",
        f"验证码错误，还可尝试 {left} 次，之后须重新获取。",
    )


_REFUSED = {
    "unknown_member": ("unknown_member", "There is no such member.", "没有该会员。"),
    "taken": (
        "number_taken",
        "Another member has this number. If it has a new owner by now, release it first (form “Release a number”).",
        "该号码属于另一位会员。如号码已换主人，请先用“释放号码”表单核实后释放。",
    ),
    "soon": (
        "too_many",
        "This number was sent a code less than a minute ago: wait a minute.",
        "一分钟内已给该号码发过验证码：请稍等一分钟。",
    ),
    "often": (
        "too_many",
        "This number was sent 5 codes in 24 hours: come back tomorrow.",
        "24 小时内已给该号码发送 5 条验证码：请明天再来。",
    ),
    "crowded": (
        "too_many",
        "20 codes were sent from here within an hour and not used: wait an hour.",
        "本店一小时内已有 20 个验证码发出后未使用：请一小时后再试。",
    ),
    "malformed": (
        "code_wrong",
        f"A code has {DIGITS} digits: look at the newest text on that phone.",
        f"验证码为 {DIGITS} 位数字：请查看该手机上最新的短信。",
    ),
    "spent": (
        "code_expired",
        "No code is good any more: it is over, was used, or was wrong too often. Leave the code empty to get a new one.",
        "验证码已失效（超时、已使用或错误次数过多）：验证码留空提交可重新获取。",
    ),
}


def _refusal(outcome: str) -> Refusal:
    return Refusal(*_REFUSED[outcome])

"""The database's no to a role or a store, as a Refusal."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from rules.refusals import Refusal


@contextmanager
def rights_refused() -> Iterator[None]:
    """Around a deed. Raises Refusal foreign_store, not_allowed, over_limit, needs_approval, own_approval, merged,
    unauthorized, too_many; the scope is then good
    for nothing more.
    """
    try:
        yield
    except asyncpg.InsufficientPrivilegeError as error:
        # Where a deed refuses, it is about the store unless it says more; without a deed the role may not even call it.
        code = error.detail or ("foreign_store" if error.context else "not_allowed")
        raise _refusal(code, error.hint or "0") from error


_REFUSED = {
    "foreign_store": (
        "This is not one of your stores: choose a store of yours.",
        "这不是您的门店：请选择您所属的门店。",
    ),
    "needs_approval": (
        "Headquarters lets the campaigns of stores go: hand it in for review.",
        "门店的活动须由总部批准后发送：请提交审核。",
    ),
    "own_approval": (
        "Nobody approves a campaign of their own: ask a colleague at headquarters.",
        "不能审批自己创建的活动：请总部的其他同事审批。",
    ),
    "merged": (
        "This member was merged into another one a moment ago: look them up again.",
        "该会员刚刚并入了另一份档案：请重新查询。",
    ),
    "too_many": (
        "You have asked for too many numbers that nobody has: wait a day, or ask headquarters.",
        "您查询无人使用的号码次数过多：请一天后再试，或联系总部。",
    ),
    "unauthorized": (
        "This key is not good any more: ask headquarters for a new one.",
        "该密钥已失效：请向总部索取新密钥。",
    ),
    "not_allowed": ("Your role may not do that: ask a manager.", "您的角色无权进行此操作：请联系主管。"),
}


def _refusal(code: str, limit: str) -> Refusal:
    if code == "over_limit":
        return Refusal(
            code=code,
            en=f"A store manager adjusts at most {limit} points at once: ask headquarters for more.",
            zh=f"店长每次最多调整 {limit} 积分：更多请联系总部。",
        )
    known = code if code in _REFUSED else "not_allowed"
    en, zh = _REFUSED[known]
    return Refusal(code=known, en=en, zh=zh)

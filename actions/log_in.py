"""Proving who one is, with a limit on how often it may go wrong: at the log-in desk and wherever a password is asked again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from rules.log_in import Tries
from rules.refusals import Refusal

# Of this process: several web processes grant that much each.
TRIES = Tries()
WRONG = {"wrong_password", "factor_wrong", "factor_used", "clock_skewed"}


@asynccontextmanager
async def counted(*, username: str, address: str, now: datetime) -> AsyncIterator[None]:
    """Around a deed that asks for a password or a code once more. Raises Refusal too_many before it."""
    wait = TRIES.start(username=username, address=address, now=now)
    if wait:
        raise too_many(seconds=wait)
    try:
        yield
    except Refusal as refusal:
        if refusal.code not in WRONG:
            TRIES.undo(username=username, address=address)
        raise
    TRIES.right(username=username, address=address)


def too_many(*, seconds: int) -> Refusal:
    """Said of every name alike, whether anybody bears it or not."""
    minutes = -(-seconds // 60)
    return Refusal(
        "too_many",
        f"Too many wrong attempts: try again in {minutes} min, or ask head office for a new password.",
        f"错误次数过多：请 {minutes} 分钟后再试，或请总部管理员重设密码。",
    )

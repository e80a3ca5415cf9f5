"""The database's no to a role or a store, as a Refusal."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from rules.points import MOST_BY_MANAGER
from rules.refusals import Refusal


@contextmanager
def rights_refused() -> Iterator[None]:
    """Around a deed. Raises Refusal foreign_store, not_allowed, over_limit; the scope is then good for nothing more."""
    try:
        yield
    except asyncpg.InsufficientPrivilegeError as error:
        # Where a deed refuses, it is about the store unless it says more; without a deed the role may not even call it.
        raise _refusal(error.detail or ("foreign_store" if error.context else "not_allowed")) from error


def _refusal(code: str) -> Refusal:
    match code:
        case "over_limit":
            return Refusal(
                code=code,
                en=f"A store manager adjusts at most {MOST_BY_MANAGER} points at once: ask headquarters for more.",
                zh=f"店长每次最多调整 {MOST_BY_MANAGER} 积分：更多请联系总部。",
            )
        case "foreign_store":
            return Refusal(
                code=code,
                en="This is not one of your stores: choose a store of yours.",
                zh="这不是您的门店：请选择您所属的门店。",
            )
        case _:
            return Refusal(
                code="not_allowed",
                en="Your role may not do that: ask a manager.",
                zh="您的角色无权进行此操作：请联系主管。",
            )

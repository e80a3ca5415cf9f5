"""Pages of ours that want a log-in share the back office's: who is it, else off to the log-in."""

from datetime import UTC, datetime

import structlog
from litestar.connection import Request
from litestar.datastructures import State
from litestar.exceptions import NotAuthorizedException
from litestar.response import Redirect

from queries.staff import Identity, identify

ACCOUNT = "/account"


class PasswordIsTemporary(NotAuthorizedException):
    """Somebody whose password was made for them: they choose one of their own first."""


class SecondFactorMissing(NotAuthorizedException):
    """Somebody who must set one up before anything else."""


async def staff(request: Request[None, None, State]) -> Identity:
    """Dependency `staff`: who is logged in. Raises NotAuthorizedException."""
    token = request.cookies.get("id", "")
    # What a page asks for by itself, its `part`, keeps nobody logged in.
    by_hand = "part" not in request.query_params
    who = await identify(token=token, now=datetime.now(UTC), by_hand=by_hand) if token else None
    if who is None:
        raise NotAuthorizedException
    if who.password_is_temporary:
        raise PasswordIsTemporary
    path = request.scope["path"]
    if who.second_factor_missing and path != ACCOUNT and not path.startswith(f"{ACCOUNT}/"):
        raise SecondFactorMissing
    structlog.contextvars.bind_contextvars(staff=who.staff)
    return who


def to_login(_: Request[None, None, State], error: NotAuthorizedException) -> Redirect:
    """Where somebody goes who has not shown who they are. Never where the request says: that could be anywhere."""
    return Redirect(_FIRST.get(type(error), "/admin/#/login/"))


_FIRST: dict[type[NotAuthorizedException], str] = {
    SecondFactorMissing: ACCOUNT,
    PasswordIsTemporary: "/admin/#/change-password/",
}

"""Pages of ours that want a log-in share the back office's: who is it, else off to the log-in."""

from datetime import UTC, datetime

import structlog
from litestar.connection import Request
from litestar.datastructures import State
from litestar.exceptions import NotAuthorizedException
from litestar.response import Redirect

from queries.staff import Identity, identify


async def staff(request: Request[None, None, State]) -> Identity:
    """Dependency `staff`: who is logged in. Raises NotAuthorizedException."""
    token = request.cookies.get("id", "")
    # Piccolo keeps a session's end in the server's own local time.
    who = await identify(token=token, now=datetime.now(UTC).astimezone().replace(tzinfo=None)) if token else None
    if who is None or who.password_is_temporary:
        raise NotAuthorizedException
    structlog.contextvars.bind_contextvars(staff=who.staff)
    return who


def to_login(_: Request[None, None, State], __: NotAuthorizedException) -> Redirect:
    """Where somebody goes who has not shown who they are."""
    return Redirect("/admin/#/login/")

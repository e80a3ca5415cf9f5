"""The API as one router: every address in it asks for a key."""

from typing import Any

from litestar import Request, Router
from litestar.di import Provide

from web.api.door import Caller, Door
from web.api.members import get_member, post_member
from web.api.problems import HANDLERS
from web.api.purchases import post_batch, post_purchase, post_refund
from web.api.redemptions import delete_redemption, post_redemption

V1 = "/api/v1"
MOST_BYTES = 1_000_000


def routes(*, rate: int) -> Router:
    """`rate`: requests a minute that each key may make of this process."""
    door = Door(rate=rate)

    async def key(request: Request[Any, Any, Any]) -> Caller:
        # A function, for Litestar copies what is bound to an object: one door for each route would not do.
        return await door.key(request)

    return Router(
        V1,
        route_handlers=[
            post_member,
            get_member,
            post_purchase,
            post_batch,
            post_refund,
            post_redemption,
            delete_redemption,
        ],
        dependencies={"key": Provide(key)},
        exception_handlers=HANDLERS,
        request_max_body_size=MOST_BYTES,
        tags=["v1"],
    )

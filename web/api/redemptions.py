"""/api/v1/redemptions: points spent, and given back."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Request, Response, delete, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from actions.tills import cancel, redemption
from actions.tills_counter import Said
from config.settings import settings
from rules.calendar import business_date
from web.api.answers import Cancelled, Redeemed
from web.api.bodies import RedemptionBody
from web.api.door import Caller
from web.api.reading import read, segment, spending
from web.api.telling import answered, problems, sent_code

_REDEMPTION = msgspec.json.Decoder(RedemptionBody)


@post("/redemptions", responses=problems(200, 403, 404, 409, 422, known=Redeemed), summary="兑换 Redeem points")
async def post_redemption(request: Request[Any, Any, Any], key: NamedDependency[Caller]) -> Response[Redeemed]:
    """Points, or a reward by its name. `code_required`: a code was sent to the member's phone; send it along."""
    said = await read(request, _REDEMPTION)
    store = await key.store(said.store)
    now = datetime.now(UTC)
    async with sent_code():
        return answered(
            await redemption(
                who=key.who, store=store, reference=said.reference, phone=said.member_phone, spending=spending(said), now=now,
                today=business_date(at=now, zone=settings().zone),
            )
        )  # fmt: skip


@delete(
    "/redemptions/{reference:str}",
    status_code=200,
    responses=problems(403, 404),
    summary="撤销兑换 Take a redemption back",
)
async def delete_redemption(
    request: Request[Any, Any, Any],
    reference: FromPath[str],  # noqa: ARG001  read from the path as it was sent
    key: NamedDependency[Caller],
    store: FromQuery[str | None] = None,
) -> Response[Cancelled]:
    """What is left of it is given back; again the same answer. A store's own key need not say the store."""
    shop = await key.store(store)
    today = business_date(at=datetime.now(UTC), zone=settings().zone)
    said = await cancel(who=key.who, store=shop, reference=segment(request, place=4), today=today)
    return answered(Said(created=False, body=said.body))

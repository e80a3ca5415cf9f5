"""/api/v1/members: who is a member, and how they stand."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from actions.tills import card, join
from config.settings import settings
from rules.calendar import business_date
from web.api.answers import Card
from web.api.bodies import MemberBody
from web.api.door import Caller
from web.api.reading import read, segment
from web.api.telling import answered, problems

_MEMBER = msgspec.json.Decoder(MemberBody)


@post("/members", responses=problems(200, 403, 404, 409, 422, known=Card), summary="开通会员 Make a member")
async def post_member(request: Request[Any, Any, Any], key: NamedDependency[Caller]) -> Response[Card]:
    """A known phone is shown and nothing of the member is changed; in another store that costs a look-up."""
    said = await read(request, _MEMBER)
    store = await key.store(said.home_store)
    now = datetime.now(UTC)
    return answered(
        await join(
            who=key.who, store=store, phone=said.phone, name=said.name, title=said.title or "", birthday=said.birthday,
            referrer_phone=said.referrer_phone,
            consents={consent.purpose: consent.text_version for consent in said.consents},
            now=now, today=business_date(at=now, zone=settings().zone),
        )
    )  # fmt: skip


@get("/members/{phone:str}", responses=problems(404, 422), summary="查会员 Show a member")
async def get_member(
    request: Request[Any, Any, Any],
    phone: FromPath[str],  # noqa: ARG001  read from the path as it was sent
    key: NamedDependency[Caller],
) -> Response[Card]:
    """Of another store's member only 张*, tier and spendable points, at the price of a look-up: 60 an hour, 300 a day."""
    now = datetime.now(UTC)
    today = business_date(at=now, zone=settings().zone)
    return answered(await card(who=key.who, phone=segment(request, place=4), now=now, today=today))

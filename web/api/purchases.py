"""/api/v1/purchases: receipts, refunds, and what waited while a till was offline."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from actions.tills import refund
from actions.tills_counter import Said
from actions.tills_purchases import Receipt, post_apart, post_spending
from config.settings import settings
from rules.calendar import business_date
from rules.refusals import Refusal
from web.api.answers import Batch, Purchased, Refunded
from web.api.bodies import BatchBody, PurchaseBody, ReceiptBody, RefundBody
from web.api.door import Caller
from web.api.problems import problem
from web.api.reading import money, read, receipt, refund_lines, segment, spending
from web.api.telling import KNOWN, MADE, answered, problems, sent_code

_PURCHASE = msgspec.json.Decoder(PurchaseBody)
_BATCH = msgspec.json.Decoder(BatchBody)
_REFUND = msgspec.json.Decoder(RefundBody)


@post("/purchases", responses=problems(200, 403, 404, 409, 422, known=Purchased), summary="记消费 Record a purchase")
async def post_purchase(request: Request[Any, Any, Any], key: NamedDependency[Caller]) -> Response[Purchased]:
    """The same receipt again gets the same answer, with other content 409. An unknown sku or category is made."""
    said = await read(request, _PURCHASE)
    now, zone = datetime.now(UTC), settings().zone
    today = business_date(at=now, zone=zone)
    one = receipt(said, store=await key.store(said.store), zone=zone, now=now)
    if said.redeem is None:
        return answered(await key.together.post(who=key.who, receipt=one, now=now, today=today))
    async with sent_code():
        return answered(
            await post_spending(who=key.who, receipt=one, spending=spending(said.redeem), now=now, today=today)
        )


@post("/purchases/batch", status_code=200, responses=problems(403, 404), summary="批量记消费 Record many purchases")
async def post_batch(request: Request[Any, Any, Any], key: NamedDependency[Caller]) -> Response[Batch]:
    """Up to 500 receipts of a till that was offline, taken in the order of their times, each whole or not at all. Each result
    has the status and the body that the receipt would have got alone, balances as they are after the batch. Send it again
    when in doubt.
    """
    said = await read(request, _BATCH)
    now = datetime.now(UTC)
    stores = {code: await _store(key, code) for code in {one.store for one in said.purchases}}
    asked = [_asked(one, store=stores[one.store], now=now) for one in said.purchases]
    good = [one for one in asked if isinstance(one, Receipt)]
    posted = iter(
        await post_apart(who=key.who, receipts=good, now=now, today=business_date(at=now, zone=settings().zone))
        if good
        else ()
    )
    answers = [next(posted) if isinstance(one, Receipt) else one for one in asked]
    results = [_result(one.receipt_no, answer) for one, answer in zip(said.purchases, answers, strict=True)]
    return answered(Said(created=False, body=msgspec.json.encode({"results": results}).decode()))


@post(
    "/purchases/{receipt_no:str}/refunds",
    responses=problems(200, 403, 404, 409, 422, known=Refunded),
    summary="退货 Refund a purchase",
)
async def post_refund(
    request: Request[Any, Any, Any],
    receipt_no: FromPath[str],  # noqa: ARG001  read from the path as it was sent
    key: NamedDependency[Caller],
) -> Response[Refunded]:
    """Of an amount, of lines, or, with neither, of all that is left. `sold_at`: the store that sold, where it is another one."""
    said = await read(request, _REFUND)
    store = await key.store(said.store)
    now = datetime.now(UTC)
    return answered(
        await refund(
            who=key.who, store=store, refund_no=said.refund_no, sold_at=said.sold_at or said.store,
            receipt_no=segment(request, place=4), amount=None if said.amount is None else money(said.amount),
            lines=refund_lines(said.lines), now=now, today=business_date(at=now, zone=settings().zone),
        )
    )  # fmt: skip


async def _store(key: Caller, code: str) -> int | Refusal:
    try:
        return await key.store(code)
    except Refusal as refusal:
        return refusal


def _asked(one: ReceiptBody, *, store: int | Refusal, now: datetime) -> Receipt | Refusal:
    try:
        return store if isinstance(store, Refusal) else receipt(one, store=store, zone=settings().zone, now=now)
    except Refusal as refusal:
        return refusal


def _result(receipt_no: str, answer: Said | Exception) -> dict[str, Any]:
    if isinstance(answer, Said):
        body = msgspec.json.decode(answer.body)
        return {"receipt_no": receipt_no, "status": MADE if answer.created else KNOWN, **body}
    if isinstance(answer, Refusal):
        return {"receipt_no": receipt_no, **problem(answer)}
    raise answer

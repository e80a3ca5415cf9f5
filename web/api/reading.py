"""A request's body and path as what they mean. Raises Refusal."""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request

from actions.purchases import MOST_MONEY, Line
from actions.refunds import RefundLine
from actions.tills import Spending
from actions.tills_purchases import Receipt, checked_line, checked_receipt
from rules.cells import parse_instant
from rules.refusals import Refusal
from web.api.bodies import LineBody, ReceiptBody, RefundLineBody, SpendingBody

Body = TypeVar("Body")
_MONEY = re.compile(r"-?[0-9]{1,10}(?:\.[0-9]{1,2})?")
_QUOTED = 40


async def read(request: Request[Any, Any, Any], decoder: msgspec.json.Decoder[Body]) -> Body:
    """The body, exactly as asked for. Raises Refusal malformed."""
    body = await request.body()
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise malformed(str(error)) from None


def malformed(why: str) -> Refusal:
    """The no to a body that is not the JSON asked for, with msgspec's own words."""
    if "`float`" in why and why.endswith(".amount`"):
        return Refusal(
            "malformed",
            'Money is a string such as "12.50", or a whole number: a number with a point is not exact.',
            '金额请用字符串（如 "12.50"）或整数：带小数点的 JSON 数字不精确。',
        )
    return Refusal(
        "malformed", f"The body is not the JSON that is asked for here: {why}.", f"请求正文不是所要求的 JSON：{why}。"
    )


def segment(request: Request[Any, Any, Any], *, place: int) -> str:
    """A segment of the path as it was sent, with what stands in it for a slash."""
    raw: bytes = request.scope["raw_path"]
    return unquote_to_bytes(raw.split(b"/")[place]).decode("utf-8", "replace")


@lru_cache(maxsize=16_384)
def money(said: str | int) -> Decimal:
    """Yuan. Raises Refusal bad_amount."""
    if isinstance(said, int):
        if abs(said) <= MOST_MONEY:
            return Decimal(said)
    elif _MONEY.fullmatch(said):
        return Decimal(said)
    shown = str(said)[:_QUOTED] if isinstance(said, str) else "…"
    raise Refusal(
        "bad_amount",
        f"“{shown}” is not an amount: write yuan with at most 2 decimals, such as 99.90.",
        f"“{shown}”不是金额：请填写元，最多两位小数，例如 99.90。",
    )


def receipt(body: ReceiptBody, *, store: int, zone: ZoneInfo, now: datetime) -> Receipt:
    """A receipt of a store (id)."""
    return checked_receipt(
        store=store, receipt_no=body.receipt_no, purchased_at=parse_instant(body.purchased_at, zone),
        phone=body.member_phone, lines=[_line(line) for line in body.lines], zone=zone, now=now,
    )  # fmt: skip


def spending(body: SpendingBody) -> Spending:
    """What is spent: points or a reward."""
    return Spending(points=body.points, reward=body.reward, code=body.code)


def refund_lines(lines: Sequence[RefundLineBody] | None) -> list[RefundLine]:
    """The lines that come back."""
    return [
        RefundLine(sku=line.sku, category=line.category, quantity=line.quantity, amount=money(line.amount))
        for line in lines or ()
    ]


def _line(line: LineBody) -> Line:
    return checked_line(Line(sku=line.sku, category=line.category, quantity=line.quantity, amount=money(line.amount)))

"""Purchases that tills send, one or many at a time. The deed is in tables/sql/tills_batch.sql.

One receipt and five hundred are the same deed: what a till may not say is refused before, the rest is posted as a set.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import asyncpg

from actions.keys import KeyIdentity
from actions.points import refused as points_refused
from actions.purchases import AHEAD, Line, check_amounts, receipt_number, refused
from actions.tills import Spending, category_text, sku_text, spending_refused, verified
from actions.tills_counter import Said, TooLarge, counter, missed, priced
from rules.calendar import business_date
from rules.phones import normalise_phone
from rules.refusals import Refusal

_SALES = "SELECT receipt, outcome, body FROM deed.till_sales($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
_SPENDING = (
    "SELECT outcome, body, member"
    " FROM deed.till_purchase($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """What a till may say: `store` is an id, `phone` in its stored form, `day` the business date of `at` (aware)."""

    store: int
    number: str
    at: datetime
    day: date
    phone: str | None
    lines: Sequence[Line]


def checked_receipt(
    *, store: int, receipt_no: str, purchased_at: datetime, phone: str | None, lines: Sequence[Line], zone: ZoneInfo, now: datetime
) -> Receipt:  # fmt: skip
    """A receipt whose lines went through `checked_line`. Raises Refusal bad_receipt, future_date, bad_phone, bad_amount,
    bad_quantity.
    """
    number = receipt_number(receipt_no)
    if purchased_at > now + AHEAD:
        raise refused("future_date")
    check_amounts(lines)
    member = None if phone is None else normalise_phone(text=phone)
    day = business_date(at=purchased_at, zone=zone)
    return Receipt(store=store, number=number, at=purchased_at, day=day, phone=member, lines=lines)


async def post(*, who: KeyIdentity, receipts: Sequence[Receipt], now: datetime, today: date) -> list[Said | Refusal]:
    """Records receipts in the order of their times, each whole or not at all; the answers are in the order given.

    A receipt may be refused for: conflict, unknown_member, too_many, no_program. Raises Refusal unauthorized, foreign_store,
    and what asyncpg raises where two batches stood in each other's way: nothing is recorded then.
    """
    order, starts = _sets(receipts)
    columns = _columns([receipts[place] for place in order])
    async with counter(who=who, stores={receipt.store for receipt in receipts}) as connection:
        rows = await connection.fetch(_SALES, starts, *columns, today, now)
    answers: list[Said | Refusal | None] = [None] * len(receipts)
    for row in rows:
        answers[order[row["receipt"] - 1]] = _answer(row)
    return [answer or refused("conflict") for answer in answers]


async def post_apart(
    *, who: KeyIdentity, receipts: Sequence[Receipt], now: datetime, today: date
) -> list[Said | Exception]:
    """As `post`; what cannot be posted as one set is posted one by one, so that no receipt suffers for another. What is refused
    of a member costs a look-up.
    """
    answers = await _apart(who=who, receipts=receipts, now=now, today=today)
    for place, (receipt, answer) in enumerate(zip(receipts, answers, strict=True)):
        if isinstance(answer, Refusal) and receipt.phone is not None:
            answers[place] = await priced(answer, who=who, phone=receipt.phone, now=now)
    return answers


async def _apart(
    *, who: KeyIdentity, receipts: Sequence[Receipt], now: datetime, today: date
) -> list[Said | Exception]:
    try:
        return list(await post(who=who, receipts=receipts, now=now, today=today))
    except (asyncpg.PostgresError, TooLarge) as error:
        if len(receipts) == 1:
            return [error]
    answers: list[Said | Exception] = []
    for receipt in receipts:
        answers += await _apart(who=who, receipts=[receipt], now=now, today=today)
    return answers


async def post_spending(*, who: KeyIdentity, receipt: Receipt, spending: Spending, now: datetime, today: date) -> Said:
    """Records a receipt and what its member spends on it, or nothing. Raises Refusal as `post` and `redemption` do."""
    if receipt.phone is None:
        raise refused("unknown_member")
    try:
        return await _spent(who=who, receipt=receipt, phone=receipt.phone, spending=spending, now=now, today=today)
    except Refusal as refusal:
        raise await priced(refusal, who=who, phone=receipt.phone, now=now) from refusal


async def _spent(
    *, who: KeyIdentity, receipt: Receipt, phone: str, spending: Spending, now: datetime, today: date
) -> Said:
    columns = _columns([receipt])
    async with counter(who=who, stores=(receipt.store,)) as connection:
        code = await verified(
            connection, phone=phone, store=receipt.store, reference=receipt.number, typed=spending.code, now=now
        )
        try:
            row = await connection.fetchrow(_SPENDING, *columns, today, now, spending.points, spending.reward, code)
        except asyncpg.UniqueViolationError as error:
            raise points_refused("conflict") from error
        assert row is not None  # noqa: S101  one receipt, one outcome
    if row["member"] is not None:
        raise await spending_refused(
            who=who, store=receipt.store, outcome=row["outcome"], member=row["member"], now=now
        )
    said = _answer(row)
    if isinstance(said, Refusal):
        raise said
    return said


def checked_line(line: Line) -> Line:
    """The line with names as they are kept. Raises Refusal bad_text."""
    sku, category = (line.sku or "").strip(), (line.category or "").strip()
    return Line(
        sku=sku_text(sku) or None,
        category=category_text(category) or None,
        quantity=line.quantity,
        amount=line.amount,
    )


def _sets(receipts: Sequence[Receipt]) -> tuple[list[int], list[int]]:
    """The order in which receipts (by place) are taken, and the numbers (from 1) with which a new set begins: of one business
    date, and without the same receipt twice.
    """
    seen: Counter[tuple[int, str, date]] = Counter()
    turns = []
    for place in sorted(range(len(receipts)), key=lambda n: (receipts[n].at, receipts[n].store, receipts[n].number)):
        receipt = receipts[place]
        twin = (receipt.store, receipt.number, receipt.day)
        turns.append((receipt.day, seen[twin], place))
        seen[twin] += 1
    # Stable: within a set they keep the order of their times.
    turns.sort(key=lambda turn: turn[:2])
    starts = [n for n, turn in enumerate(turns, 1) if n == 1 or turn[:2] != turns[n - 2][:2]]
    return [place for _, _, place in turns], starts


def _columns(receipts: Sequence[Receipt]) -> list[list[object]]:
    """The lines, column by column, as the deed takes them."""
    rows = [
        (n, one.store, one.number, one.at, one.day, one.phone, line.sku, line.category, line.quantity, line.amount)
        for n, one in enumerate(receipts, 1)
        for line in one.lines
    ]
    return [list(column) for column in zip(*rows, strict=True)]


def _answer(row: asyncpg.Record) -> Said | Refusal:
    if row["body"] is not None:
        return Said(created=row["outcome"] == "posted", body=row["body"])
    if row["outcome"] in {"too_many", "unknown_member"}:
        return missed(row["outcome"])
    if row["outcome"] == "unknown_reward":
        return points_refused("unknown_reward")
    return refused(row["outcome"])

"""What tills and partners do by their API keys, apart from purchases. The deeds are in tables/sql/tills.sql.

Each opens its scope itself and commits it also when the deed was refused: a look-up that missed and a code that was guessed
wrong have their price. What the database itself refuses is rolled back.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import asyncpg

from actions.codes import sent_when_required, verify_code
from actions.imports_columns import words
from actions.keys import KeyIdentity
from actions.members_register import register
from actions.points import check_points, checked_reference
from actions.points import refused as points_refused
from actions.purchases import receipt_number
from actions.refunds import RefundLine, check_refund
from actions.refunds import refused as refund_refused
from actions.tills_counter import A_MINUTE, Said, counter, later, missed, priced
from queries.members import card as card_of
from rules.phones import normalise_phone
from rules.refusals import Refusal
from tables.scope import Connection, scope

LONGEST_SKU, LONGEST_CATEGORY, LONGEST_NAME, LONGEST_CODE = 64, 100, 60, 40
sku_text, category_text = words(longest=LONGEST_SKU), words(longest=LONGEST_CATEGORY)
_name, _store_code = words(longest=LONGEST_NAME), words(longest=LONGEST_CODE)

_MEMBER = "SELECT outcome, member FROM deed.till_member($1, $2)"
_FIND = "SELECT outcome, member FROM deed.member_find($1, $2)"
_CARD = "SELECT outcome, body FROM deed.till_card($1, $2, $3)"
_REDEEM = "SELECT outcome, body, member FROM deed.till_redemption($1, $2, $3, $4, $5, $6, $7, $8)"
_CANCEL = "SELECT outcome, body FROM deed.till_cancel($1, $2, $3)"
_REFUND = "SELECT outcome, body FROM deed.till_refund($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
_STORE = "SELECT id, is_active FROM store WHERE code = $1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Spending:
    """What a member spends: a number of points, or a reward by its name; `code` as it was read out."""

    points: int | None = None
    reward: str | None = None
    code: str | None = None

    def __post_init__(self) -> None:
        """Raises Refusal bad_amount, unknown_reward."""
        check_points(points=self.points, reward=None if self.reward is None else 1)
        if self.reward is not None and not (self.reward.isprintable() and len(self.reward) <= LONGEST_NAME):
            raise points_refused("unknown_reward")


async def found_store(*, code: str) -> tuple[int, bool] | None:
    """The store (id) of a code, anybody's, and whether it is open."""
    if not code.isprintable():
        return None
    async with scope(role="door") as connection:
        row = await connection.fetchrow(_STORE, code)
    return None if row is None else (row["id"], row["is_active"])


async def card(*, who: KeyIdentity, phone: str, now: datetime, today: date) -> Said:
    """A member as a till shows it. Raises Refusal bad_phone, unknown_member, too_many, unauthorized."""
    number = normalise_phone(text=phone)
    async with counter(who=who, stores=who.stores.values()) as connection:
        row = await connection.fetchrow(_CARD, number, today, now)
        assert row is not None  # noqa: S101  one question, one answer
        if row["body"] is None:
            raise missed(row["outcome"])
    return Said(created=False, body=row["body"])


async def join(
    *, who: KeyIdentity, store: int, phone: str, name: str | None, title: str, birthday: date | None, referrer_phone: str | None,
    consents: Mapping[str, str], now: datetime, today: date,
) -> Said:  # fmt: skip
    """Makes a member of a store (id) and shows it; one who is known is shown and nothing of theirs is changed. `consents`:
    the version of the words that were agreed to, by purpose. Raises Refusal as `register` does.
    """
    referrer = None
    async with counter(who=who, stores=who.stores.values()) as connection:
        if referrer_phone is not None:
            # Of somebody known nothing may follow: this is a look-up.
            referrer = await _member(connection, phone=normalise_phone(text=referrer_phone), now=now, sql=_FIND)
        born = await register(
            phone=phone, name=name, store=store, title=title, birthday=birthday, consents=dict.fromkeys(consents, True),
            text_version=consents, source=f"API {who.name}", now=now, business_date=today, referrer=referrer,
        )  # fmt: skip
        shown = await card_of(member=born.member, business_date=today, now=now)
    body = {
        "name": shown.name, "tier": shown.tier, "tier_valid_until": shown.tier_valid_until and shown.tier_valid_until.isoformat(),
        "to_next_tier": None if shown.to_next_tier is None else f"{shown.to_next_tier:.2f}", "balance": shown.balance,
        "pending": shown.pending, "debt": shown.debt,
        "expiring": [{"on": day.isoformat(), "points": points} for day, points in shown.expiring],
    }  # fmt: skip
    return Said(created=not born.known, body=json.dumps(body, ensure_ascii=False))


async def redemption(
    *, who: KeyIdentity, store: int, reference: str, phone: str, spending: Spending, now: datetime, today: date
) -> Said:
    """Spends points of a member in a store (id); `reference` is the till's own and makes it safe to repeat.

    Raises Refusal bad_reference, bad_phone, conflict, unknown_member, unknown_reward, too_many, insufficient_points,
    bad_amount, out_of_stock, reward_not_allowed, code_required (one is on its way then), code_wrong, code_expired.
    """
    key, number = checked_reference(reference), normalise_phone(text=phone)
    try:
        return await _redeemed(who=who, store=store, key=key, number=number, spending=spending, now=now, today=today)
    except Refusal as refusal:
        raise await priced(refusal, who=who, phone=number, now=now) from refusal


async def _redeemed(
    *, who: KeyIdentity, store: int, key: str, number: str, spending: Spending, now: datetime, today: date
) -> Said:
    async with counter(who=who, stores=(store,)) as connection:
        code = await verified(connection, phone=number, store=store, reference=key, typed=spending.code, now=now)
        try:
            row = await connection.fetchrow(
                _REDEEM, store, key, number, spending.points, spending.reward, code, today, now
            )
        except asyncpg.UniqueViolationError as error:
            # The same reference for another member at the same moment: the other one was first.
            raise points_refused("conflict") from error
        assert row is not None  # noqa: S101  one deed, one outcome
    if row["body"] is None:
        raise await spending_refused(who=who, store=store, outcome=row["outcome"], member=row["member"], now=now)
    return Said(created=row["outcome"] == "posted", body=row["body"])


async def cancel(*, who: KeyIdentity, store: int, reference: str, today: date) -> Said:
    """Gives a redemption back. Raises Refusal bad_reference, unknown_redemption."""
    key = checked_reference(reference)
    async with counter(who=who, stores=(store,)) as connection:
        row = await connection.fetchrow(_CANCEL, store, key, today)
        assert row is not None  # noqa: S101  one deed, one outcome
        if row["body"] is None:
            raise points_refused(row["outcome"])
    return Said(created=row["outcome"] == "posted", body=row["body"])


async def refund(
    *, who: KeyIdentity, store: int, refund_no: str, sold_at: str, receipt_no: str, amount: Decimal | None,
    lines: Sequence[RefundLine], now: datetime, today: date,
) -> Said:  # fmt: skip
    """Takes back an amount of a sale, lines of it, or all that is left. `sold_at` is the code of the sale's store.

    Raises Refusal bad_receipt, bad_amount, bad_quantity, bad_text, unknown_store, unknown_receipt, refund_exceeds,
    future_date, conflict.
    """
    number, sale = receipt_number(refund_no), receipt_number(receipt_no)
    check_refund(amount=amount, lines=lines)
    skus = [sku_text((line.sku or "").strip()) or None for line in lines]
    sorts = [category_text((line.category or "").strip()) or None for line in lines]
    async with counter(who=who, stores=(store,)) as connection:
        try:
            row = await connection.fetchrow(
                _REFUND, store, number, _store_code(sold_at), sale, now, today, amount, skus, sorts,
                [line.quantity for line in lines], [line.amount for line in lines],
            )  # fmt: skip
        except asyncpg.UniqueViolationError as error:
            raise refund_refused("conflict") from error
        assert row is not None  # noqa: S101  one deed, one outcome
        if row["body"] is None:
            raise refund_refused(row["outcome"])
    return Said(created=row["outcome"] == "posted", body=row["body"])


async def verified(
    connection: Connection, *, phone: str, store: int, reference: str, typed: str | None, now: datetime
) -> int | None:
    """The code (id) that a member read out for a redemption; None where none was. Raises what a look-up and a code are
    refused for; the scope is to be committed then.
    """
    if typed is None or not typed.strip():
        return None
    member = await _member(connection, phone=phone, now=now)
    return await verify_code(member=member, store=store, code=typed, reference=f"{store}:{reference}", now=now)


async def spending_refused(*, who: KeyIdentity, store: int, outcome: str, member: int | None, now: datetime) -> Refusal:
    """Why points were not spent; where a code is missing one is sent to the member (id), after the deed's own scope."""
    if outcome in {"too_many", "unknown_member"}:
        return missed(outcome)
    refusal = points_refused(outcome)
    if outcome != "code_required" or member is None:
        return refusal
    try:
        async with counter(who=who, stores=(store,)), sent_when_required(member=member, store=store, now=now):
            raise refusal
    except Refusal as sent:
        return later(sent, seconds=A_MINUTE) if sent.code == "too_many" else sent


async def _member(connection: Connection, *, phone: str, now: datetime, sql: str = _MEMBER) -> int:
    row = await connection.fetchrow(sql, phone, now)
    assert row is not None  # noqa: S101  one question, one answer
    if row["outcome"] not in {"own", "found"}:
        raise missed(row["outcome"])
    return int(row["member"])

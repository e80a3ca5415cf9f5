"""Deeds of the ledger for one member: redeem, adjust, open a balance. The arithmetic is in tables/sql/points.sql."""

from dataclasses import dataclass
from datetime import date

import asyncpg

from rules.refusals import Refusal
from tables.scope import current

MOST_POINTS = 1_000_000_000  # one deed; more is a typing error

_DEED = """
SELECT o.* FROM {function}(ARRAY[
    ROW($1, $2, $3, $4, $5, $6, $7, NULL, $8, $9, $9, {expires_on})::deed.posting]) o
"""
_BY_POLICY = "(SELECT deed.last_good_day($9::date, p) FROM points_policy p)"
_CREDIT = _DEED.format(function="deed.points_credit", expires_on=_BY_POLICY)
_OPENING = _DEED.format(function="deed.points_credit", expires_on="$10::date")
_DEBIT = _DEED.format(function="deed.points_debit", expires_on="NULL")


@dataclass(frozen=True, kw_only=True)
class Posted:
    """One ledger line as it stands; `known` when the same key had been posted before and nothing was written now."""

    entry: int
    points: int
    balance_after: int
    known: bool


async def redeem(
    *, member: int, store: int, reference: str, points: int, business_date: date, staff: int | None = None
) -> Posted:
    """Spends `points` (> 0) of a member in a store; `reference` is the till's own and makes it safe to repeat.

    Raises Refusal insufficient_points, conflict, unknown_member, bad_points.
    """
    _whole(points)
    key = f"{store}:{reference}"
    return await _post(_DEBIT, member, store, "redeem", -points, "redeem", key, None, staff, business_date)


async def adjust(
    *, member: int, store: int, form: str, points: int, reason: str, business_date: date, staff: int | None = None
) -> Posted:
    """Gives (> 0) or takes (< 0) points by hand, with a reason; `form` is the form's own uuid.

    Raises Refusal insufficient_points, conflict, unknown_member, bad_points, no_reason.
    """
    _whole(abs(points))
    if not reason.strip():
        raise Refusal(code="no_reason", en="An adjustment needs a reason: write one.", zh="调整积分须填写原因。")
    sql = _CREDIT if points > 0 else _DEBIT
    return await _post(sql, member, store, "adjust", points, "adjust", form, reason.strip(), staff, business_date)


async def open_balance(*, member: int, store: int, points: int, business_date: date, expires_on: date | None) -> Posted:
    """Brings a member's points over from another system, once; null `expires_on` = for ever.

    Raises Refusal conflict (another number was brought over before), unknown_member, bad_points, past_date.
    """
    _whole(points)
    key = f"opening:{member}"
    try:
        return await _post(
            _OPENING, member, store, "import", points, "import", key, None, None, business_date, expires_on
        )
    except asyncpg.CheckViolationError as error:
        # Asked of the database, because the same opening sent again after its end is known, not wrong.
        raise Refusal(
            code="past_date",
            en=f"The points ended on {expires_on}: leave the date empty or choose a later one.",
            zh=f"积分已于 {expires_on} 到期：请留空或填写更晚的日期。",
        ) from error


async def _post(sql: str, *arguments: object) -> Posted:
    try:
        row = await current().fetchrow(sql, *arguments)
    except asyncpg.UniqueViolationError as error:
        # The same key for another member at the same moment: the other one was first.
        raise _refusal("conflict") from error
    assert row is not None  # noqa: S101  one posting, one outcome
    if row["outcome"] not in {"posted", "known"}:
        raise _refusal(row["outcome"])
    return Posted(
        entry=row["entry"], points=row["points"], balance_after=row["balance_after"], known=row["outcome"] == "known"
    )


def _whole(points: int) -> None:
    if not 0 < points <= MOST_POINTS:
        raise Refusal(
            code="bad_points",
            en=f"{points} is not a number of points: choose 1 to {MOST_POINTS}.",
            zh=f"{points} 不是有效的积分数：请输入 1 到 {MOST_POINTS}。",
        )


def _refusal(outcome: str) -> Refusal:
    match outcome:
        case "short":
            return Refusal(
                code="insufficient_points",
                en="The member does not have enough points: ask for the balance and choose fewer.",
                zh="会员积分不足：请查询余额后减少积分。",
            )
        case "conflict":
            return Refusal(
                code="conflict",
                en="This reference is known with other content: use a new one, or repeat the first deed exactly.",
                zh="该单号已用于其他内容：请换新单号，或按原内容重复提交。",
            )
        case _:
            return Refusal(code="unknown_member", en="There is no such member.", zh="没有该会员。")

"""Deeds of the ledger for one member: redeem, take a redemption back, adjust, open a balance.

The arithmetic is in tables/sql/points.sql and tables/sql/redemptions.sql.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import asyncpg

from actions.rights import rights_refused
from rules.refusals import Refusal
from tables.scope import current

MOST_POINTS = 1_000_000_000  # one deed; more is a typing error
LONGEST_REFERENCE = 64

# The scope knows who asks; `staff` is for those who ask without a scope of their own.
_DEED = """
SELECT o.* FROM {function}(ARRAY[
    ROW($1, $2, $3, $4, $5, $6, $7, NULL, coalesce(deed.staff(), $8), $9, $9, {expires_on})::deed.posting]) o
"""
_BY_POLICY = "(SELECT deed.last_good_day($9::date, p) FROM points_policy p)"
_CREDIT = _DEED.format(function="deed.points_credit", expires_on=_BY_POLICY)
_OPENING = _DEED.format(function="deed.points_credit", expires_on="$10::date")
_DEBIT = _DEED.format(function="deed.points_debit", expires_on="NULL")
_REDEEM = "SELECT * FROM deed.redemption_post($1, $2, $3, ROW($4, $5, $6)::deed.wish, $7, coalesce(deed.staff(), $8))"
_REFUSED_INSIDE = "RG001"  # how a deed says that a redemption within it was refused; the detail says why
_CANCEL = "SELECT * FROM deed.redemption_cancel($1, $2, $3, coalesce(deed.staff(), $4))"


@dataclass(frozen=True, kw_only=True)
class Posted:
    """One ledger line as it stands; `known` when the same key had been posted before and nothing was written now. `value`:
    what redeemed points were worth in yuan, None where the program does not say.
    """

    entry: int
    points: int
    balance_after: int
    known: bool
    value: Decimal | None = None


async def redeem(
    *, member: int, store: int, reference: str, points: int | None = None, reward: int | None = None,
    code: int | None = None, business_date: date, staff: int | None = None,
) -> Posted:  # fmt: skip
    """Spends `points` (> 0) of a member in a store, or what a reward (id) costs; `reference` is the till's own and makes
    it safe to repeat. `code` is the id of a code that was verified, where the program wants one.

    Raises Refusal insufficient_points, conflict, unknown_member, bad_amount, bad_reference, unknown_reward,
    reward_not_allowed, out_of_stock, code_required, foreign_store, not_allowed.
    """
    reference = checked_reference(reference)
    check_points(points=points, reward=reward)
    return await _post(_REDEEM, member, store, reference, points, reward, code, business_date, staff)


async def cancel_redemption(*, store: int, reference: str, business_date: date, staff: int | None = None) -> Posted:
    """Gives back what is left of a redemption, and its reward's stock; again answers the same.

    Lots that are good for 7 more days are refilled, for the others there are new ones, good for 7 days. Raises Refusal
    unknown_redemption, foreign_store, not_allowed.
    """
    clean = reference.strip()
    if not clean.isprintable():
        raise refused("unknown_redemption")
    return await _post(_CANCEL, store, clean, business_date, staff)


async def adjust(
    *, member: int, store: int, form: str, points: int, reason: str, business_date: date, staff: int | None = None
) -> Posted:
    """Gives (> 0) or takes (< 0) points by hand, with a reason; `form` is the form's own uuid.

    A store manager gives or takes at most the policy's `adjust_limit` at once, a cashier nothing. Raises Refusal
    insufficient_points, conflict, unknown_member, bad_amount, no_reason, over_limit, not_allowed, foreign_store.
    """
    _whole(abs(points))
    if not reason.strip():
        raise Refusal(code="no_reason", en="An adjustment needs a reason: write one.", zh="调整积分须填写原因。")
    sql = _CREDIT if points > 0 else _DEBIT
    return await _post(sql, member, store, "adjust", points, "adjust", form, reason.strip(), staff, business_date)


async def open_balance(*, member: int, store: int, points: int, business_date: date, expires_on: date | None) -> Posted:
    """Brings a member's points over from another system, once; null `expires_on` = for ever.

    Raises Refusal conflict (another number was brought over before), unknown_member, bad_amount, past_date.
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
        with rights_refused():
            row = await current().fetchrow(sql, *arguments)
    except asyncpg.UniqueViolationError as error:
        # The same key for another member at the same moment: the other one was first.
        raise refused("conflict") from error
    except asyncpg.ForeignKeyViolationError as error:
        raise refused("unknown_store") from error
    assert row is not None  # noqa: S101  one posting, one outcome
    if row["outcome"] not in {"posted", "known"}:
        raise refused(row["outcome"])
    return Posted(
        entry=row["entry"], points=row["points"], balance_after=row["balance_after"],
        known=row["outcome"] == "known", value=row.get("value"),
    )  # fmt: skip


@contextmanager
def redemption_refused() -> Iterator[None]:
    """Around a deed with a redemption inside. Raises its Refusal; the scope is then good for nothing more."""
    try:
        yield
    except asyncpg.PostgresError as error:
        if error.sqlstate != _REFUSED_INSIDE:
            raise
        raise refused(error.detail or "") from error


def check_points(*, points: int | None, reward: int | None) -> None:
    """Either a sane number of points or a reward. Raises Refusal bad_amount."""
    if (points is None) == (reward is None):
        raise Refusal(
            code="bad_amount",
            en="Choose either a number of points or a reward.",
            zh="请选择积分数或兑换项，二者选其一。",
        )
    if points is not None:
        _whole(points)


def _whole(points: int) -> None:
    if not 0 < points <= MOST_POINTS:
        raise Refusal(
            code="bad_amount",
            en=f"{points} is not a number of points: choose 1 to {MOST_POINTS}.",
            zh=f"{points} 不是有效的积分数：请输入 1 到 {MOST_POINTS}。",
        )


def checked_reference(text: str) -> str:
    """A till's own reference without the blanks around it. Raises Refusal bad_reference."""
    clean = text.strip()
    if not clean or len(clean) > LONGEST_REFERENCE or not clean.isprintable():
        raise Refusal(
            code="bad_reference",
            en=f"A reference is 1 to {LONGEST_REFERENCE} characters on one line.",
            zh=f"单号须为一行 1 到 {LONGEST_REFERENCE} 个字符。",
        )
    return clean


_REFUSED = {
    "short": (
        "insufficient_points",
        "The member does not have enough points: ask for the balance and choose fewer.",
        "会员积分不足：请查询余额后减少积分。",
    ),
    "conflict": (
        "conflict",
        "This reference is known with other content: use a new one, or repeat the first deed exactly.",
        "该单号已用于其他内容：请换新单号，或按原内容重复提交。",
    ),
    "unknown_store": ("unknown_store", "There is no such store.", "没有该门店。"),
    "unknown_member": ("unknown_member", "There is no such member.", "没有该会员。"),
    "unknown_reward": (
        "unknown_reward",
        "There is no such reward: choose one of the list.",
        "没有该兑换项：请从列表中选择。",
    ),
    "reward_not_allowed": (
        "reward_not_allowed",
        "The reward is not offered now, or not to this member's tier: choose another one.",
        "该兑换项已停用，或不适用于该会员的等级：请选择其他兑换项。",
    ),
    "out_of_stock": (
        "out_of_stock",
        "The reward is out of stock: choose another one.",
        "该兑换项已无库存：请选择其他兑换项。",
    ),
    "unknown_redemption": (
        "unknown_redemption",
        "This store has no redemption of that reference: check the reference.",
        "该门店没有此单号的兑换：请核对单号。",
    ),
    "bad_amount": (
        "bad_amount",
        "The program does not redeem that number of points: mind its least number and its step.",
        "不能兑换这个积分数：请按会员方案的起兑积分和步长填写。",
    ),
    "code_required": (
        "code_required",
        "This redemption needs the code that is sent to the member's phone: ask for it and send it along.",
        "此次兑换需要会员手机收到的验证码：请向会员询问并填写。",
    ),
}


def refused(outcome: str) -> Refusal:
    """What a deed of points is refused for, by its outcome."""
    return Refusal(*_REFUSED[outcome])

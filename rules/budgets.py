"""Budgets of messages in yuan: what is too much, what is out of proportion, and what a year costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from rules.refusals import Refusal

MONTHS = 12
# Of an activity's whole budget so much belongs to its messages (field experience of the trade).
ACTIVITY_LEAST, ACTIVITY_MOST = Decimal("0.08"), Decimal("0.12")
# At least so much of what messages cost goes to members of high value.
HIGH_VALUE_LEAST = Decimal("0.70")
HIGH_VALUE_PURCHASES = 3  # in the quarter
PROMOTION_MOST = Decimal("0.30")  # where no contact rule says otherwise
PROMOTION_DAYS = 30
PROMOTION_FROM = 200  # sends, below which a share says nothing
_CENT = Decimal("0.01")
_MOST_NAMED = 3  # stores in a sentence

Whose = Literal["campaign", "store", "chain"]
_WHOSE = {
    "campaign": ("活动预算", "the campaign's budget"),
    "store": ("门店本月短信预算", "the store's budget of the month"),
    "chain": ("总部本月短信预算", "the chain's budget of the month"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Something about the money, in both languages. `stops`: it may not be sent like this."""

    code: str
    zh: str
    en: str
    stops: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class YearlyCost:
    """A year of messages: how many, in how many parts, for how many yuan, and yuan for each member."""

    messages: Decimal
    parts: Decimal
    yuan: Decimal
    per_member: Decimal


def yearly_cost(
    *, members: int, consent_share: Decimal, messages_a_month: Decimal, parts: Decimal, price: Decimal
) -> YearlyCost:
    """What a year of messages costs: `members` of whom `consent_share` (0 to 1) get `messages_a_month` of `parts` parts each
    (an average, 1 or more), `price` yuan a part. Refusal bad_value for numbers that cannot be.
    """
    if not 0 <= consent_share <= 1 or members < 0 or min(messages_a_month, price) < 0 or parts < 1:
        raise Refusal(
            code="bad_value",
            en="Members, messages and price are 0 or more, the share lies between 0 and 100 %, a message has 1 part or more.",
            zh="会员数、条数和单价不能小于 0，授权比例须在 0 到 100% 之间，每条至少计费 1 条：请更正。",
        )
    messages = members * consent_share * messages_a_month * MONTHS
    yuan = messages * parts * price
    return YearlyCost(
        messages=messages.quantize(Decimal(1)),
        parts=(messages * parts).quantize(Decimal(1)),
        yuan=yuan.quantize(_CENT),
        per_member=(yuan / members if members else Decimal(0)).quantize(_CENT),
    )


def over_budget(*, whose: Whose, left: Decimal | None, cost: Decimal) -> Finding | None:
    """A finding that stops when `cost` is more than what is `left` (None: no limit)."""
    if left is None or cost <= left:
        return None
    zh, en = _WHOSE[whose]
    rest = max(left, Decimal(0))
    return Finding(
        code="over_budget",
        stops=True,
        zh=f"预计 ¥{cost:.2f}，超出{zh}（剩余 ¥{rest:.2f}）：请缩小人群、缩短内容，或调高预算。",
        en=f"It would cost ¥{cost:.2f}, more than is left of {en} (¥{rest:.2f}): choose fewer people, a shorter text or a"
        " higher budget.",
    )


def activity_share(*, cost: Decimal, activity_budget: Decimal | None) -> Decimal | None:
    """The share of an activity's whole budget that its messages cost; None without one."""
    return cost / activity_budget if activity_budget else None


def judge_activity(*, share: Decimal | None) -> Finding | None:
    """A warning when messages take less than 8 % or more than 12 % of what the activity costs."""
    if share is None or ACTIVITY_LEAST <= share <= ACTIVITY_MOST:
        return None
    low = share < ACTIVITY_LEAST
    zh = "偏低：可能通知不到足够的人" if low else "偏高：请确认值得"
    en = "low: too few may hear of it" if low else "high: make sure that it is worth it"
    return Finding(
        code="activity_share",
        zh=f"短信费用占活动总预算的 {_percent(share)}，建议在 8%–12% 之间；{zh}。",
        en=f"Messages take {_percent(share)} of the activity's budget, 8–12 % is usual; that is {en}.",
    )


def judge_high_value(*, share: Decimal | None) -> Finding | None:
    """A warning when less than 70 % of the cost goes to members of high value; None: nobody gets anything."""
    if share is None or share >= HIGH_VALUE_LEAST:
        return None
    return Finding(
        code="high_value_share",
        zh=f"费用中只有 {_percent(share)} 用于高价值会员（本季消费 {HIGH_VALUE_PURCHASES} 次及以上），建议不低于 70%：可收紧人群。",
        en=f"Only {_percent(share)} of the cost goes to members of high value ({HIGH_VALUE_PURCHASES} purchases this quarter or"
        " more), 70 % is advised: narrow the audience.",
    )


def judge_promotions(*, stores: Sequence[tuple[str, Decimal]], limit: Decimal, days: int) -> Finding | None:
    """The warning that members of some stores (name and share, the worst first) got too much promotion; None: of no store."""
    if not stores:
        return None
    told = [(name, _percent(share)) for name, share in stores[:_MOST_NAMED]]
    zh = "、".join(f"{name} {share}" for name, share in told) + (
        f" 等 {len(stores)} 家门店" if stores[_MOST_NAMED:] else ""
    )
    en = ", ".join(f"{name} {share}" for name, share in told) + (
        f" … {len(stores)} stores" if stores[_MOST_NAMED:] else ""
    )
    return Finding(
        code="promotion_share",
        zh=f"近 {days} 天的短信中促销占比超过上限 {_percent(limit)}：{zh}。请多发关怀、知识类内容。",
        en=f"Of the last {days} days' messages more than {_percent(limit)} were promotions: {en}. Send care and knowledge instead.",
    )


def _percent(share: Decimal) -> str:
    return f"{(share * 100).quantize(Decimal('0.1')).normalize():f}%"

"""What a form answers: what happened, and how the member stands now."""

from datetime import date
from decimal import Decimal

from admin.screens import Words
from queries.members import Card

AGAIN = Words("（此前已记录，未重复）", " (recorded before, not repeated)")


def yuan(amount: Decimal) -> str:
    return f"¥{amount:,.2f}"


def known(again: bool) -> Words:  # noqa: FBT001  stands inside sentences
    """What is added where the same form had been sent before."""
    return AGAIN if again else Words("", "")


def card_words(*, card: Card, today: date) -> Words:
    """How a member stands: points, tier, what is missing to the next one, what ends soon, what the tier brings."""
    return Words(_zh(card, today), _en(card))


def _zh(card: Card, today: date) -> str:
    until = f"（有效期至 {card.tier_valid_until}）" if card.tier_valid_until else ""
    parts = [f"{card.name or '会员'} 现有 {card.balance:,} 积分", f"{card.tier}{until}"]
    if card.pending:
        parts.insert(1, f"另有 {card.pending:,} 积分待生效")
    if card.debt:
        parts.insert(1, f"欠 {card.debt:,} 积分")
    if card.next_tier and card.to_next_tier:
        parts.append(f"再消费 {yuan(card.to_next_tier)} 升{card.next_tier}")
    elif card.next_tier and card.to_next_tier is not None:
        parts.append(f"消费已达到{card.next_tier}，今晚升级")
    ends = "".join(f"{_day(on, today)}有 {points:,} 积分到期。" for on, points in card.expiring)
    return "，".join(parts) + "。" + ends + (f"等级权益：{_in_a_line(card.benefits)}。" if card.benefits else "")


def _in_a_line(benefits: str) -> str:
    """What was written a line each, as parts of a sentence."""
    return "；".join(line.strip(" ；。.") for line in benefits.splitlines() if line.strip())


def _day(on: date, today: date) -> str:
    year = "" if on.year == today.year else f"{on.year} 年 "
    return f"{year}{on.month} 月 {on.day} 日"


def _en(card: Card) -> str:
    until = f" (until {card.tier_valid_until})" if card.tier_valid_until else ""
    parts = [f"{card.name or 'The member'} has {card.balance:,} points", f"{card.tier}{until}"]
    if card.pending:
        parts.insert(1, f"{card.pending:,} more are pending")
    if card.debt:
        parts.insert(1, f"owes {card.debt:,}")
    if card.next_tier and card.to_next_tier:
        parts.append(f"{yuan(card.to_next_tier)} more reach {card.next_tier}")
    elif card.next_tier and card.to_next_tier is not None:
        parts.append(f"{card.next_tier} is reached, as of tonight")
    ends = "".join(f" {points:,} points end on {on}." for on, points in card.expiring)
    return ", ".join(parts) + "." + ends + (f" Benefits: {_in_a_line(card.benefits)}." if card.benefits else "")

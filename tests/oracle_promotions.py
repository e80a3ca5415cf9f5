"""Promotions and referrals in plain Python (design 4.2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tests.oracle_ledger import Member


@dataclass(frozen=True)
class Promotion:
    """Points times `multiplier`; what is None matches all. `weekdays`: 1 = Monday; `categories` by name."""

    multiplier: Decimal
    starts_on: date
    ends_on: date
    weekdays: tuple[int, ...] | None = None
    stores: tuple[int, ...] | None = None
    categories: tuple[str, ...] | None = None
    tag: str | None = None
    birthday_month: bool = False
    active: bool = True

    def matches(self, *, day: date, store: int, category: str, member: Member | None) -> bool:
        birthday = member.birthday if member else None
        return (
            self.active
            and self.starts_on <= day <= self.ends_on
            and (self.weekdays is None or day.isoweekday() in self.weekdays)
            and (self.stores is None or store in self.stores)
            and (self.categories is None or category in self.categories)
            and (self.tag is None or (member is not None and self.tag in member.tags))
            and (not self.birthday_month or (birthday is not None and birthday.month == day.month))
        )


def best(promotions: Iterable[Promotion], *, day: date, store: int, category: str, member: Member | None) -> Decimal:
    """Promotions do not stack, and none makes a line earn less."""
    matching = [
        promotion.multiplier
        for promotion in promotions
        if promotion.matches(day=day, store=store, category=category, member=member)
    ]
    return max([Decimal(1), *matching])

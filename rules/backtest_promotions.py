"""What lines would have earned by under other promotions than those of then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from rules.backtest_events import Buyer, Parts
from rules.program import PromotionRule

_ONCE = 1_000  # multipliers are in thousandths
_WEEK = 7


@dataclass(frozen=True, kw_only=True, slots=True)
class Ids:
    """The ids of what promotions name: stores by code, categories and tags by name."""

    stores: Mapping[str, int]
    categories: Mapping[str, int]
    tags: Mapping[str, int]


class _Offer(NamedTuple):
    multiplier: int
    first: int
    last: int
    weekdays: tuple[int, ...]
    stores: frozenset[int]
    categories: frozenset[int]
    tag: int | None
    birthday_month: bool

    def fits(self, day: int, store: int, buyer: Buyer) -> bool:
        """Everything but the line's category. Ordinals begin on a Monday."""
        return (
            self.first <= day <= self.last
            and (not self.weekdays or (day - 1) % _WEEK + 1 in self.weekdays)
            and (not self.stores or store in self.stores)
            and (self.tag is None or self.tag in buyer.tags)
            and (not self.birthday_month or buyer.born_in == date.fromordinal(day).month)
        )


class Promotions:
    """Another list of promotions in the place of today's. A line that earned as today's list says earns as the other one
    says; what only then was promised (a promotion that neither list has any more) stays, unless the other one has better.
    """

    def __init__(self, *, today: Sequence[PromotionRule], wanted: Sequence[PromotionRule], ids: Ids) -> None:
        self.today = [_offer(rule, ids) for rule in today]
        self.wanted = [_offer(rule, ids) for rule in wanted]
        changed = [*(set(self.today) ^ set(self.wanted))]
        self.first = min((offer.first for offer in changed), default=0)
        self.last = max((offer.last for offer in changed), default=0)
        self.tags = sorted({offer.tag for offer in self.today + self.wanted if offer.tag is not None})

    def earns(self, *, parts: Parts, day: int, store: int, buyer: Buyer) -> int:
        """What a receipt's parts earn, amount × multiplier in hundred-thousandths of a yuan."""
        today = [offer for offer in self.today if offer.fits(day, store, buyer)]
        wanted = [offer for offer in self.wanted if offer.fits(day, store, buyer)]
        return sum(fen * _by(today, wanted, category, earned_by) for category, earned_by, fen in parts)


def _by(today: list[_Offer], wanted: list[_Offer], category: int, earned_by: int) -> int:
    said, says = _best(today, category), _best(wanted, category)
    if said == says:
        return earned_by
    if earned_by == said:
        return says
    return max(earned_by, says) if says > said else earned_by


def _best(offers: list[_Offer], category: int) -> int:
    """They do not stack."""
    if category < 0:
        return _ONCE
    matching = (offer.multiplier for offer in offers if not offer.categories or category in offer.categories)
    return max(matching, default=_ONCE)


def _offer(rule: PromotionRule, ids: Ids) -> _Offer:
    return _Offer(
        multiplier=max(int(rule.multiplier * _ONCE), _ONCE),
        first=rule.starts_on.toordinal(),
        last=rule.ends_on.toordinal(),
        weekdays=rule.weekdays,
        stores=frozenset(ids.stores[code] for code in rule.stores),
        categories=frozenset(ids.categories[name] for name in rule.categories),
        tag=None if rule.tag is None else ids.tags[rule.tag],
        birthday_month=rule.birthday_month,
    )

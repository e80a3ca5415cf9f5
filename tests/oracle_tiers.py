"""Tiers in plain Python (design 4.5): a rank reached by quarterly spend, good through the next quarter."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tests.oracle_deeds import Ledger
from tests.oracle_ledger import DAY, Member, quarter_end, quarter_first


@dataclass
class Tier:
    name: str
    spend: Decimal
    multiplier: Decimal


@dataclass
class Tiers(Ledger):
    tiers: list[Tier] = field(default_factory=list)

    def spent(self, member: Member, first: date, by: date) -> Decimal:
        """What counted in the quarter that begins on `first`, as known by the end of a day."""
        last = quarter_end(first)
        return sum(
            (amount for sold_on, known_on, amount in member.sales if first <= sold_on <= last and known_on <= by),
            Decimal(0),
        )

    def reached(self, spend: Decimal) -> int:
        return max(rank for rank, tier in enumerate(self.tiers, 1) if tier.spend <= max(spend, Decimal(0)))

    def tier_by_rule(self, member: Member, day: date) -> tuple[int, date | None, Decimal]:
        """After the night of `day`: the rank, until when, and what is missing in this quarter to keep it."""
        first = quarter_first(day + DAY)
        end = quarter_end(first)
        this = self.spent(member, first, day)
        by_this, by_last = self.reached(this), self.reached(self.spent(member, quarter_first(first - DAY), day))
        grants = [(rank, until) for rank, since, until in member.grants if since <= day + DAY <= until]
        rank = max([by_this, by_last, *(rank for rank, _ in grants)])
        ends = [until for given, until in grants if given == rank]
        if by_this >= rank:
            ends.append(quarter_end(end + DAY))
        elif by_last >= rank:
            ends.append(end)
        return rank, max(ends) if rank > 1 else None, max(Decimal(0), self.tiers[rank - 1].spend - this)

    def multiplier_on(self, member: Member, day: date) -> Decimal:
        """Of the tier that the member had on a day; where its nights are still to come, of what the rule would say."""
        if self.closed and day > self.closed + DAY:
            rank = self.tier_by_rule(member, day - DAY)[0]
        else:
            rank = next((before for before, _, moved_on in member.moves if moved_on >= day), member.rank)
        return self.tiers[rank - 1].multiplier

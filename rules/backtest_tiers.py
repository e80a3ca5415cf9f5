"""A member's rank from night to night, for playing a program: what tables/sql/tiers.sql does in the database (design 4.5)."""

from bisect import bisect_right, insort

from rules.backtest_events import Grant
from rules.backtest_terms import Terms, quarter_begins, quarter_of


class Ladder:
    """`moves` are nights (ordinals) and the rank had until then; `fresh` is spend that no night has seen: its day, the
    quarter it counts in, fen; `spent` per quarter what nights have seen.
    """

    __slots__ = ("fresh", "grants", "moves", "rank", "spent", "terms")

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.rank = terms.ranks[0]
        self.moves: list[tuple[int, int]] = []
        self.fresh: list[tuple[int, int, int]] = []
        self.spent: dict[int, int] = {}
        self.grants: list[Grant] = []

    def grant(self, grant: Grant) -> None:
        """A rank given counts from the next night on; an imported one at once, for what is dated from its first day on."""
        self.grants.append(grant)
        if grant.at_once and grant.rank > self.rank:
            insort(self.moves, (grant.first - 1, self.rank), key=lambda move: move[0])
            self.rank = grant.rank

    def rank_on(self, day: int, closed: int) -> int:
        """The rank of a business date. Where its night is still to come the rule says it, else what the nights did."""
        if day > closed + 1 > 1:
            return self._by_rule(day - 1)
        if not self.moves or self.moves[-1][0] < day:
            return self.rank
        return next(had for night, had in self.moves if night >= day)

    def close(self, first: int, last: int) -> None:
        """The nights from `first` to `last`; only those are looked at in which something may change."""
        fresh, crosses = self.fresh, quarter_of(first) != quarter_of(last + 1)
        if not (crosses or self.grants):
            if len(fresh) == 1 and fresh[0][0] <= first:  # nearly always: yesterday's receipt
                self._night(first)
                return
            if not fresh:
                return
        nights = {max(day, first) for day, _, _ in fresh}
        if crosses:
            quarters = range(quarter_of(first) + 1, quarter_of(last + 1) + 1)
            nights.update(quarter_begins(quarter) - 1 for quarter in quarters)
        for grant in self.grants:
            nights.update((max(grant.first - 1, first), grant.last))
        for night in sorted(nights):
            if first <= night <= last:
                self._night(night)

    def _night(self, night: int) -> None:
        spent, unseen = self.spent, []
        for spend in self.fresh:
            if spend[0] <= night:
                spent[spend[1]] = spent.get(spend[1], 0) + spend[2]
            else:
                unseen.append(spend)
        self.fresh = unseen
        rank = self._by_rule(night)
        if rank != self.rank:
            self.moves.append((night, self.rank))
            self.rank = rank

    def _by_rule(self, night: int) -> int:
        """What the rule says after a night: the best of this quarter's spend, the last one's, and what was given."""
        quarter = quarter_of(night + 1)
        this, last = self.spent.get(quarter, 0), self.spent.get(quarter - 1, 0)
        for day, counts_in, fen in self.fresh:
            if day <= night:
                this += fen if counts_in == quarter else 0
                last += fen if counts_in == quarter - 1 else 0
        best = max(last, this)
        rank = self.terms.ranks[bisect_right(self.terms.thresholds, max(0, best)) - 1]
        if not self.grants:
            return rank
        return max(rank, *(grant.rank for grant in self.grants if grant.first <= night + 1 <= grant.last), 0)

"""What is compared about one member, and how it is counted; both the oracle and the product's rows are put in it."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

QUARTER_ENDS = [date(2017, 3, 31), date(2017, 6, 30), date(2017, 9, 30), date(2017, 12, 31)]
YEAR_END = QUARTER_ENDS[-1]
# Segments are counted on the year's last day, as of this night, before its last quarter becomes the one before.
NIGHT = date(2017, 12, 30)
CATEGORY, TAG = "TROPICAL FRUIT", "榴莲爱好者"


@dataclass
class Facts:
    phone: str
    receipts: int = 0
    amount: Decimal = Decimal(0)
    earned: set[tuple[str, date, int]] = field(default_factory=set)
    """receipt_no, business date, points"""
    expired: set[tuple[date, int]] = field(default_factory=set)
    moves: set[tuple[date, int, int]] = field(default_factory=set)
    """night, rank before, rank after"""
    notices: set[tuple[str, str, date, str, int]] = field(default_factory=set)
    """kind, reference, night, "message" or why not, points"""
    messages: set[date] = field(default_factory=set)
    rank: int = 1
    valid_until: date | None = None
    balance: int = 0

    def balance_on(self, *, day: date) -> int:
        """After the night of that day."""
        earned = sum(points for _, on, points in self.earned if on <= day)
        return earned - sum(points for on, points in self.expired if on <= day)

    def rank_after(self, *, day: date) -> int:
        past = [move for move in self.moves if move[0] <= day]
        return max(past)[2] if past else 1

    def counted(self, *, ranks: list[int]) -> Counter[str]:
        count: Counter[str] = Counter()
        count["receipts"] = self.receipts
        count["points earned"] = sum(points for _, _, points in self.earned)
        count["points expired"] = sum(points for _, points in self.expired)
        count["points outstanding"] = self.balance
        count[f"points outstanding after {YEAR_END}"] = self.balance_on(day=YEAR_END)
        for day in QUARTER_ENDS:
            held = self.rank_after(day=day)
            count.update({f"tier after {day}: rank {rank}": int(rank == held) for rank in ranks})
        for _, before, after in self.moves:
            count["moves up" if after > before else "moves down"] += 1
        for kind, _, _, fate, _ in self.notices:
            count[f"notices {kind}: {fate}"] += 1
        count["messages"] = len(self.messages)
        return count

"""What a played program comes to."""

from collections import Counter
from dataclasses import dataclass, field

from rules.backtest_points import Spent


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """The days (ordinals) of which figures are told, and the chain's nights (`first_night` 0: none was closed)."""

    first: int
    last: int
    first_night: int
    last_night: int


@dataclass(kw_only=True, slots=True)
class Tally:
    """Points by what became of them in the window; what is `alive` and owed at its end; members by rank at its end.

    `redeemed`, `value` (fen) and `unpriced` (points spent that bear no price tag) are net of what was given back.
    """

    issued: int = 0
    redeemed: int = 0
    expired: int = 0
    taken_back: int = 0
    brought: int = 0
    alive: int = 0
    debt: int = 0
    redemptions: int = 0
    refused: int = 0
    refused_points: int = 0
    value: int = 0
    unpriced: int = 0
    members: Counter[int] = field(default_factory=Counter)

    def net(self) -> int:
        """What the sum of all ledger lines would be."""
        return self.alive - self.debt

    def grant(self, spent: Spent) -> None:
        """A redemption."""
        self.redemptions += 1
        self.redeemed += spent.points
        if spent.value is None:
            self.unpriced += spent.points
        else:
            self.value += spent.value

    def undo(self, spent: Spent, points: int) -> None:
        """So many points of a redemption are about to be given back; one given back as a whole never was."""
        self.redeemed -= points
        self.redemptions -= spent.restored + points == spent.points
        if spent.value is None:
            self.unpriced -= points
        else:
            self.value -= spent.worth(spent.restored + points) - spent.worth(spent.restored)

    def refuse(self, points: int, times: int = 1) -> None:
        """A redemption of so many points that could not be; -1 time: it was cancelled anyway."""
        self.refused += times
        self.refused_points += times * points

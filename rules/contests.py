"""Which version of a text did better, and whether that is more than chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rules.effects import FEWEST
from rules.statistics import CONFIDENCE, Comparison, proportions, wilson

Outcome = Literal["clear", "chance", "few", "level"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Entrant:
    """A version: `hits` of the people whose message was handed over (`trials`) did what it is judged by."""

    label: str
    hits: int
    trials: int

    @property
    def rate(self) -> float:
        return self.hits / self.trials if self.trials else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(hits=self.hits, trials=self.trials)


@dataclass(frozen=True, kw_only=True, slots=True)
class Contest:
    """`leader`: the label with the highest rate, None when nobody leads; `against`: the leader and the next one. clear: better
    than each of the others beyond chance; few: too few people to say; level: the same rate.
    """

    outcome: Outcome
    leader: str | None = None
    against: Comparison | None = None
    p_value: float = 1.0


def contest(*, entrants: Sequence[Entrant]) -> Contest:
    """Compares the best version with each of the others; the more of them, the more has to be seen (Bonferroni)."""
    ranked = sorted(entrants, key=lambda one: (-one.rate, one.label))
    if len(ranked) <= 1 or min(one.trials for one in ranked) < FEWEST:
        return Contest(outcome="few")
    best, *others = ranked
    if best.rate == others[0].rate:
        return Contest(outcome="level")
    against = [
        proportions(hits_a=best.hits, trials_a=best.trials, hits_b=one.hits, trials_b=one.trials) for one in others
    ]  # fmt: skip
    p_value = min(1.0, max(one.p_value for one in against) * len(others))
    outcome: Outcome = "clear" if p_value < 1 - CONFIDENCE else "chance"
    return Contest(outcome=outcome, leader=best.label, against=against[0], p_value=p_value)

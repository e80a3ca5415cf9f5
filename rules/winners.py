"""Which version of a message goes to the rest of its audience, and whether more than chance speaks for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rules.statistics import proportions

CHANCE = 0.05
Verdict = Literal["significant", "unclear"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """A version after its trial: so many of the people who got it clicked or bought."""

    label: str
    trials: int
    hits: int

    @property
    def rate(self) -> float:
        return self.hits / self.trials if self.trials else 0.0


def decided(*, versions: Sequence[Tried]) -> tuple[str, Verdict]:
    """The label of the version with the highest rate, of equals the first in the alphabet, and how sure that is.

    `significant`: it beats every other version with p < 0.05, corrected after Holm for their number. Raises ValueError
    without versions.
    """
    best, *others = sorted(versions, key=lambda one: (-one.rate, one.label))
    chances = sorted(
        proportions(hits_a=best.hits, trials_a=best.trials, hits_b=one.hits, trials_b=one.trials).p_value
        for one in others
    )
    clear = all(chance * (len(chances) - rank) < CHANCE for rank, chance in enumerate(chances))
    return best.label, "significant" if chances and clear else "unclear"

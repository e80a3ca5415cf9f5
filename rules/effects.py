"""What a campaign brought beyond what would have come anyway: those who were written to against those who were held out."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from rules.statistics import Comparison, means, proportions, wilson

# With fewer people on a side a difference says nothing, whatever its interval looks like.
FEWEST = 30
CENT = Decimal("0.01")

Verdict = Literal["no_holdout", "few", "chance", "more", "less"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """People, how many of them bought, the yuan they left net of refunds, and the sum of each one's yuan squared."""

    people: int = 0
    bought: int = 0
    revenue: Decimal = Decimal(0)
    squares: Decimal = Decimal(0)

    @property
    def rate(self) -> float | None:
        """The share (0 to 1) that bought; None of nobody."""
        return self.bought / self.people if self.people else None

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(hits=self.bought, trials=self.people)

    @property
    def mean(self) -> float:
        """Yuan a person."""
        return float(self.revenue) / self.people if self.people else 0.0

    @property
    def variance(self) -> float:
        """Of each person's yuan, as a sample's."""
        if self.people <= 1:
            return 0.0
        return max(0.0, float(self.squares - self.revenue * self.revenue / self.people) / (self.people - 1))


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """`conversion`: share of the treated who bought − share of the held out; `revenue`: yuan a person, the same way.
    `incremental`, `low`, `high`: yuan in all, with a 95 % interval; `buyers`: people in all. They, `roi` and the cost of an
    incremental conversion are None without somebody on both sides; `roi` = (incremental − cost) / cost.
    """

    verdict: Verdict
    treated: Group
    holdout: Group
    cost: Decimal
    conversion: Comparison | None = None
    revenue: Comparison | None = None
    incremental: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    buyers: float | None = None
    roi: float | None = None
    roi_low: float | None = None
    roi_high: float | None = None

    @property
    def cost_per_buyer(self) -> Decimal | None:
        return (self.cost / self.treated.bought).quantize(CENT) if self.treated.bought else None

    @property
    def cost_per_extra_buyer(self) -> Decimal | None:
        """None also where there was no extra buyer."""
        return (self.cost / Decimal(self.buyers)).quantize(CENT) if self.buyers and self.buyers > 0 else None


def effect(*, treated: Group, holdout: Group, cost: Decimal) -> Effect:
    """Compares the treated, reached or not, with those held out (intended to treat); `cost`: yuan of the messages."""
    if not treated.people or not holdout.people:
        return Effect(verdict="no_holdout", treated=treated, holdout=holdout, cost=cost)
    share = proportions(
        hits_a=treated.bought, trials_a=treated.people, hits_b=holdout.bought, trials_b=holdout.people
    )  # fmt: skip
    yuan = means(
        n_a=treated.people, mean_a=treated.mean, var_a=treated.variance,
        n_b=holdout.people, mean_b=holdout.mean, var_b=holdout.variance,
    )  # fmt: skip
    total, low, high = (_yuan(value, treated.people) for value in (yuan.difference, yuan.low, yuan.high))
    return Effect(
        verdict=_verdict(treated, holdout, yuan), treated=treated, holdout=holdout, cost=cost, conversion=share, revenue=yuan,
        incremental=total, low=low, high=high, buyers=share.difference * treated.people,
        roi=_roi(total, cost), roi_low=_roi(low, cost), roi_high=_roi(high, cost),
    )  # fmt: skip


def _verdict(treated: Group, holdout: Group, yuan: Comparison) -> Verdict:
    if min(treated.people, holdout.people) < FEWEST:
        return "few"
    if not yuan.is_clear:
        return "chance"
    return "more" if yuan.difference > 0 else "less"


def _yuan(each: float, people: int) -> Decimal | None:
    """None where the interval has no end."""
    return Decimal(each * people).quantize(CENT) if abs(each) != float("inf") else None


def _roi(incremental: Decimal | None, cost: Decimal) -> float | None:
    return float((incremental - cost) / cost) if incremental is not None and cost > 0 else None

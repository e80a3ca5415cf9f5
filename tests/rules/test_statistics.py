"""Intervals and tests of our own against scipy, and against the figures that Newcombe printed."""

from math import inf, isclose

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import special, stats

from rules.contests import Entrant, contest
from rules.statistics import means, proportions, t_tails, wilson

COUNT = st.integers(1, 300_000) | st.integers(1, 40)
SHARE = st.sampled_from([0.0, 0.0005, 0.02, 0.3, 0.97, 1.0])
YUAN = st.floats(-500, 500)
VARIANCE = st.sampled_from([0.0, 0.01, 40.0, 2500.0, 1e7])

# R. G. Newcombe, Interval estimation for the difference between independent proportions, Statistics in Medicine 17 (1998),
# table II, method 10.
NEWCOMBE = [
    ((56, 70, 48, 80), (0.0524, 0.3339)),
    ((9, 10, 3, 10), (0.1705, 0.8090)),
    ((6, 7, 2, 7), (0.0582, 0.8062)),
    ((5, 56, 0, 29), (-0.0381, 0.1926)),
    ((0, 10, 0, 20), (-0.1611, 0.2775)),
    ((0, 10, 0, 10), (-0.2775, 0.2775)),
    ((10, 10, 0, 20), (0.6791, 1.0000)),
    ((10, 10, 0, 10), (0.6075, 1.0000)),
]


@pytest.mark.parametrize(("counts", "printed"), NEWCOMBE)
def test_the_interval_of_a_difference_is_the_printed_one(
    counts: tuple[int, int, int, int], printed: tuple[float, float]
) -> None:
    hits_a, trials_a, hits_b, trials_b = counts
    found = proportions(hits_a=hits_a, trials_a=trials_a, hits_b=hits_b, trials_b=trials_b)
    assert (round(found.low, 4), round(found.high, 4)) == printed


@settings(max_examples=80, deadline=None)
@given(COUNT, SHARE, COUNT, SHARE)
@example(1, 1.0, 1, 0.0)
@example(300_000, 0.0, 300_000, 0.0)
@example(8, 0.3, 300_000, 0.02)
def test_shares_agree_with_scipy(trials_a: int, share_a: float, trials_b: int, share_b: float) -> None:
    hits_a, hits_b = round(trials_a * share_a), round(trials_b * share_b)
    known = stats.binomtest(hits_a, trials_a).proportion_ci(method="wilson")
    assert wilson(hits=hits_a, trials=trials_a) == pytest.approx((known.low, known.high), abs=1e-12)
    found = proportions(hits_a=hits_a, trials_a=trials_a, hits_b=hits_b, trials_b=trials_b)
    table = np.array([[hits_a, trials_a - hits_a], [hits_b, trials_b - hits_b]])
    hits, trials = hits_a + hits_b, trials_a + trials_b
    if min(trials_a, trials_b) * min(hits, trials - hits) < 5 * trials:
        wanted = stats.fisher_exact(table).pvalue
    else:
        wanted = stats.chi2_contingency(table, correction=False).pvalue
    assert found.p_value == pytest.approx(wanted, rel=1e-6, abs=1e-12)
    assert found.low <= found.difference <= found.high


@settings(max_examples=80, deadline=None)
@given(COUNT, YUAN, VARIANCE, COUNT, YUAN, VARIANCE)
@example(2, 1.0, 40.0, 2, 2.0, 40.0)
@example(300_000, 5.0, 2500.0, 30_000, 4.0, 1e7)
def test_means_agree_with_scipy(n_a: int, mean_a: float, var_a: float, n_b: int, mean_b: float, var_b: float) -> None:
    found = means(n_a=n_a, mean_a=mean_a, var_a=var_a, n_b=n_b, mean_b=mean_b, var_b=var_b)
    if min(n_a, n_b) < 2:
        assert (found.low, found.high, found.p_value) == (-inf, inf, 1.0)
    elif var_a == var_b == 0:
        assert (found.low, found.high, found.p_value) == (found.difference, found.difference, float(mean_a == mean_b))
    else:
        known = stats.ttest_ind_from_stats(mean_a, var_a**0.5, n_a, mean_b, var_b**0.5, n_b, equal_var=False)
        assert found.p_value == pytest.approx(known.pvalue, rel=1e-6, abs=1e-13)
        part_a, part_b = var_a / n_a, var_b / n_b
        freedom = (part_a + part_b) ** 2 / (part_a**2 / max(1, n_a - 1) + part_b**2 / max(1, n_b - 1))
        half = special.stdtrit(freedom, 0.975) * (part_a + part_b) ** 0.5
        assert found.high - found.difference == pytest.approx(half, rel=1e-7, abs=1e-12)
        assert isclose(found.difference - found.low, found.high - found.difference, rel_tol=1e-6, abs_tol=1e-9)


@pytest.mark.parametrize("freedom", [1, 1.5, 7, 300, 40_000])
@pytest.mark.parametrize("t", [0.0, 1e-9, 0.4, 1.96, 12.0])
def test_tails_agree_with_scipy(t: float, freedom: float) -> None:
    assert t_tails(t=t, freedom=freedom) == pytest.approx(2 * special.stdtr(freedom, -t), rel=1e-9)


def test_more_hits_than_trials_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="3 of 2"):
        wilson(hits=3, trials=2)


@pytest.mark.parametrize(
    ("entrants", "outcome", "leader"),
    [
        ([("A", 100, 1000), ("B", 150, 1000)], "clear", "B"),
        ([("A", 100, 1000), ("B", 110, 1000)], "chance", "B"),
        ([("A", 9, 10), ("B", 0, 1000)], "few", None),
        ([("A", 50, 500), ("B", 100, 1000)], "level", None),
        # Alone against one it would be clear (p = 0.030); four were tried.
        ([("A", 130, 1000), ("B", 99, 1000), ("C", 99, 1000), ("D", 99, 1000)], "chance", "A"),
        ([("A", 130, 1000), ("B", 99, 1000)], "clear", "A"),
        ([("A", 5, 100)], "few", None),
    ],
)
def test_a_version_wins_only_beyond_chance(
    entrants: list[tuple[str, int, int]], outcome: str, leader: str | None
) -> None:
    found = contest(entrants=[Entrant(label=label, hits=hits, trials=trials) for label, hits, trials in entrants])
    assert (found.outcome, found.leader) == (outcome, leader)

"""Whether a difference is more than chance: intervals and tests in the standard library, checked against scipy and statsmodels."""

from dataclasses import dataclass
from math import exp, inf, isclose, lgamma, log, log1p, sqrt
from statistics import NormalDist

CONFIDENCE = 0.95
# Cochran's rule: with fewer expected hits the normal limit of a share is not to be trusted.
_FEWEST_EXPECTED = 5
_CLOSE, _TINY, _MOST_TERMS = 1e-15, 1e-300, 10_000
# Tables that are as improbable as the one that was seen differ from it by rounding.
_AS_IMPROBABLE = 1e-7


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """`difference` is a − b, in the unit of what was compared; `low` to `high` its interval, ±inf where too few were seen;
    `p_value`: how often chance alone makes a difference of this size or more.
    """

    difference: float
    low: float
    high: float
    p_value: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


def wilson(*, hits: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The interval of a share (0 to 1) of which `hits` of `trials` were seen; without trials anything is possible.

    Wilson 1927. Raises ValueError for more hits than trials.
    """
    if not 0 <= hits <= trials:
        raise ValueError(f"{hits} of {trials}")
    if trials == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, spread = hits / trials, z * z / trials
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * sqrt(share * (1 - share) / trials + spread / (4 * trials))
    return (0.0 if hits == 0 else middle - half, 1.0 if hits == trials else middle + half)


def proportions(
    *, hits_a: int, trials_a: int, hits_b: int, trials_b: int, confidence: float = CONFIDENCE
) -> Comparison:
    """Share a against share b: Newcombe's interval (1998, method 10); the pooled z test, two-sided, or Fisher's exact test
    where fewer than five hits or misses are expected on a side. Without trials on a side nothing is known.

    Raises ValueError for more hits than trials.
    """
    low_a, high_a = wilson(hits=hits_a, trials=trials_a, confidence=confidence)
    low_b, high_b = wilson(hits=hits_b, trials=trials_b, confidence=confidence)
    if not trials_a or not trials_b:
        return Comparison(difference=0.0, low=-1.0, high=1.0, p_value=1.0)
    a, b = hits_a / trials_a, hits_b / trials_b
    hits, trials = hits_a + hits_b, trials_a + trials_b
    fewest = min(trials_a, trials_b) * min(hits, trials - hits) / trials
    exact = _fisher(hits_a, trials_a, hits, trials) if fewest < _FEWEST_EXPECTED else None
    return Comparison(
        difference=a - b,
        low=a - b - sqrt((a - low_a) ** 2 + (high_b - b) ** 2),
        high=a - b + sqrt((high_a - a) ** 2 + (b - low_b) ** 2),
        p_value=_pooled(a - b, hits / trials, trials_a, trials_b) if exact is None else exact,
    )


def means(
    *, n_a: int, mean_a: float, var_a: float, n_b: int, mean_b: float, var_b: float, confidence: float = CONFIDENCE
) -> Comparison:
    """Mean a against mean b by Welch's t, two-sided; `var` is a sample's variance (divided by n − 1), any unit squared.

    With fewer than two on a side nothing is known. Welch 1947.
    """
    difference = mean_a - mean_b
    if min(n_a, n_b) < 2:  # noqa: PLR2004  one value has no variance
        return Comparison(difference=difference, low=-inf, high=inf, p_value=1.0)
    part_a, part_b = var_a / n_a, var_b / n_b
    error = sqrt(part_a + part_b)
    if error == 0:
        return Comparison(difference=difference, low=difference, high=difference, p_value=float(difference == 0))
    freedom = 1 / ((part_a / (error * error)) ** 2 / (n_a - 1) + (part_b / (error * error)) ** 2 / (n_b - 1))
    half = error * _t_beyond(1 - confidence, freedom)
    p_value = t_tails(t=difference / error, freedom=freedom)
    return Comparison(difference=difference, low=difference - half, high=difference + half, p_value=p_value)


def t_tails(*, t: float, freedom: float) -> float:
    """How probable a Student's t of `freedom` degrees (> 0) is at least as far from zero as `t`."""
    return _incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5)


def _pooled(difference: float, share: float, trials_a: int, trials_b: int) -> float:
    error = sqrt(share * (1 - share) * (1 / trials_a + 1 / trials_b))
    return 2 * NormalDist().cdf(-abs(difference) / error)


def _fisher(hits_a: int, trials_a: int, hits: int, trials: int) -> float:
    """All tables with these margins that are no more probable than the one that was seen."""
    first, last = max(0, trials_a - (trials - hits)), min(trials_a, hits)
    whole = _choose(trials, trials_a)
    tables = [_choose(hits, k) + _choose(trials - hits, trials_a - k) - whole for k in range(first, last + 1)]
    seen = tables[hits_a - first] + log1p(_AS_IMPROBABLE)
    return min(1.0, sum(exp(table) for table in tables if table <= seen))


def _choose(n: int, k: int) -> float:
    """The logarithm of n over k."""
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def _t_beyond(tails: float, freedom: float) -> float:
    """The t beyond which, on both sides together, lies the probability `tails`."""
    low, high = 0.0, 1.0
    while t_tails(t=high, freedom=freedom) > tails:
        low, high = high, high * 2
    while not isclose(low, high, rel_tol=1e-12):
        middle = (low + high) / 2
        low, high = (middle, high) if t_tails(t=middle, freedom=freedom) > tails else (low, middle)
    return (low + high) / 2


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function (DLMF 8.17), by its continued fraction on the side where that is quick."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """DLMF 8.17.22, evaluated by Lentz's method."""
    c, d = 1.0, 1 / _away(1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, _MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d, c = 1 / _away(1 + term * d), _away(1 + term / c)
            found *= c * d
        if abs(c * d - 1) < _CLOSE:
            break
    return found


def _away(value: float) -> float:
    """Not zero, so that it can be divided by."""
    return value if abs(value) > _TINY else _TINY

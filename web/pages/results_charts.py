"""The geometry of the charts of results, and how their shares are written."""

from collections.abc import Sequence
from typing import Any

from queries.results_facts import Counts, Results
from rules.statistics import wilson
from web.pages.frame import number

# Shares below it are told with two decimals: red lines lie there.
_SMALL = 0.01


def bar(*, label: str, hits: int, trials: int, most: float, below: str = "") -> dict[str, Any]:
    """A share as a bar with its 95 % interval, all in hundredths of the width that `most` has."""
    low, high = wilson(hits=hits, trials=trials)
    scale = 100 / (most or 1)
    return {
        "label": label,
        "value": share(hits / trials),
        "range": f"{share(low)}–{share(high)}",
        "width": round(scale * hits / trials, 2),
        "low": round(scale * low, 2),
        "high": round(scale * high, 2),
        "below": below,
    }


def hours(*, results: Results) -> list[dict[str, Any]]:
    """A column for each hour from the first to the last in which something left, its height in hundredths."""
    known: dict[int, Counts] = {one.hour: one.counts for one in results.hours}
    most = max((counts.sent for counts in known.values()), default=0)
    told: Sequence[int] = range(min(known), max(known) + 1) if known else ()
    return [
        {
            "hour": hour,
            "sent": number(counts.sent),
            "height": round(100 * counts.sent / most, 2),
            "rate": share(counts.bought / counts.sent) if counts.sent else "",
        }
        for hour in told
        for counts in [known.get(hour, Counts())]
    ]


def share(part: float) -> str:
    """3.1%, and 0.25% where it is small."""
    return f"{100 * part:.2f}%" if 0 < part < _SMALL else f"{100 * part:.1f}%"


def ratio(value: float | None) -> str:
    """2.4 or −0.50, with as many figures as one reads."""
    return "" if value is None else f"{value:,.1f}".replace("-", "−")

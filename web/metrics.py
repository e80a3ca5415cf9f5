"""What this process counts, and what it asks of the database when somebody scrapes. No label holds a value that a client chose."""

from collections.abc import Iterable, Mapping, Sequence

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from queries.metrics import Figures, Pool
from queries.sending_accounts import AccountLine

CONTENT_TYPE = CONTENT_TYPE_LATEST
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_LABELS = ("method", "route", "status")

# When each series began: as many series again, which nobody reads.
disable_created_metrics()  # type: ignore[no-untyped-call]  # its author left it untyped


class Metrics:
    """The registry of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter("regulars_http_requests", "Requests answered.", _LABELS, registry=self.registry)
        self._seconds = Histogram(
            "regulars_http_request_seconds",
            "Time to the end of the answer.",
            _LABELS,
            buckets=BUCKETS,
            registry=self.registry,
        )
        # Finding a series by its labels costs more than counting.
        self._series: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def answered(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """One request; `route` is a template, `status` becomes its class (2xx)."""
        labels = (method, route, status // 100)
        series = self._series.get(labels)
        if series is None:
            told = (method, route, f"{status // 100}xx")
            series = self._series[labels] = (self._requests.labels(*told), self._seconds.labels(*told))
        series[0].inc()
        series[1].observe(seconds)

    def exposition(self, *, figures: Figures | None, pool: Pool | None) -> bytes:
        """Everything as text; `figures` None: the database did not answer, and its gauges are left out rather than old."""
        now = CollectorRegistry()
        now.register(_Snapshot(figures=figures, pool=pool))
        return generate_latest(self.registry) + generate_latest(now)


class _Snapshot(Collector):
    def __init__(self, *, figures: Figures | None, pool: Pool | None) -> None:
        self.figures = figures
        self.pool = pool

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily(
            "regulars_database_up", "Whether the database answered this scrape.", value=float(self.figures is not None)
        )
        if self.pool is not None:
            parts = {"busy": self.pool.size - self.pool.idle, "idle": self.pool.idle, "most": self.pool.most}
            yield _by("regulars_pool_connections", "Database connections of this process.", "state", parts)
        if self.figures is not None:
            yield from _of_database(self.figures)


def _of_database(figures: Figures) -> Iterable[Metric]:
    yield _by("regulars_messages_open", "Messages on their way.", "state", figures.messages)
    yield GaugeMetricFamily(
        "regulars_messages_overdue_seconds",
        "Since when the oldest queued message is due.",
        value=figures.overdue_seconds,
    )
    if figures.nights_behind is not None:
        yield GaugeMetricFamily(
            "regulars_nights_behind_days", "Nights that should be closed and are not.", value=figures.nights_behind
        )
    yield GaugeMetricFamily("regulars_jobs_failed", "Jobs of the night that failed.", value=figures.failed_jobs)
    yield _by("regulars_heartbeat_age_seconds", "Since a process was last seen.", "process", figures.beat_ages)
    yield GaugeMetricFamily("regulars_replies_open", "Replies that wait for somebody.", value=figures.replies_open)
    yield GaugeMetricFamily("regulars_complaints_day", "Complaints of the last 24 hours.", value=figures.complaints)
    yield GaugeMetricFamily(
        "regulars_exports_large_week", "Times that people took very many rows, in 7 days.", value=figures.exports_large
    )
    yield GaugeMetricFamily("regulars_campaigns_sending", "Campaigns being sent.", value=figures.campaigns_sending)
    yield GaugeMetricFamily(
        "regulars_reports_waiting", "Reports that have not found their message.", value=figures.reports_waiting
    )
    yield GaugeMetricFamily(
        "regulars_sending_held", "Whether a restore holds what would leave.", value=float(figures.sending_held)
    )
    yield GaugeMetricFamily("regulars_erasures_open", "Wishes to be forgotten.", value=figures.erasures_open)
    yield GaugeMetricFamily(
        "regulars_erasures_oldest_days", "Since when the oldest of them waits.", value=figures.erasures_oldest_days
    )
    yield from _of_accounts(figures.accounts)


def _of_accounts(accounts: Sequence[AccountLine]) -> Iterable[Metric]:
    """Accounts are named by the people who run this, in small letters."""
    messages = GaugeMetricFamily(
        "regulars_account_messages", "Messages of the last 10 minutes.", labels=["account", "state"]
    )
    for line in accounts:
        for state, number in (("accepted", line.accepted), ("failed", line.failed), ("unknown", line.unknown)):
            messages.add_metric([line.name, state], number)
    yield messages
    for name, words, values in (
        ("paused", "Whether people paused it.", {line.name: float(line.facts.is_paused) for line in accounts}),
        ("down", "Whether it rests after failures.", {line.name: float(line.state == "down") for line in accounts}),
        ("failures", "Failures in a row.", {line.name: float(line.failures) for line in accounts}),
        ("pace", "Messages a second now.", {line.name: line.pace for line in accounts}),
        ("rate_limit", "The operator's limit a second.", {one.name: one.facts.rate for one in accounts}),
        ("balance", "What is left, in yuan or messages.", {one.name: one.facts.balance for one in accounts}),
    ):
        told = {account: float(value) for account, value in values.items() if value is not None}
        yield _by(f"regulars_account_{name}", words, "account", told)


def _by(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family

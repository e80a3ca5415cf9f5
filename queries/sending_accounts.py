"""Accounts as they carry messages now: their state, their pace against their limit, and what they did today."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import asyncpg

from rules.standing import AccountFacts, State
from tables.scope import current

# What is told of one second where the operator limits it, else of the last SECONDS.
SECONDS = 10

# For limited accounts every permit is written down; for others a chunk's messages are spread over the time it has taken,
# at least a second. $1 the instant.
_ACCOUNTS = """
SELECT a.id, a.name::text AS name, a.gateway::text AS gateway, a.classes::text[] AS classes, a.is_active, h.is_paused, h.down_until,
    a.opens, a.closes, h.balance, a.low_balance, h.balance_at, a.valid_until, a.licence_no::text AS licence_no, a.rate, a.connections,
    h.failures, a.failures_most, h.error_class::text AS error_class,
    (SELECT coalesce(sum(m.amount), 0)::int FROM unnest(h.moments, h.amounts) AS m(moment, amount)
     WHERE m.moment > $1::timestamptz - interval '1 second') AS used
FROM gateway_account a JOIN gateway_health h ON h.account = a.id ORDER BY a.priority, a.id
"""
_DONE_TODAY = f"""
SELECT c.gateway::text AS gateway, sum(c.sending) AS leaving, sum(c.accepted) AS accepted, sum(c.failed + c.undelivered) AS failed,
    sum(c.delivered) AS delivered, sum(c.unknown) AS unknown, count(*) FILTER (WHERE c.owner IS NOT NULL) AS calls,
    coalesce(sum((c.accepted + c.failed + c.unknown)
        * extract(epoch FROM greatest(interval '0',
            least(c.ended, $1::timestamptz) - greatest(c.handed_at, $1::timestamptz - interval '{SECONDS} seconds')))
        / greatest(extract(epoch FROM c.ended - c.handed_at), 1)), 0)::float / {SECONDS} AS pace
FROM (SELECT w.*, $1::timestamptz AS ended FROM send_chunk w WHERE w.state = 'claimed'
    UNION ALL SELECT w.*, greatest(w.done_at, w.handed_at + interval '1 second') FROM send_chunk w WHERE w.state = 'done' AND w.done_at >= $2
    UNION ALL SELECT w.*, w.handed_at FROM send_chunk w WHERE w.state = 'waiting' AND w.handed_at IS NOT NULL) c
WHERE c.gateway IS NOT NULL GROUP BY 1
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountLine:
    """One account. `pace`: messages a second now; `trouble`: why it cannot be used, in the words of the house; `calls`:
    chunks that workers hold for it; accepted, delivered, failed and unknown are of chunks that were at work since then.
    """

    id: int
    gateway: str
    facts: AccountFacts
    state: State
    trouble: str | None
    error_class: str | None
    failures: int
    failures_most: int
    balance_at: datetime | None
    is_low: bool
    licence_no: str
    connections: int
    calls: int
    pace: float
    leaving: int
    accepted: int
    delivered: int
    failed: int
    unknown: int

    @property
    def name(self) -> str:
        return self.facts.name


async def account_lines(
    *, now: datetime, since: datetime, zone: ZoneInfo, unusable: Mapping[str, str]
) -> list[AccountLine]:
    """Every account in order of priority, in a scope of role job or of head office; `since`: when the business date began;
    `unusable`: accounts that cannot be opened, with why.
    """
    connection = current()
    done = {row["gateway"]: row for row in await connection.fetch(_DONE_TODAY, now, since)}
    return [
        _line(row, done=done.get(row["name"]), now=now, zone=zone, trouble=unusable.get(row["name"]))
        for row in await connection.fetch(_ACCOUNTS, now)
    ]


def _line(
    row: asyncpg.Record, *, done: asyncpg.Record | None, now: datetime, zone: ZoneInfo, trouble: str | None
) -> AccountLine:
    facts = _facts(row, is_usable=trouble is None)
    free = 0.0 if done is None else float(done["pace"])
    return AccountLine(
        id=row["id"],
        gateway=row["gateway"],
        facts=facts,
        state=facts.state(now=now, zone=zone),
        trouble=trouble,
        error_class=row["error_class"],
        failures=row["failures"],
        failures_most=row["failures_most"],
        balance_at=row["balance_at"],
        is_low=facts.balance is not None and facts.balance <= (row["low_balance"] or Decimal(0)),
        licence_no=row["licence_no"],
        connections=row["connections"],
        calls=_count(done, "calls"),
        pace=free if facts.rate is None else float(facts.used),
        leaving=_count(done, "leaving"),
        accepted=_count(done, "accepted"),
        delivered=_count(done, "delivered"),
        failed=_count(done, "failed"),
        unknown=_count(done, "unknown"),
    )


def _count(done: asyncpg.Record | None, name: str) -> int:
    return 0 if done is None else int(done[name])


def _facts(row: asyncpg.Record, *, is_usable: bool) -> AccountFacts:
    told = (
        "name",
        "classes",
        "is_active",
        "is_paused",
        "down_until",
        "opens",
        "closes",
        "balance",
        "valid_until",
        "rate",
        "used",
    )
    return AccountFacts(is_usable=is_usable, **{name: row[name] for name in told})

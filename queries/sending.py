"""What is on its way: counts by class, store and account, and why what waits is waiting. Reads chunks and the few indexes of
the send log, never the log itself; each role sees what it may.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import asyncpg

from rules.standing import AT_ONCE, REASONS, AccountFacts, Reason, open_hours, why_it_waits
from tables.scope import current

# What waits alone is counted up to here, the longest due first; a night's notices may be many more.
MOST = 20_000
# Failures are looked at one by one: the newest of them. A store's stand between those of all others, so that they are
# looked for among fewer messages.
MOST_FAILURES = 3_000
_NEWEST, _NEWEST_OF_STORES = 1_000_000, 200_000

# $1 the instant, $2 the beginning of the business date.
_CHUNKS = """
SELECT c.message_class::text AS message_class, c.store, c.gateway::text AS gateway, c.campaign, p.name::text AS campaign_name,
    p.state::text AS campaign_state, c.live, c.due_at > $1::timestamptz AS later, c.handed_at IS NOT NULL AS begun, min(c.due_at) AS due_at,
    coalesce(sum(greatest(c.size - c.sending - c.skipped - c.accepted - c.failed - c.unknown, 0)) FILTER (WHERE c.live), 0) AS queued,
    sum(c.sending) AS leaving, sum(c.accepted) AS accepted, sum(c.delivered) AS delivered, sum(c.failed + c.undelivered) AS failed
FROM (SELECT w.*, true AS live FROM send_chunk w WHERE w.state = 'waiting'
    UNION ALL SELECT w.*, true FROM send_chunk w WHERE w.state = 'claimed'
    UNION ALL SELECT w.*, false FROM send_chunk w WHERE w.state = 'done' AND w.done_at >= $2) c
LEFT JOIN campaign p ON p.id = c.campaign GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
"""
_ALONE = f"""
SELECT s.message_class::text AS message_class, s.store, s.gateway::text AS gateway, p.name::text AS campaign_name,
    p.state::text AS campaign_state, s.later, s.tried, s.planned, min(s.next_at) AS due_at, sum(s.messages)::bigint AS queued
FROM (SELECT a.message_class, a.store, a.gateway, a.campaign, a.next_at > $1::timestamptz AS later, a.attempts > 0 AS tried,
        a.scheduled_at > $1::timestamptz IS TRUE AS planned, min(a.next_at) AS next_at, count(*) AS messages
    FROM (SELECT message_class, store, gateway, campaign, next_at, attempts, scheduled_at FROM send_log
        WHERE chunk IS NULL AND next_at IS NOT NULL AND state = 'queued' ORDER BY next_at, id LIMIT {MOST}) a
    GROUP BY 1, 2, 3, 4, 5, 6, 7) s
LEFT JOIN campaign p ON p.id = s.campaign GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
"""
_UNKNOWN = "SELECT message_class::text AS message_class, store, sum(unknown) AS unknown FROM send_chunk WHERE unknown > 0 GROUP BY 1, 2"
_FAILURES = f"""
SELECT error_class::text AS error_class, count(*) AS messages FROM (
    SELECT error_class, state, handed_at FROM send_log
    WHERE error_class IS NOT NULL AND id > (SELECT coalesce(pg_sequence_last_value('send_log_id_seq'), 0)
        - CASE WHEN cardinality(deed.stores()::bigint[]) > 0 THEN {_NEWEST_OF_STORES} ELSE {_NEWEST} END)
    ORDER BY id DESC LIMIT {MOST_FAILURES}) f
WHERE state = 'failed' AND handed_at >= $1 GROUP BY 1 ORDER BY 2 DESC, 1
"""
_HOURS = "SELECT store, opens, closes FROM contact_rule WHERE kind = 'hours' AND is_active"
_STORES = "SELECT id, code::text AS code, name::text AS name FROM store ORDER BY code"

Rows: TypeAlias = Sequence[asyncpg.Record]


@dataclass(kw_only=True, slots=True)
class Counts:
    """`queued` is not handed over yet, of it `held` for a reason that time or people end; `leaving`: in a call right now; of
    those handed over today: accepted, and their ends so far. `unknown`: nobody knows whether they left, of any day.
    """

    queued: int = 0
    held: int = 0
    leaving: int = 0
    accepted: int = 0
    delivered: int = 0
    failed: int = 0
    unknown: int = 0

    def add(self, row: Mapping[str, Any]) -> None:
        """Adds what a row tells of each count."""
        for name in (field.name for field in fields(self)):
            setattr(self, name, getattr(self, name) + int(row.get(name, 0)))

    @property
    def any(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """Messages of a class that wait for one reason; `cause`: the account or campaign; `until`: the first one's time."""

    reason: Reason
    message_class: str
    cause: str | None
    messages: int
    until: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreCounts:
    """`code` and `name` are None for what belongs to no single store."""

    code: str | None
    name: str | None
    counts: Counts


@dataclass(frozen=True, kw_only=True, slots=True)
class Sending:
    """`more`: more messages wait alone than were counted."""

    total: Counts
    classes: Mapping[str, Counts]
    stores: Sequence[StoreCounts]
    held: Sequence[Held]
    failures: Sequence[tuple[str, int]]
    more: bool


async def sending(*, now: datetime, since: datetime, zone: ZoneInfo, accounts: Sequence[AccountFacts]) -> Sending:
    """What the caller's scope may see at `now`; `since`: when the business date began; `accounts`: all, in order of
    priority.
    """
    connection = current()
    chunks, alone, unknown = [
        [dict(row) for row in await connection.fetch(sql, *arguments)]
        for sql, arguments in ((_CHUNKS, (now, since)), (_ALONE, (now,)), (_UNKNOWN, ()))
    ]
    rules = [(row["store"], row["opens"], row["closes"]) for row in await connection.fetch(_HOURS)]

    def why(row: Mapping[str, Any]) -> tuple[Reason, str | None]:
        return _why(row, facts=accounts, rules=rules, now=now, zone=zone)

    rows = [{**row, "why": why(row) if row["queued"] else ("ready", None)} for row in [*chunks, *alone]]
    for row in rows:
        row["held"] = 0 if row["why"][0] in {"ready", "rate"} else row["queued"]
    rows += unknown
    return Sending(
        total=_by(rows, lambda _: None).get(None, Counts()),
        classes=_by(rows, lambda row: row["message_class"]),
        stores=_of_stores(rows, await connection.fetch(_STORES)),
        held=_held(rows),
        failures=[(row["error_class"], row["messages"]) for row in await connection.fetch(_FAILURES, since)],
        more=sum(row["queued"] for row in alone) >= MOST,
    )


def _why(
    row: Mapping[str, Any], *, facts: Sequence[AccountFacts], rules: Sequence[Any], now: datetime, zone: ZoneInfo
) -> tuple[Reason, str | None]:
    """Why the messages of a row wait; the account that holds them up, or the campaign."""
    if row["campaign_state"] not in {None, "sending"}:
        return "campaign_halted", row["campaign_name"]
    opened = row["message_class"] in AT_ONCE or open_hours(
        rules=rules, store=row["store"], local=now.astimezone(zone).time()
    )
    if row["later"]:
        if row.get("tried") or row.get("begun"):
            return "retry", None
        return ("scheduled", None) if opened or row.get("planned", True) else ("quiet_hours", None)
    if not opened:
        return "quiet_hours", None
    gateway = (
        row["gateway"] if "planned" in row else None
    )  # a chunk may change its account, a lone message that has one not
    return why_it_waits(message_class=row["message_class"], gateway=gateway, accounts=facts, now=now, zone=zone)


def _by(rows: Sequence[Mapping[str, Any]], key: Callable[[Mapping[str, Any]], Any]) -> dict[Any, Counts]:
    found: dict[Any, Counts] = {}
    for row in rows:
        found.setdefault(key(row), Counts()).add(row)
    return found


def _of_stores(rows: Sequence[Mapping[str, Any]], stores: Rows) -> list[StoreCounts]:
    counted = _by(rows, lambda row: row["store"])
    named = [(row["id"], row["code"], row["name"]) for row in stores]
    return [
        StoreCounts(code=code, name=name, counts=counted[store])
        for store, code, name in [*named, (None, None, None)]
        if store in counted and counted[store].any
    ]


def _held(rows: Sequence[Mapping[str, Any]]) -> list[Held]:
    """The reasons with the most messages first; what is ready comes last."""
    found: dict[tuple[Reason, str, str | None], list[tuple[int, datetime]]] = {}
    for row in rows:
        if row.get("queued"):
            reason, cause = row["why"]
            found.setdefault((reason, row["message_class"], cause), []).append((int(row["queued"]), row["due_at"]))
    held = [
        Held(
            reason=reason, message_class=message_class, cause=cause, messages=sum(messages for messages, _ in parts),
            until=min(at for _, at in parts) if reason in {"scheduled", "retry"} else None,
        )
        for (reason, message_class, cause), parts in found.items()
    ]  # fmt: skip
    return sorted(held, key=lambda one: (one.reason in {"ready", "rate"}, -one.messages, REASONS.index(one.reason)))

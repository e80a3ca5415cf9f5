"""A campaign while it is sent: each step's progress, its pace, its red lines, and why messages failed or stayed here."""

from dataclasses import dataclass
from datetime import datetime

from queries.campaigns_due import red_lines
from rules.red_lines import Lines
from tables.scope import current

_PACE = 10  # seconds over which the pace is told

# What waits alone, after its first hour or a failed call, is no chunk's any more.
_STEPS = f"""
SELECT s.id, s.number, s.kind::text AS kind, s.state::text AS state, s.scheduled_at, s.send_before, s.audience,
    s.canary_state::text AS canary_state, k.size, k.held, k.open, k.accepted, k.delivered, k.failed, k.unknown, k.skipped, k.pace,
    (SELECT count(*) FROM send_log l WHERE l.chunk IS NULL AND l.next_at IS NOT NULL AND l.step = s.id AND l.state = 'queued') AS alone
FROM campaign_step s CROSS JOIN LATERAL (
    SELECT coalesce(sum(h.size), 0)::bigint AS size, coalesce(sum(h.size) FILTER (WHERE h.state = 'held'), 0)::bigint AS held,
        coalesce(sum(greatest(h.size - h.sending - h.skipped - h.accepted - h.failed - h.unknown, 0))
            FILTER (WHERE h.state <> 'done'), 0)::bigint AS open,
        coalesce(sum(h.accepted), 0)::bigint AS accepted, coalesce(sum(h.delivered), 0)::bigint AS delivered,
        coalesce(sum(h.failed + h.undelivered), 0)::bigint AS failed, coalesce(sum(h.unknown), 0)::bigint AS unknown,
        coalesce(sum(h.skipped), 0)::bigint AS skipped,
        coalesce(sum(h.accepted) FILTER (WHERE h.done_at > $2::timestamptz - interval '{_PACE} seconds'), 0)::float8 / {_PACE} AS pace
    FROM send_chunk h WHERE h.step = s.id) k
WHERE s.campaign = $1 ORDER BY s.number
"""
_RED = "SELECT * FROM deed.red_figures($1, NULL, $2)"
_REPLIES = "SELECT count(*) FROM reply r JOIN send_log s ON s.id = r.send_log WHERE s.campaign = $1"
_REASONS = """
SELECT state::text AS state, coalesce(error_class, reason)::text AS why, count(*) AS messages FROM send_log
WHERE campaign = $1 AND (state = 'skipped' OR state = 'failed') GROUP BY 1, 2 ORDER BY 3 DESC, 2
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepLive:
    """Of `audience` people `size` have a message: so many are `open` (`held` of them until the canary is judged), `alone` among
    those offered again. `pace`: accepted a second of late.
    """

    id: int
    number: int
    kind: str
    state: str
    scheduled_at: datetime
    send_before: datetime
    audience: int | None
    canary_state: str | None
    size: int
    held: int
    open: int
    accepted: int
    delivered: int
    failed: int
    unknown: int
    skipped: int
    pace: float
    alone: int

    @property
    def waiting(self) -> int:
        """Messages that would not leave any more if the campaign were cancelled now."""
        return self.open + self.alone


@dataclass(frozen=True, kw_only=True, slots=True)
class Red:
    """Messages handed over (`sent`), of these `reported` and `delivered`; people who opted out, complained, replied; the lines."""

    sent: int
    reported: int
    delivered: int
    opted_out: int
    complained: int
    replies: int
    lines: Lines


async def live_steps(*, campaign: int, now: datetime) -> list[StepLive]:
    """The steps of a campaign (id), in order. In a scope of role job."""
    return [StepLive(**row) for row in await current().fetch(_STEPS, campaign, now)]


async def red(*, campaign: int, now: datetime) -> Red:
    """How a campaign (id) stands to its red lines. In a scope of role job."""
    connection = current()
    (row,) = await connection.fetch(_RED, campaign, now)
    replies = await connection.fetchval(_REPLIES, campaign)
    return Red(**row, replies=replies, lines=await red_lines())


async def reasons(*, campaign: int) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Why messages of a campaign (id) failed, and why people were left out, the most first. Reads its whole log: not for every
    second. In a scope of role job.
    """
    rows = await current().fetch(_REASONS, campaign)
    failed = [(row["why"] or "unknown", row["messages"]) for row in rows if row["state"] == "failed"]
    return failed, [(row["why"], row["messages"]) for row in rows if row["state"] == "skipped" and row["why"]]

"""What came of it: campaigns and how far they are, complaints, replies. Each role sees what it may."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from queries.replies import open_replies
from tables.scope import current

REPLIES_SHOWN = 6
_LONGEST_TEXT = 200

# Those that leave, wait or were stopped, and those that came to their end today. $1 when the business date began.
_CAMPAIGNS = """
SELECT p.id, p.name::text AS name, p.state::text AS state, p.reason::text AS reason, coalesce(sum(c.size), 0)::bigint AS size,
    coalesce(sum(c.sending), 0)::bigint AS leaving, coalesce(sum(c.skipped), 0)::bigint AS skipped,
    coalesce(sum(c.accepted), 0)::bigint AS accepted, coalesce(sum(c.delivered), 0)::bigint AS delivered,
    coalesce(sum(c.failed + c.undelivered), 0)::bigint AS failed, coalesce(sum(c.failed), 0)::bigint AS refused,
    coalesce(sum(c.unknown), 0)::bigint AS unknown,
    (SELECT count(*) FROM complaint k WHERE k.campaign = p.id) AS complaints
FROM campaign p LEFT JOIN send_chunk c ON c.campaign = p.id
WHERE p.state IN ('sending', 'paused')
    OR p.id IN (SELECT d.campaign FROM send_chunk d WHERE d.state = 'done' AND d.done_at >= $1)
    OR p.id IN (SELECT k.campaign FROM complaint k WHERE k.at >= $1)
GROUP BY p.id ORDER BY p.state = 'sending' DESC, p.id DESC LIMIT 20
"""
_RED_LINE = "SELECT min(share) FROM contact_rule WHERE kind = 'complaints' AND is_active"
_COMPLAINTS = "SELECT count(*) FROM complaint WHERE at >= $1"
_TODAY = "SELECT count(*) AS said, count(*) FILTER (WHERE kind IN ('opt_out', 'opt_out_all')) AS opt_outs FROM reply WHERE at >= $1"
_NEWEST = f"""
SELECT said_at, phone_masked, kind::text AS kind, state::text AS state, left(text, {_LONGEST_TEXT}) AS text
FROM reply ORDER BY id DESC LIMIT {REPLIES_SHOWN}
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignLine:
    """How far a campaign is; `size` messages in its chunks, `refused` by the gateway at once (they are among `failed`)."""

    id: int
    name: str
    state: str
    reason: str | None
    size: int
    leaving: int
    skipped: int
    accepted: int
    delivered: int
    failed: int
    refused: int
    unknown: int
    complaints: int

    @property
    def settled(self) -> int:
        """How many have left, or never will."""
        return self.skipped + self.accepted + self.refused + self.unknown

    def over(self, *, red_line: Decimal | None) -> bool:
        """Whether it was complained of more often than HQ bears, for what was handed over."""
        handed = self.accepted + self.refused + self.unknown
        return red_line is not None and self.complaints > 0 and self.complaints > handed * red_line


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplyLine:
    """A reply, its phone masked and its text cut."""

    said_at: datetime
    phone_masked: str
    kind: str
    state: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class News:
    """`open_replies` wait for somebody; complaints, replies and opt-outs are today's."""

    campaigns: Sequence[CampaignLine]
    red_line: Decimal | None
    complaints: int
    open_replies: int
    replies: int
    opt_outs: int
    newest: Sequence[ReplyLine]


async def news(*, since: datetime) -> News:
    """What the caller's scope may see; `since`: when the business date began."""
    connection = current()
    [today] = await connection.fetch(_TODAY, since)
    return News(
        campaigns=[CampaignLine(**row) for row in await connection.fetch(_CAMPAIGNS, since)],
        red_line=await connection.fetchval(_RED_LINE),
        complaints=await connection.fetchval(_COMPLAINTS, since),
        open_replies=await open_replies(),
        replies=today["said"],
        opt_outs=today["opt_outs"],
        newest=[ReplyLine(**row) for row in await connection.fetch(_NEWEST)],
    )

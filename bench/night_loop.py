"""What most CRMs do at night: one member after the other, a handful of round trips and a commit each."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from rules.calendar import quarter_start
from tables.scope import Connection, owner

_LOTS = "SELECT id, remaining, expires_on FROM points_lot WHERE member = $1 AND remaining > 0 AND expires_on <= $2 ORDER BY id"
_LOCK = "SELECT balance, pending, debt FROM points_account WHERE member = $1 FOR UPDATE"
_ENTRY = """
INSERT INTO points_entry (member, store, kind, points, balance_after, source, reference, business_date)
SELECT id, home_store, 'expire', $2, $3, 'night', $4, $5 FROM member WHERE id = $1 RETURNING id
"""
_ACCOUNT = "UPDATE points_account SET balance = balance - $2, touched_on = greatest(touched_on, $3) WHERE member = $1"
_SPENT = """
SELECT coalesce(sum(tier_amount) FILTER (WHERE sold_on >= $3), 0) AS this, coalesce(sum(tier_amount) FILTER (WHERE sold_on < $3), 0) AS previous
FROM purchase WHERE member = $1 AND business_date BETWEEN $2 AND $4
"""
_MOVE = "INSERT INTO tier_change (member, from_tier, to_tier, reason, business_date) VALUES ($1, $2, $3, $4, $5)"


@dataclass(frozen=True)
class Tiers:
    """The thresholds, lowest first, as (id, spend)."""

    steps: Sequence[tuple[int, Decimal]]

    def reached(self, spent: Decimal) -> int:
        """The place of the highest tier that this spend reaches."""
        return max(place for place, (_, spend) in enumerate(self.steps) if spend <= max(spent, Decimal(0)))


def _quarter_after(first: date) -> date:
    return quarter_start(day=first + timedelta(days=95))


async def _expire(connection: Connection, *, member: int, day: date) -> None:
    for lot in await connection.fetch(_LOTS, member, day):
        account = await connection.fetchrow(_LOCK, member)
        assert account is not None  # noqa: S101  every member has one
        left = account["balance"] + account["pending"] - account["debt"] - lot["remaining"]
        key = f"expire:{member}:{lot['expires_on']}"
        entry = await connection.fetchval(_ENTRY, member, -lot["remaining"], left, key, lot["expires_on"])
        await connection.execute(
            "INSERT INTO points_allocation (entry, lot, points) VALUES ($1, $2, $3)", entry, lot["id"], lot["remaining"]
        )
        await connection.execute("UPDATE points_lot SET remaining = 0 WHERE id = $1", lot["id"])
        await connection.execute(_ACCOUNT, member, lot["remaining"], day)


async def _tier(connection: Connection, *, member: int, day: date, tiers: Tiers) -> None:
    first = quarter_start(day=day + timedelta(days=1))
    before = quarter_start(day=first - timedelta(days=1))
    ends = _quarter_after(first) - timedelta(days=1)
    has = await connection.fetchrow("SELECT tier, tier_valid_until FROM member WHERE id = $1", member)
    spent = await connection.fetchrow(_SPENT, member, before, first, day)
    assert has is not None and spent is not None  # noqa: PT018, S101  as above
    this, previous = tiers.reached(spent["this"]), tiers.reached(spent["previous"])
    place = max(this, previous)
    tier = tiers.steps[place][0]
    until = None if place == 0 else _quarter_after(_quarter_after(first)) - timedelta(days=1) if this >= place else ends
    if (has["tier"], has["tier_valid_until"]) == (tier, until):
        return
    await connection.execute("UPDATE member SET tier = $2, tier_valid_until = $3 WHERE id = $1", member, tier, until)
    if tier != has["tier"]:
        await connection.execute(_MOVE, member, has["tier"], tier, "spend" if tier > has["tier"] else "lapse", day)


async def naive_seconds(*, members: Sequence[int], day: date) -> float:
    """Expiry and tiers of one date for these members, no notices; what it writes is what the night would have written."""
    async with owner() as connection:
        rows = await connection.fetch("SELECT id, quarterly_spend FROM tier ORDER BY rank")
        tiers = Tiers([(row["id"], row["quarterly_spend"]) for row in rows])
        began = time.perf_counter()
        for member in members:
            async with connection.transaction():
                await _expire(connection, member=member, day=day)
                await _tier(connection, member=member, day=day, tiers=tiers)
        return time.perf_counter() - began

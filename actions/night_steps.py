"""The jobs of a night: whom each one concerns, and what it does for a chunk of them."""

from datetime import date, timedelta

from actions.night_frame import Members, Night, Step
from actions.night_habits import keep_stats, stats_members
from actions.night_tags import change_tags, count_segments, open_segments, rule_tags, tag_changes
from actions.sessions import forget_sessions
from queries.night_proof import NEWEST, broken_for, proven_until
from rules.calendar import quarter_end
from rules.refusals import Refusal
from tables.scope import Connection


class NightCheckFailedError(Refusal):
    """An invariant does not hold for members touched that day; the night stays open until a person has looked."""

    def __init__(self, business_date: date, broken: dict[str, int]) -> None:
        found = ", ".join(f"{name}: {rows}" for name, rows in broken.items())
        super().__init__(
            "check_failed",
            f"The night of {business_date} stays open, its proof fails ({found}): run `regulars check`.",
            f"{business_date} 的夜间任务未结清，核对不通过（{found}）：请运行 regulars check。",
        )


_DIGESTS = """
SELECT (SELECT hashtext(string_agg(rank || ':' || quarterly_spend, ',' ORDER BY rank)) FROM tier),
       (SELECT (counts ->> 'program')::integer FROM job_run WHERE job = 'tiers' AND state = 'done' ORDER BY business_date DESC LIMIT 1)
"""
_KEEP_DIGEST = """
UPDATE job_run SET counts = counts || jsonb_build_object('program', $2::integer) WHERE job = 'tiers' AND business_date = $1
"""

_KEEP_NEWEST = """
UPDATE job_run SET counts = counts || jsonb_build_object('entry', $2::bigint) WHERE job = 'check' AND business_date = $1
"""
# Rows of each table that one night looks at: more than any day brings.
_MOST_FORGOTTEN = 500_000
_HOLD = "SELECT 1 FROM points_account WHERE member = ANY ($1::bigint[]) ORDER BY member FOR UPDATE"
_UNMARK = "UPDATE points_account SET touched_on = NULL WHERE member = ANY ($1::bigint[]) AND touched_on <= $2"


def _ids(sql: str, *, ahead: int = 0) -> Members:
    """The ids that a query over the night's date (plus `ahead` days) finds.

    Sorted here: asked for an order, the planner would walk an index and fetch the whole table row by row.
    """

    async def members(connection: Connection, night: Night) -> list[int]:
        rows = await connection.fetch(sql, night.business_date + timedelta(days=ahead))
        return sorted(row[0] for row in rows)

    return members


async def _mature(connection: Connection, night: Night, members: list[int]) -> dict[str, int]:
    lots = await connection.fetchval(
        "SELECT deed.points_mature($1::bigint[], $2)", members, night.business_date + timedelta(days=1)
    )
    return {"lots": lots}


async def _expire(connection: Connection, night: Night, members: list[int]) -> dict[str, int]:
    row = await connection.fetchrow("SELECT * FROM deed.points_expire($1::bigint[], $2)", members, night.business_date)
    return dict(row) if row else {}


async def _tier_members(connection: Connection, night: Night) -> list[int]:
    """Whom the day may move; everybody after the thresholds were edited, which the last run's digest tells."""
    if night.overtaken:
        return []
    digest, before = await connection.fetchrow(_DIGESTS) or (None, None)
    if night.latest is None:
        await connection.execute(_KEEP_DIGEST, night.business_date, digest)
    if before not in (None, digest):
        rows = await connection.fetch("SELECT id FROM member WHERE erased_at IS NULL")
    else:
        rows = await connection.fetch("SELECT member FROM deed.tier_candidates($1)", night.business_date)
    return sorted(row[0] for row in rows)


async def _tiers(connection: Connection, night: Night, members: list[int]) -> dict[str, int]:
    row = await connection.fetchrow(
        "SELECT * FROM deed.tiers_move($1::bigint[], $2, $3, $4)",
        members,
        night.business_date,
        night.notices_until,
        not night.replay,
    )
    return dict(row) if row else {}


async def _notice_members(connection: Connection, night: Night) -> list[int]:
    if night.overtaken:
        return []
    rows = await connection.fetch("SELECT member FROM deed.notice_candidates($1)", night.business_date)
    return sorted(row[0] for row in rows)


async def _notices(connection: Connection, night: Night, members: list[int]) -> dict[str, int]:
    row = await connection.fetchrow(
        "SELECT * FROM deed.notices_write($1::bigint[], $2, $3, $4, $5)",
        members,
        night.business_date,
        None if night.replay else night.now,
        night.zone.key,
        night.notices_until,
    )
    return dict(row) if row else {}


async def _everyone_at_once(_: Connection, night: Night) -> list[int]:
    """One chunk, whatever it holds; a replay or a repetition leaves what waits for a real night alone."""
    return [] if night.replay or night.latest is not None else [0]


async def _sweep(connection: Connection, night: Night, _: list[int]) -> dict[str, int]:
    # A till asks again within minutes, and within days where it was offline; later it is answered as of then.
    await connection.execute(
        "DELETE FROM till_answer WHERE created_at < $1::timestamptz - interval '90 days'", night.now
    )
    await forget_sessions(now=night.now)
    counts = {
        "too_late": await connection.fetchval("SELECT deed.sends_sweep($1)", night.now),
        "forgotten": await connection.fetchval("SELECT deed.retention_sweep($1, $2)", night.now, _MOST_FORGOTTEN),
    }
    if night.business_date == quarter_end(day=night.business_date):
        counts["stores"] = await connection.fetchval("SELECT deed.invalid_phones_count($1)", night.business_date)
    return counts


async def _touched(connection: Connection, night: Night) -> list[int]:
    """Members marked since the last check; keeps how far the ledger went, for the checks after this one."""
    newest = await connection.fetchval(NEWEST)
    if night.latest is None:
        await connection.execute(_KEEP_NEWEST, night.business_date, newest)
    return await _ids("SELECT member FROM points_account WHERE touched_on <= $1")(connection, night)


async def _check(connection: Connection, night: Night, members: list[int]) -> dict[str, int]:
    """Holds the members' accounts, settles what came while this night ran, takes their marks off, then looks.

    A receipt of this very date that is posted now waits for the commit and marks its member anew, for the next night.
    """
    await connection.execute(_HOLD, members)
    late = [await work(connection, night, members) for work in (_mature, _expire, _tiers)]
    expired, moved = late[1].get("entries", 0), late[2].get("up", 0) + late[2].get("down", 0)
    if moved:
        await _notices(connection, night, members)
    await connection.execute(_UNMARK, members, night.business_date)
    broken = await broken_for(
        connection=connection,
        members=members,
        business_date=night.business_date,
        after_entry=await proven_until(connection=connection),
    )
    if broken:
        raise NightCheckFailedError(night.business_date, broken)
    return {"members": len(members), "late_expired": expired, "late_moved": moved}


STEPS = (
    Step(
        job="mature",
        members=_ids("SELECT DISTINCT member FROM points_lot WHERE NOT matured AND available_on <= $1", ahead=1),
        work=_mature,
    ),
    Step(
        job="expire",
        members=_ids("SELECT member FROM points_account WHERE lapses_on <= $1"),
        work=_expire,
    ),
    Step(job="tiers", members=_tier_members, work=_tiers),
    Step(job="stats", members=stats_members, work=keep_stats),
    Step(job="tags", members=tag_changes, work=change_tags, parts=rule_tags),
    Step(job="segments", members=open_segments, work=count_segments, members_a_commit=1),
    Step(job="notices", members=_notice_members, work=_notices),
    Step(job="sweep", members=_everyone_at_once, work=_sweep),
    Step(
        job="check",
        members=_touched,
        work=_check,
        # Their accounts are held while the proof runs: a till must not wait for long.
        members_a_commit=2_000,
    ),
)

"""What the night does with rules: gives tags to members and takes them away, and counts segments.

A rule that cannot be read any more (its store or its tag was deleted …) is passed over and counted as `broken`.
"""

from collections.abc import Sequence

from asyncpg import Record

from actions.night_frame import Night
from queries.audience import Audience, written_to
from queries.segments import audience_of, counted
from rules.refusals import Refusal
from rules.segments import parse, said
from tables.scope import Connection

# A night that is repeated looks at what it has not counted yet: a rule that was written or changed since.
_TAGS = "SELECT id, rule FROM tag WHERE rule <> '' AND (NOT $2 OR counted_on IS DISTINCT FROM $1) ORDER BY id"
_SEGMENTS = "SELECT id, rule FROM segment WHERE counted_on IS DISTINCT FROM $1 ORDER BY id"
_NOTE = """
UPDATE job_run SET counts = counts || jsonb_build_object($3::text, $4::bigint) WHERE job = $1 AND business_date = $2
"""
# Below zero: those who lose it.
_CHANGES = """
WITH matched AS MATERIALIZED (SELECT m.id FROM {tables} WHERE {condition}),
changed AS (
    SELECT id FROM matched g WHERE NOT EXISTS (SELECT FROM member_tag t WHERE t.member = g.id AND t.tag = {tag})
    UNION ALL
    SELECT -t.member FROM member_tag t WHERE t.tag = {tag} AND t.source = 'rule'
        AND NOT EXISTS (SELECT FROM matched g WHERE g.id = t.member)
)
SELECT coalesce(array_agg(id ORDER BY abs(id)), '{{}}') AS members,
    (extract(epoch FROM clock_timestamp() - statement_timestamp()) * 1000)::bigint AS milliseconds FROM changed
"""
# What suits one rule ruins another: never a plan of someone else's values.
_PLAN = "SET LOCAL plan_cache_mode = force_custom_plan"
_RULE = "SELECT rule FROM tag WHERE id = $1"
_COUNTED = "UPDATE tag SET counted_on = $2 WHERE id = $1 AND counted_on IS DISTINCT FROM $2"
_GIVE = "SELECT given, unagreed FROM deed.tag_give($1, $2, $3, $4)"
_TAKE = """
WITH taken AS (DELETE FROM member_tag WHERE tag = $2 AND source = 'rule' AND member = ANY ($1::bigint[]) RETURNING 1)
SELECT count(*) FROM taken
"""
_KEEP = "UPDATE segment SET members = $2, counted_on = $3 WHERE id = $1"


async def rule_tags(connection: Connection, night: Night) -> list[int]:
    """The tags (ids) that are given by rule, in the order in which one may build on another."""
    if night.overtaken:
        return []
    rows = await connection.fetch(_TAGS, night.business_date, night.latest is not None)
    return await _readable(connection, night, rows, job="tags")


async def tag_changes(connection: Connection, night: Night) -> list[int]:
    """Whom the rule of the tag `night.part` gives it (ids), and from whom it takes it (ids below zero)."""
    # Whoever refused to be judged by what they did gets no such tag, and loses it.
    audience = written_to(audience=await _audience(await connection.fetchval(_RULE, night.part), night))
    sql = _CHANGES.format(
        tables=audience.tables, condition=audience.condition, tag=f"${len(audience.values) + 1}::bigint"
    )
    await connection.execute(_PLAN)
    row = await connection.fetchrow(sql, *audience.values, night.part)
    assert row is not None  # noqa: S101  an aggregate always answers
    await connection.execute(_COUNTED, night.part, night.business_date)
    await _note(connection, night, "tags", f"tag_{night.part}_ms", row["milliseconds"])
    members: list[int] = row["members"]
    return members


async def change_tags(connection: Connection, night: Night, members: list[int]) -> dict[str, int]:
    """What `tag_changes` found, in its form; those who got the tag by hand keep it. `unagreed`: who is left out because the
    tag needs a yes of their own that they have not given.
    """
    rule = await connection.fetchval(_RULE, night.part)
    because = said(rule=parse(text=rule), language="zh")
    given = [member for member in members if member > 0]
    taken = [-member for member in members if member < 0]
    since = min(night.now, night.begins)
    row = await connection.fetchrow(_GIVE, given, night.part, since, because)
    assert row is not None  # noqa: S101  one deed, one answer
    return {**row, "taken": await connection.fetchval(_TAKE, taken, night.part)}


async def open_segments(connection: Connection, night: Night) -> list[int]:
    """The segments (ids) that were not counted for this night."""
    if night.overtaken:
        return []
    return await _readable(connection, night, await connection.fetch(_SEGMENTS, night.business_date), job="segments")


async def count_segments(connection: Connection, night: Night, segments: list[int]) -> dict[str, int]:
    """Keeps how many members each of the segments (ids) selects."""
    for segment in segments:
        audience = await _audience(await connection.fetchval("SELECT rule FROM segment WHERE id = $1", segment), night)
        await connection.execute(_KEEP, segment, await counted(audience=audience), night.business_date)
    return {"segments": len(segments)}


async def _audience(rule: str, night: Night) -> Audience:
    return await audience_of(text=rule, today=night.today, zone=night.zone)


async def _readable(connection: Connection, night: Night, rows: Sequence[Record], *, job: str) -> list[int]:
    readable = []
    for row in rows:
        try:
            await _audience(row["rule"], night)
        except Refusal:
            continue
        readable.append(row["id"])
    if len(readable) < len(rows):
        await _note(connection, night, job, "broken", len(rows) - len(readable))
    return readable


async def _note(connection: Connection, night: Night, job: str, name: str, number: int) -> None:
    """Said once, not added up: what a crash repeats is the same again."""
    if night.latest is None:
        await connection.execute(_NOTE, job, night.business_date, name, number)

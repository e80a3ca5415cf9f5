"""How many rows there are: exactly while that is cheap, then as the planner knows it."""

import json
from collections.abc import Sequence
from typing import Any

from admin.lists_view import View, Where
from tables.scope import current

# From one and a half times `limits.exact` on an estimate is taken for itself, if a tenth of that many rows are really there:
# statistics may be older than what was deleted.
_SURE = 1.5
_PROBE = 10


async def count(*, view: View, where: Where) -> int:
    """Exact up to `limits.exact`, about; an estimate that is never below it beyond."""
    exact = view.limits.exact
    few = await bounded(view=view, where=where, most=exact // _PROBE + 1)
    if few <= exact // _PROBE:
        return few
    guess = await estimate(view=view, where=where) if where.is_simple else 0
    if guess >= _SURE * exact:
        return guess
    counted = await bounded(view=view, where=where, most=exact + 1)
    if counted <= exact:
        return counted
    return max(guess or await estimate(view=view, where=where), exact + 1)


async def bounded(*, view: View, where: Where, most: int) -> int:
    """How many rows there are, but no more than `most`."""
    rows = f"SELECT 1 FROM {view.sql_name} t WHERE {where.sql()} LIMIT {most}"
    return int(await current().fetchval(f"SELECT count(*) FROM ({rows}) counted", *where.values))


async def estimate(*, view: View, where: Where) -> int:
    """What statistics say, which may be anything for several conditions at once."""
    if where.filtered and not view.is_narrow:
        return round(await planned(view=view, where=where))
    if view.held <= 0:
        return round(await planned(view=view, where=where))
    if not view.is_narrow:
        return round(view.held)
    # The planner cannot know the caller's stores when it looks at the policy. What it takes the policy to leave over of
    # the whole table is divided out again, and what it really leaves over takes its place.
    part = await _part(rows=_rows(view=view, where=where), of=f"SELECT 1 FROM {view.sql_name} t", values=where.values)
    return round(view.held * part * await _share(view=view))


async def planned(*, view: View, where: Where) -> float:
    """Rows as the planner expects them."""
    return float((await _plan(rows=_rows(view=view, where=where), values=where.values))["Plan Rows"])


def _rows(*, view: View, where: Where) -> str:
    return f"SELECT 1 FROM {view.sql_name} t WHERE {where.without_rechecks()}"


async def _share(*, view: View) -> float:
    """The part of the rows that hang on the caller's members; 1 where our own condition already says whose they are."""
    if not view.hangs_on_member:
        return 1
    own = "SELECT 1 FROM member WHERE home_store = ANY ($1::bigint[])"
    # Both are rows under the policy, whose part cancels out.
    return min(await _part(rows=own, of="SELECT 1 FROM member", values=(list(view.stores),)), 1)


async def _part(*, rows: str, of: str, values: Sequence[object]) -> float:
    """What part of the rows `of` the planner expects `rows` to be; both in one plan."""
    plan = await _plan(rows=f"{rows} UNION ALL {of}", values=values)
    expected = [one["Plan Rows"] for one in plan.get("Plans", ()) if one["Parent Relationship"] == "Member"]
    # A half that cannot have any row is left out of the plan.
    return expected[0] / max(expected[1], 1) if len(expected) > 1 else 0


async def _plan(*, rows: str, values: Sequence[object]) -> dict[str, Any]:
    explained = json.loads(await current().fetchval(f"EXPLAIN (FORMAT JSON) {rows}", *values))
    plan: dict[str, Any] = explained[0]["Plan"]
    return plan

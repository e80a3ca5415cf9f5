"""What is planned for whom: the steps of all campaigns by day."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from queries.audience import written_to
from queries.segments import audience_of, counted
from rules.refusals import Refusal
from tables.scope import current

_OVER = "('cancelled', 'stopped')"
_STEPS = f"""
SELECT c.id AS campaign, c.name, c.state, c.store, s.id AS step, s.number, s.kind, (s.scheduled_at AT TIME ZONE $3)::date AS day,
    s.scheduled_at AS at, CASE WHEN s.state = 'frozen' THEN s.audience END AS people,
    c.content_kind, c.rhythm, c.rule, s.state = 'frozen' AS frozen
FROM campaign_step s JOIN campaign c ON c.id = s.campaign
WHERE s.scheduled_at >= $1::timestamp AT TIME ZONE $3 AND s.scheduled_at < ($2::date + 1)::timestamp AT TIME ZONE $3
    AND c.state NOT IN {_OVER} AND ($4::bigint IS NULL OR c.store IS NULL OR c.store = $4)
ORDER BY s.scheduled_at, c.id, s.number
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedStep:
    """A step on its day. `store`: whose campaign it is (id, None: head office's). `people`: its frozen audience, or how many its
    rule selects now (None: not counted, or its rule is broken).
    """

    campaign: int
    name: str
    state: str
    store: int | None
    step: int
    number: int
    kind: str
    day: date
    at: datetime
    people: int | None
    content_kind: str
    rhythm: str | None


async def planned(
    *, first: date, last: date, store: int | None, zone: ZoneInfo, today: date | None = None
) -> list[PlannedStep]:
    """The steps from `first` to `last`, by time, of campaigns that were not given up; for one store (id) its own and head
    office's, which reach its members too. With `today` (the chain's business date) the audiences that are not frozen are
    counted: that needs a scope of role job, the rest any that sees campaigns.
    """
    rows = await current().fetch(_STEPS, first, last, zone.key, store)
    known: dict[tuple[str, int | None], int | None] = {}
    steps = []
    for row in rows:
        told = dict(row)
        rule, frozen = told.pop("rule"), told.pop("frozen")
        if today is not None and not frozen:
            whose = (rule, row["store"])
            if whose not in known:
                known[whose] = await _people(rule, store=row["store"], today=today, zone=zone)
            told["people"] = known[whose]
        steps.append(PlannedStep(**told))
    return steps


async def _people(rule: str, *, store: int | None, today: date, zone: ZoneInfo) -> int | None:
    try:
        return await counted(
            audience=written_to(audience=await audience_of(text=rule, today=today, zone=zone, store=store))
        )
    except Refusal:
        return None  # the campaign's own page says what is wrong with it

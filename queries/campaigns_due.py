"""Which steps of campaigns are due, whom they follow, and what the red lines are asked about. In scopes of role job."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from queries.audience import Audience
from rules.red_lines import DEFAULT, ENOUGH, Lines
from rules.winners import Tried
from tables.scope import current

_DUE = "SELECT * FROM deed.steps_due($1, $2)"
_OPEN = "SELECT EXISTS (SELECT FROM campaign WHERE state IN ('scheduled', 'sending'))"
_WINNER = "SELECT f.winner, s.winner_by FROM campaign_step s JOIN campaign_step f ON f.id = s.follows WHERE s.id = $1"
_TRIED = "SELECT * FROM deed.versions_tried($1, $2, $3)"
_GOT_AND_DID_NOT_CLICK = """
m.id IN (SELECT l.member FROM send_log l WHERE l.campaign = $1 AND l.step = $2 AND l.state IN ('accepted', 'delivered'))
AND NOT EXISTS (SELECT FROM short_link k JOIN click x ON x.link = k.id
    WHERE k.member = m.id AND k.step = $2 AND k.campaign = $1 AND NOT x.is_preview)
"""
_NOT_OF_STEP = "NOT EXISTS (SELECT FROM send_log l WHERE l.campaign = ${} AND l.step = ${} AND l.member = m.id)"
_LINES = "SELECT kind, max(share) AS most, min(share) AS least FROM contact_rule WHERE is_active AND kind = ANY ($1) GROUP BY 1"
_WATCH = "SELECT * FROM deed.red_watch($1, $2)"


@dataclass(frozen=True, kw_only=True, slots=True)
class DueStep:
    """A step (id) whose time has come; `rule` and `store` are its campaign's. `begun`: its freeze was broken off; `late`:
    nothing of it may leave any more.
    """

    step: int
    campaign: int
    number: int
    kind: str
    follows: int | None
    rule: str
    store: int | None
    begun: bool
    late: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """What became of a campaign's messages, or of those that one `step` (id) let go as its canary."""

    campaign: int
    step: int | None
    sent: int
    reported: int
    delivered: int
    opted_out: int
    complained: int


async def due_steps(*, now: datetime, zone: ZoneInfo) -> list[DueStep]:
    """The steps to freeze, the earliest first: due in two minutes at the latest, none of a paused campaign."""
    return [DueStep(**row) for row in await current().fetch(_DUE, now, zone.key)]


async def anything_runs() -> bool:
    """Whether any campaign is scheduled or sending."""
    return bool(await current().fetchval(_OPEN))


def not_clicked(*, campaign: int, step: int) -> Audience:
    """Who got the message of a step (id) and did not click it; programmes that looked are no clicks."""
    return Audience(condition=_GOT_AND_DID_NOT_CLICK, values=(campaign, step))


def left_aside(*, audience: Audience, campaign: int, step: int) -> Audience:
    """Those of an audience for whom a step (id) has neither a message nor a reason."""
    values = [*audience.values, campaign, step]
    rest = _NOT_OF_STEP.format(len(values) - 1, len(values))
    return replace(audience, condition=f"({audience.condition}) AND {rest}", values=values)


async def open_trial(*, step: int, now: datetime, follows: int) -> Sequence[Tried]:
    """How the versions of the step (id) that a winner's `step` follows did until now; empty when it was decided before."""
    asked = await current().fetchrow(_WINNER, step)
    if asked is None or asked["winner"] is not None:
        return ()
    return [Tried(**row) for row in await current().fetch(_TRIED, follows, asked["winner_by"], now)]


async def red_lines() -> Lines:
    """The strictest active rule of each kind, and what holds where there is none."""
    kinds = ("delivery", "opt_out", "complaints")
    rows = {row["kind"]: row for row in await current().fetch(_LINES, list(kinds))}
    found = {kind: float(row["most" if kind == "delivery" else "least"]) for kind, row in rows.items()}
    return Lines(**{kind: found.get(kind, getattr(DEFAULT, kind)) for kind in kinds})


async def watched(*, now: datetime) -> list[Watched]:
    """What is to be judged now: canaries that have sung, and campaigns that have handed over enough to say anything."""
    return [Watched(**row) for row in await current().fetch(_WATCH, now, ENOUGH)]

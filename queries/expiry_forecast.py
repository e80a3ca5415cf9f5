"""How many points will end, month by month and store by store, if nobody spends them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from queries.settlement import Shop
from rules.calendar import add_months
from tables.scope import current

MONTHS = 12
# When points end that never do; PostgreSQL calls it infinity.
NEVER = date.max

# A row for each store and time, each time, each store and for all: a member counts once in each of them. Row-level security
# leaves a store role the lots of its own stores, which is all that the totals are then made of.
_LIVING = """
SELECT f.*, s.code, s.name FROM (
    SELECT l.store, CASE WHEN l.expires_on IS NULL THEN 'infinity' ELSE least(date_trunc('month', l.expires_on::timestamp)::date, $2) END
        AS ends,
        coalesce(sum(l.remaining) FILTER (WHERE l.matured), 0)::bigint AS ready,
        coalesce(sum(l.remaining) FILTER (WHERE NOT l.matured), 0)::bigint AS held, count(DISTINCT l.member) AS members
    FROM points_lot l WHERE l.remaining > 0 AND (l.expires_on >= $1 OR l.expires_on IS NULL)
    GROUP BY GROUPING SETS ((1, 2), (1), (2), ())) f
LEFT JOIN store s ON s.id = f.store ORDER BY s.code
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """Points that end together: those that may be spent, those still held back, and how many members have any."""

    ready: int = 0
    held: int = 0
    members: int = 0

    @property
    def points(self) -> int:
        return self.ready + self.held


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """From `today` on; `times` are the first days of this month and the eleven after it, `later` (the first day that is
    no longer shown by month) and NEVER. `stores` owe the points, in the order of their codes.
    """

    today: date
    times: tuple[date, ...]
    stores: tuple[Shop, ...]
    endings: Mapping[tuple[int | None, date | None], Ending]

    @property
    def later(self) -> date:
        return self.times[MONTHS]

    def ending(self, *, store: int | None = None, time: date | None = None) -> Ending:
        """What ends at a time (None: ever) of a store's points (id; None: of all that were asked for)."""
        return self.endings.get((store, time), Ending())


async def expiry_forecast(*, today: date) -> Forecast:
    """The points alive on a day by when they end, of the stores that the scope may see; lapsed lots are left out."""
    times = tuple(add_months(day=today.replace(day=1), months=number) for number in range(MONTHS + 1))
    rows = await current().fetch(_LIVING, today, times[-1])
    shops = {row["store"]: Shop(id=row["store"], code=row["code"], name=row["name"]) for row in rows if row["store"]}
    endings = {
        (row["store"], row["ends"]): Ending(ready=row["ready"], held=row["held"], members=row["members"])
        for row in rows
    }
    return Forecast(today=today, times=(*times, NEVER), stores=tuple(shops.values()), endings=endings)

"""History as `rules/backtest.py` plays it: a member at a time, out of one cursor."""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from queries import backtest_history as history
from rules.backtest_events import (
    NEVER,
    Adjust,
    Bonus,
    BonusBack,
    Buyer,
    Cancel,
    Erased,
    Event,
    Extend,
    Grant,
    Life,
    Opening,
    Redeem,
    Refund,
    Sale,
)  # fmt: skip
from tables.scope import current

ROWS_A_FETCH = 5_000

# Of a row: member, at, turn, key, kind, day, a, b, c, d, store, parts.
_MEMBER, _AT, _KEY, _KIND, _DAY, _A, _STORE, _PARTS = 0, 1, 3, 4, 5, 6, 10, 11
_EVENTS: Mapping[int, Callable[[int, Any], Event]] = {
    history.SALE: lambda closed, row: Sale(closed, row[5], row[3], row[6], row[7], row[8], row[10], row[11]),
    history.REFUND: lambda closed, row: Refund(closed, row[5], row[3], row[6], row[7], row[8], row[9] == 1, row[11]),
    history.REDEEM: lambda closed, row: Redeem(closed, row[5], row[3], row[6], row[7], row[8]),
    history.CANCEL: lambda closed, row: Cancel(closed, row[5], row[3]),
    history.ADJUST: lambda closed, row: Adjust(closed, row[5], row[6]),
    history.OPENING: lambda closed, row: Opening(closed, row[5], row[6], row[7] or NEVER),
    history.GRANT: lambda closed, row: Grant(closed, row[5], row[6], row[7], row[8] == 1),
    history.EXTEND: lambda closed, row: Extend(closed, row[5], row[6], row[7], row[8]),
    history.BONUS: lambda closed, row: Bonus(closed, row[5], row[3], row[6] == 1),
    history.BONUS_BACK: lambda closed, row: BonusBack(closed, row[5], row[3]),
    history.ERASED: lambda closed, _: Erased(closed),
}


class Nights:
    """The chain's closed nights up to a day: which was the last one at an instant. Days are ordinals, 0 = none."""

    def __init__(self, *, done: Sequence[tuple[datetime, date]], through: date) -> None:
        kept = [(at, day.toordinal()) for at, day in done if day <= through]
        self.done_at = [at for at, _ in kept]
        # Numbered from 1, so that what came before the first night finds 0.
        self.days = [0, *(day for _, day in kept)]

    @property
    def first(self) -> int:
        return self.days[1] if len(self.days) > 1 else 0

    @property
    def last(self) -> int:
        return self.days[-1]

    def closed_at(self, at: datetime) -> int:
        return self.days[bisect_right(self.done_at, at)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Promoted:
    """From when to when promotions change (None: they do not), and the tags (ids) that they ask for."""

    first: date | None = None
    last: date | None = None
    tags: Sequence[int] = ()


async def read_lives(*, through: date, nights: Nights, promoted: Promoted) -> AsyncGenerator[Life]:
    """Every member, in the order of their ids, with what is dated up to a day and was posted in this order.

    Reads through one cursor of the scope that is open: one snapshot, however long it takes, and a few thousand rows in
    memory. While a member is played the server works on the rows that come next.
    """
    connection = current()
    # All rows are wanted, so the plan may not favour the first ones.
    await connection.execute("SET LOCAL cursor_tuple_fraction = 1; SET LOCAL work_mem = '64MB'")
    await connection.execute(
        f"DECLARE lives NO SCROLL CURSOR FOR {history.HISTORY}", through, promoted.first, promoted.last, promoted.tags
    )
    fetch = f"FETCH FORWARD {ROWS_A_FETCH} FROM lives"
    pending, rows = asyncio.create_task(connection.fetch(fetch)), []
    try:
        while fresh := await pending:
            pending = asyncio.create_task(connection.fetch(fetch))
            await asyncio.sleep(0)  # the question leaves before we begin to play
            rows += fresh
            groups = [list(group) for _, group in groupby(rows, key=itemgetter(_MEMBER))]
            rows = groups.pop()  # there may be more of the last one
            for group in groups:
                yield _life(group, nights)
        if rows:
            yield _life(rows, nights)
    finally:
        await asyncio.wait([pending])  # whoever stops early finds the connection free


def _life(rows: Sequence[Any], nights: Nights) -> Life:
    born, *others = rows
    events = [_EVENTS[row[_KIND]](nights.closed_at(row[_AT]), row) for row in others]
    refunded = frozenset(row[_KEY] for row in others if row[_KIND] == history.REFUND)
    buyer = Buyer(frozenset(born[_PARTS] or ()), born[_STORE])
    return Life(born[_MEMBER], born[_DAY], born[_A] == 1, buyer, events, refunded)

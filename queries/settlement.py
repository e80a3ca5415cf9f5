"""What stores owe each other for a month: points issued by one and spent at another, exactly as the ledger consumed them."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from rules.calendar import month_end
from rules.refusals import Refusal
from tables.access import Role
from tables.scope import current

# Store roles see the rows of their own stores alone, so their sums would be wrong without looking so.
READERS: tuple[Role, ...] = ("hq_admin", "hq_viewer", "job")

_ASKED = """
SELECT current_setting('role') AS role, (SELECT point_value FROM points_policy ORDER BY id LIMIT 1) AS point_value
"""
# Which store's lots paid for what was spent where, by the day it counts. What a restore gave back is taken off again where
# it was redeemed, whoever gave it back. What a refund takes out of other stores' lots
# belongs to the store that sold.
_MOVED = """
WITH entry AS MATERIALIZED (
    SELECT e.id, e.kind, e.store, e.purchase, CASE WHEN e.kind = 'restore' THEN split_part(e.reference, ':', 1)::bigint END AS undoes
    FROM points_entry e WHERE e.business_date BETWEEN $1 AND $2 AND e.kind IN ('redeem', 'restore', 'refund')
), moved AS (
    SELECT l.store AS owes, e.store AS served, a.points
    FROM entry e JOIN points_allocation a ON a.entry = e.id JOIN points_lot l ON l.id = a.lot WHERE e.kind = 'redeem'
    UNION ALL
    SELECT l.store, r.store, a.points
    FROM entry e JOIN points_entry r ON r.id = e.undoes JOIN points_allocation a ON a.entry = e.id
    JOIN points_lot l ON l.id = a.lot WHERE e.kind = 'restore'
    UNION ALL
    SELECT l.store, r.store, -l.points
    FROM entry e JOIN points_entry r ON r.id = e.undoes JOIN points_lot l ON l.entry = e.id WHERE e.kind = 'restore'
    UNION ALL
    SELECT l.store, s.store, a.points
    FROM entry e JOIN purchase p ON p.id = e.purchase JOIN purchase s ON s.id = p.refund_of
    JOIN points_allocation a ON a.entry = e.id JOIN points_lot l ON l.id = a.lot
    WHERE e.kind = 'refund' AND a.paid_on IS NULL AND l.store <> s.store
    UNION ALL
    SELECT l.store, s.store, a.points
    FROM points_allocation a JOIN points_entry e ON e.id = a.entry JOIN purchase p ON p.id = e.purchase
    JOIN purchase s ON s.id = p.refund_of JOIN points_lot l ON l.id = a.lot
    WHERE a.paid_on BETWEEN $1 AND $2 AND e.kind = 'refund' AND l.store <> s.store
), pair AS (
    SELECT owes, served, sum(points)::bigint AS points FROM moved GROUP BY owes, served HAVING sum(points) <> 0
)
SELECT p.owes, o.code AS owes_code, o.name AS owes_name, p.served, s.code AS served_code, s.name AS served_name, p.points,
    CASE WHEN p.owes <> p.served THEN round(p.points * $3::numeric, 2) END AS yuan
FROM pair p JOIN store o ON o.id = p.owes JOIN store s ON s.id = p.served ORDER BY o.code, s.code
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shop:
    """A store as a report names it."""

    id: int
    code: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """`owes` pays `served` for `points` (negative: gets back more than it owes); `yuan` is None where nothing is to be
    paid (one store) or no value of a point is set.
    """

    owes: Shop
    served: Shop
    points: int
    yuan: Decimal | None

    @property
    def settles(self) -> bool:
        return self.owes.id != self.served.id


@dataclass(frozen=True, kw_only=True, slots=True)
class Net:
    """A store's month, in points and yuan: what others owe it, what it owes others, and the difference."""

    store: Shop
    receives: int
    pays: int
    yuan: Decimal | None

    @property
    def points(self) -> int:
        return self.receives - self.pays


@dataclass(frozen=True, kw_only=True, slots=True)
class Settlement:
    """One month; `point_value` is today's, in yuan, None where none is set. The nets sum to zero, in points and in yuan:
    a pair's yuan are rounded to the cent, a net is the sum of its pairs.
    """

    month: date
    point_value: Decimal | None
    pairs: tuple[Pair, ...]
    nets: tuple[Net, ...]


async def settlement(*, month: date) -> Settlement:
    """What is to be settled for the month of this day, as the ledger knows it now; head office alone may ask.

    Raises Refusal not_allowed.
    """
    asked = await current().fetchrow(_ASKED)
    if asked is None or asked["role"].removeprefix("regulars_") not in READERS:
        raise not_allowed()
    first = month.replace(day=1)
    rows = await current().fetch(_MOVED, first, month_end(day=first), asked["point_value"])
    pairs = tuple(
        Pair(
            owes=Shop(id=row["owes"], code=row["owes_code"], name=row["owes_name"]),
            served=Shop(id=row["served"], code=row["served_code"], name=row["served_name"]),
            points=row["points"],
            yuan=row["yuan"],
        )
        for row in rows
    )
    value: Decimal | None = asked["point_value"]
    return Settlement(month=first, point_value=value, pairs=pairs, nets=_nets(pairs, valued=value is not None))


def not_allowed() -> Refusal:
    """The no to everybody else."""
    return Refusal(
        code="not_allowed",
        en="The settlement between stores is for head office: ask there for your store's figures.",
        zh="门店结算仅限总部查看：如需本店数据，请联系总部。",
    )


def _nets(pairs: tuple[Pair, ...], *, valued: bool) -> tuple[Net, ...]:
    """Of every store that moved anything, also where it only served its own members."""
    receives: defaultdict[Shop, int] = defaultdict(int)
    pays: defaultdict[Shop, int] = defaultdict(int)
    yuan: defaultdict[Shop, Decimal] = defaultdict(Decimal)
    for pair in pairs:
        if pair.settles:
            pays[pair.owes] += pair.points
            receives[pair.served] += pair.points
            yuan[pair.owes] -= pair.yuan or Decimal(0)
            yuan[pair.served] += pair.yuan or Decimal(0)
    shops = {shop for pair in pairs for shop in (pair.owes, pair.served)}
    return tuple(
        Net(store=shop, receives=receives[shop], pays=pays[shop], yuan=yuan[shop] if valued else None)
        for shop in sorted(shops, key=lambda shop: shop.code)
    )

"""What the look at a text needs besides the text: what stands around it, what it costs, and texts to choose from."""

from dataclasses import dataclass
from decimal import Decimal

from tables.scope import current

_AROUND = """
SELECT coalesce(nullif(btrim(c.signature), ''), '回头客') AS signature, coalesce(a.opt_out_text, '') AS ending, a.price,
    coalesce(o.name, (SELECT s.name FROM store s WHERE s.is_active ORDER BY s.code LIMIT 1), '') AS store
FROM (SELECT 1) one LEFT JOIN chain c ON true LEFT JOIN store o ON o.id = $1
LEFT JOIN LATERAL (SELECT g.opt_out_text, g.price FROM gateway_account g
    WHERE g.is_active AND 'marketing' = ANY (g.classes) ORDER BY g.priority, g.id LIMIT 1) a ON true LIMIT 1
"""
_LIBRARY = """
SELECT id, name::text AS name, trade::text AS trade, occasion::text AS occasion, text FROM template
WHERE kind IS NULL AND is_active AND message_class = 'marketing' ORDER BY trade, occasion, name
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Around:
    """`signature` in front and opt-out words at the `ending` of each message; `price` of a part (yuan; None: no account);
    `store`: whose name stands in an example.
    """

    signature: str
    ending: str
    price: Decimal | None
    store: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LibraryText:
    """A text for shops of a `trade` on an `occasion`; both may be empty."""

    id: int
    name: str
    trade: str
    occasion: str
    text: str


async def around(*, store: int | None) -> Around:
    """What stands around the texts of a store's (id) or headquarters' campaign. In a scope of role job."""
    (row,) = await current().fetch(_AROUND, store)
    return Around(**row)


async def library() -> list[LibraryText]:
    """The texts for free use, by trade and occasion."""
    return [LibraryText(**row) for row in await current().fetch(_LIBRARY)]

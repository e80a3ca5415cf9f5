"""The names that a rule about members can speak of, for lists to choose from."""

from dataclasses import dataclass

from tables.scope import current

MOST = 500  # names a list; whoever has more types them

_NAMES = """
SELECT ARRAY(SELECT name::text FROM tier ORDER BY rank LIMIT $1) AS tiers,
    ARRAY(SELECT name::text FROM tag ORDER BY name LIMIT $1) AS tags,
    ARRAY(SELECT name::text FROM category ORDER BY name LIMIT $1) AS categories,
    ARRAY(SELECT name::text FROM segment ORDER BY name LIMIT $1) AS segments,
    ARRAY(SELECT DISTINCT region::text FROM store WHERE btrim(region) <> '' ORDER BY 1 LIMIT $1) AS regions
"""
_STORES = "SELECT id, code::text AS code, name::text AS name FROM store WHERE is_active ORDER BY code LIMIT $1"


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreName:
    id: int
    code: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleChoices:
    """Names as the asking role sees them; `stores` by code, `tiers` by rank."""

    stores: tuple[StoreName, ...]
    tiers: tuple[str, ...]
    tags: tuple[str, ...]
    categories: tuple[str, ...]
    segments: tuple[str, ...]
    regions: tuple[str, ...]


async def store_names() -> tuple[StoreName, ...]:
    """The stores that the role of the scope sees, by code."""
    return tuple(StoreName(**row) for row in await current().fetch(_STORES, MOST))


async def rule_choices() -> RuleChoices:
    """In a scope that is open: everything that a form of fields offers."""
    names = await current().fetchrow(_NAMES, MOST)
    assert names is not None  # noqa: S101  one row without a table
    return RuleChoices(stores=await store_names(), **{key: tuple(found) for key, found in names.items()})

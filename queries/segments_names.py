"""What the names in a rule of segments stand for in this chain."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rules.refusals import Refusal
from rules.segments import parse
from rules.segments_fields import FIELDS
from rules.segments_refusals import refused, unknown_name
from rules.segments_tree import Bought, Compare, Condition, InSegment, Near, Reacted, Rule, Tagged, Wished, conditions
from tables.scope import current

_STORES = """
SELECT id, code::text AS code, name::text AS name, region::text AS region, kind::text AS kind, latitude::float8 AS latitude,
    longitude::float8 AS longitude FROM store ORDER BY code
"""
_TIERS = "SELECT id, rank, name::text AS name FROM tier ORDER BY rank"
_CATEGORIES = """
SELECT c.name::text AS name, c.id, ARRAY(SELECT p.id FROM product p WHERE p.category = c.id) AS products
FROM category c WHERE c.name = ANY ($1::text[])
"""
_PRODUCTS = """
SELECT w.name, array_agg(p.id) AS products FROM unnest($1::text[]) w(name) JOIN product p ON p.sku = w.name OR p.name = w.name GROUP BY w.name
"""
_MOST_NAMES = 2_000  # that a mistyped one is compared with
_ALIKE = f"SELECT {{0}}::text AS name FROM {{1}} ORDER BY strpos({{0}}, left($1, 1)) = 0, {{0}} LIMIT {_MOST_NAMES}"
_KINDS = {
    "tag": ("标签", "tag"), "segment": ("人群", "segment"), "campaign": ("群发活动", "campaign"), "category": ("品类", "category"),
    "product": ("商品", "product"), "store": ("门店", "store"), "region": ("区域", "region"), "tier": ("等级", "tier"),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Goods:
    """The products (ids) of a name, and the category's own id."""

    products: tuple[int, ...]
    category: int | None = None


@dataclass(kw_only=True, slots=True)
class Names:
    """By name: what is there. `tiers`: (id, rank); `stores`: all of them."""

    tiers: dict[str, tuple[int, int]] = field(default_factory=dict)
    stores: list[Mapping[str, Any]] = field(default_factory=list)
    tags: dict[str, int] = field(default_factory=dict)
    campaigns: dict[str, int] = field(default_factory=dict)
    goods: dict[tuple[str, str], Goods] = field(default_factory=dict)
    segments: dict[str, Rule] = field(default_factory=dict)

    def shops(self, *, name: str, key: str = "store") -> list[int]:
        """The stores (ids) of a code or name, of a `region`, or of a `store_kind`."""
        columns = {"store": ("code", "name"), "region": ("region",), "store_kind": ("kind",)}[key]
        return [row["id"] for row in self.stores if name in {row[column] for column in columns}]


async def names_of(*, rule: Rule) -> Names:
    """What a rule names, and the segments that it names, in a scope that is open.

    Refusals unknown_tag, unknown_segment, unknown_campaign, unknown_category, unknown_product, unknown_store,
    unknown_region, unknown_tier, no_place, nested_segment, broken_segment.
    """
    names = Names()
    await _fill(rule, names)
    for one in conditions(rule=rule):
        if isinstance(one, InSegment) and one.name not in names.segments:
            names.segments[one.name] = await _segment(one, names)
    return names


async def _fill(rule: Rule, names: Names) -> None:
    found = list(conditions(rule=rule))
    await _fill_shops(found, names)
    await _fill_tiers(found, names)
    named = [one for one in found if isinstance(one, Tagged)]
    names.tags.update(await _ids("tag", [(one.name, one.place) for one in named]))
    told = [(one.campaign, one.place) for one in found if isinstance(one, Reacted) and one.campaign is not None]
    names.campaigns.update(await _ids("campaign", told))
    wanted = [
        (one.thing, one.name, one.place) for one in found if isinstance(one, Bought | Wished) and one.thing and one.name
    ]
    await _fill_goods(wanted, names)


async def _segment(one: InSegment, names: Names) -> Rule:
    text = await current().fetchval("SELECT rule FROM segment WHERE name = $1", one.name)
    if text is None:
        raise await _unknown("segment", one.name, one.place)
    try:
        rule = parse(text=text)
        await _fill(rule, names)
    except Refusal as refusal:
        raise refused(code="broken_segment", place=one.place, found=one.name,
            en=f"is a segment whose own rule must be mended first: {refusal.en}",
            zh=f"这个人群的规则需要先修改：{refusal.zh}") from refusal  # fmt: skip
    if any(isinstance(inner, InSegment) for inner in conditions(rule=rule)):
        raise refused(code="nested_segment", place=one.place, found=one.name,
            en="names a segment itself, and only one level may be: write its conditions here",
            zh="本身引用了人群，只能引用一层：请把它的条件写在这里")  # fmt: skip
    return rule


async def _fill_shops(found: Iterable[Condition], names: Names) -> None:
    near = [one for one in found if isinstance(one, Near) and one.store is not None]
    compared = [one for one in found if isinstance(one, Compare) and one.field in {"store", "region", "store_kind"}]
    if not (near or compared):
        return
    names.stores = [dict(row) for row in await current().fetch(_STORES)]
    wanted = [("store", one.store, one.place) for one in near]
    for one in compared:
        if one.field != "store_kind":
            wanted += [(one.field, str(value), place) for value, place in zip(one.values, one.places, strict=True)]
    for key, name, place in wanted:
        if not names.shops(name=str(name), key=key):
            there = {
                str(row[column])
                for row in names.stores
                for column in (("region",) if key == "region" else ("code", "name"))
            } - {""}
            raise unknown_name(code=f"unknown_{key}", place=place, name=str(name), kinds=_KINDS[key], there=there)
    placed = {row["id"] for row in names.stores if row["latitude"] is not None and row["longitude"] is not None}
    for shop in near:
        if names.shops(name=str(shop.store))[0] not in placed:
            raise refused(code="no_place", place=shop.place, found=str(shop.store),
                en="is a store whose place is not known: fill in its latitude and longitude first",
                zh="这家门店没有坐标：请先填写经纬度")  # fmt: skip


async def _fill_tiers(found: Iterable[Condition], names: Names) -> None:
    compared = [one for one in found if isinstance(one, Compare) and FIELDS[one.field].names == "tier"]
    if not compared:
        return
    names.tiers = {row["name"]: (row["id"], row["rank"]) for row in await current().fetch(_TIERS)}
    for one in compared:
        for name, place in zip(one.values, one.places, strict=True):
            if name not in names.tiers:
                raise unknown_name(
                    code="unknown_tier", place=place, name=str(name), kinds=_KINDS["tier"], there=names.tiers
                )


async def _fill_goods(wanted: Collection[tuple[str, str, int]], names: Names) -> None:
    for thing, sql in (("category", _CATEGORIES), ("product", _PRODUCTS)):
        asked = {name for kind, name, _ in wanted if kind == thing}
        for row in await current().fetch(sql, sorted(asked)) if asked else ():
            goods = Goods(products=tuple(row["products"]), category=row["id"] if thing == "category" else None)
            names.goods[thing, row["name"]] = goods
    for thing, name, place in wanted:
        if (thing, name) not in names.goods:
            raise await _unknown(thing, name, place)


async def _ids(kind: str, wanted: Collection[tuple[str, int]]) -> dict[str, int]:
    if not wanted:
        return {}
    rows = await current().fetch(
        f"SELECT name::text AS name, id FROM {kind} WHERE name = ANY ($1::text[])", sorted({name for name, _ in wanted})
    )
    found = {row["name"]: row["id"] for row in rows}
    for name, place in wanted:
        if name not in found:
            raise await _unknown(kind, name, place)
    return found


async def _unknown(kind: str, name: str, place: int) -> Refusal:
    there = {row["name"] for row in await current().fetch(_ALIKE.format("name", kind), name)}
    if kind == "product":
        there |= {row["name"] for row in await current().fetch(_ALIKE.format("sku", kind), name)}
    return unknown_name(code=f"unknown_{kind}", place=place, name=name, kinds=_KINDS[kind], there=there)

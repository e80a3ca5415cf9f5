"""The chain, stores, categories, products: what their rows must keep."""

import re

from admin.edits_frame import Edit, Rules, no
from admin.edits_uses import counted, in_use
from admin.screens import Words
from tables.scope import current

_MOST_NORTH, _MOST_EAST = 90, 180
_SHORTEST_SIGNATURE = 2
_CLOSE = Words("如已停业，请把“营业中”改为“否”。", "If it has closed, set it to not open.")


def check_place(edit: Edit) -> None:
    """Refuses half a place and one that is not on earth; shared with members."""
    latitude, longitude = edit.new["latitude"], edit.new["longitude"]
    if (latitude is None) != (longitude is None):
        raise no(zh="“纬度”和“经度”须同时填写或同时留空。", en="Write latitude and longitude both, or neither.")
    if latitude is not None and not (abs(latitude) <= _MOST_NORTH and abs(longitude) <= _MOST_EAST):
        raise no(
            zh="纬度须在 -90 到 90 之间，经度须在 -180 到 180 之间。",
            en="A latitude lies between -90 and 90, a longitude between -180 and 180.",
        )


async def _store(edit: Edit) -> None:
    if re.search(r"\s", edit.new["code"]):
        raise no(zh="“编码”不能含空格。", en="A code holds no spaces.")
    check_place(edit)


async def _chain(edit: Edit) -> None:
    signature = edit.new["signature"]
    if len(signature) < _SHORTEST_SIGNATURE or re.search(r"[【】\[\]\s]", signature):
        raise no(
            zh="“短信签名”须为 2 到 12 个字，不含空格和【】。",
            en="A signature has 2 to 12 characters, without spaces and 【】.",
        )


async def _product(edit: Edit) -> None:
    for name in ("price", "safety_stock"):
        if (edit.new[name] or 0) < 0:
            label = edit.label(name)
            raise no(zh=f"“{label.zh}”不能小于 0。", en=f"{label.en} is not below 0.")


async def _in_promotions(column: str, key: int) -> None:
    """Promotions keep stores and categories as lists, which no foreign key guards."""
    number = await current().fetchval(f"SELECT count(*) FROM points_promotion WHERE $1 = ANY ({column})", key)
    if number:
        uses = [counted(table="points_promotion", number=number)]
        raise in_use(uses=uses, instead=Words("请先在促销中去掉它。", "Take it out of the promotion first."))


async def _store_removable(key: int) -> None:
    await _in_promotions("stores", key)


async def _category_removable(key: int) -> None:
    await _in_promotions("categories", key)


_ONE_CHAIN = Words("连锁只有一行：请修改已有的那一行。", "There is one chain: change that one.")

RULES = {
    "chain": Rules(needed=("name", "signature"), check=_chain, no_new=_ONE_CHAIN, no_removal=_ONE_CHAIN),
    "store": Rules(needed=("code", "name"), check=_store, removable=_store_removable, instead=_CLOSE),
    "category": Rules(needed=("name",), removable=_category_removable),
    "product": Rules(needed=("sku", "name"), check=_product),
    "stock": Rules(
        no_removal=Words("库存不能删除：请把数量改为 0。", "Stock is not deleted: set its quantity to 0."),
        fixed={
            "store": Words("请新增一条库存。", "add a row of its own."),
            "product": Words("请新增一条库存。", "add a row of its own."),
        },
    ),
}

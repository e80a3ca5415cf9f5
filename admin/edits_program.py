"""The program and what hangs on it: tiers, points policy, promotions, rewards, tags, templates.

Tiers, policy, promotions and rewards are judged by the rule that judges a program file, so that what is edited here can be exported
and applied again.
"""

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from admin.edits_frame import Edit, Rules, missing, no
from admin.screens import Language, Words
from rules.points import PointsPolicy
from rules.program import parse_program
from rules.refusals import Refusal
from rules.templates import check as check_template
from tables.scope import current

_TIER = ("rank", "name", "quarterly_spend", "earn_multiplier", "benefits")
_POLICY = tuple(field.name for field in fields(PointsPolicy))
_PROMOTION = ("name", "multiplier", "starts_on", "ends_on", "weekdays", "birthday_month")
_NARROWED = ("weekdays", "stores", "categories")
_REWARD = ("name", "kind", "points", "value", "stock", "description")
_IN_DECIMALS = {"quarterly_spend", "earn_multiplier", "per_yuan", "value", "multiplier", "point_value"}
# Where a file's reader found it, such as `tiers[2].quarterly_spend`: on the screen a column's name says more.
_PLACE = re.compile(r"^(?:tiers|promotions|rewards|points)(?:\[\d+\])?(?:\.(?P<column>\w+))?\s*[:：]\s*")
_OTHER_ROW = re.compile(r"(?:tiers|rewards)\[\d+\]")
_COLUMN = re.compile(r"[a-z]+(?:_[a-z]+)+")
_ANY_PROGRAM: Mapping[str, object] = {"per_yuan": "1"}
_NAMESAKE = "SELECT EXISTS (SELECT FROM points_promotion WHERE name = $1 AND is_active AND id IS DISTINCT FROM $2)"


def _as_written(row: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, object]:
    """A row as a program file would hold it; what is empty is left out."""
    return {name: str(row[name]) if name in _IN_DECIMALS else row[name] for name in names if row[name] is not None}


def _on_screen(edit: Edit, refusal: Refusal) -> Refusal:
    """A refusal of the program's reader with the screen's names in place of the file's."""
    return Refusal(code=refusal.code, en=_in_words(edit, "en", refusal.en), zh=_in_words(edit, "zh", refusal.zh))


def _in_words(edit: Edit, language: Language, text: str) -> str:
    place = _PLACE.match(text)
    column = place["column"] if place else None
    label = "" if column is None else edit.label(column).of(language)
    before = "" if column is None else f"“{label}”：" if language == "zh" else f"{label}: "
    rest = _OTHER_ROW.sub("另一行" if language == "zh" else "another row", text[place.end() :] if place else text)
    return before + _COLUMN.sub(lambda found: edit.label(found[0]).of(language), rest)


def _judge(edit: Edit, **program: object) -> None:
    try:
        parse_program(data={"points": _ANY_PROGRAM, **program})
    except Refusal as refusal:
        raise _on_screen(edit, refusal) from refusal


async def _tiers() -> list[dict[str, Any]]:
    return [dict(row) for row in await current().fetch(f"SELECT id, {', '.join(_TIER)} FROM tier ORDER BY rank")]


async def _lock_program() -> None:
    """Two edits at once, or an edit and `regulars program apply`: the second judges what the first has made."""
    await current().execute("SELECT pg_advisory_xact_lock(hashtextextended('regulars program', 0))")


async def _tier(edit: Edit) -> None:
    await _lock_program()
    others = [row for row in await _tiers() if row["id"] != edit.key]
    _judge(edit, tiers=[_as_written(row, _TIER) for row in [*others, edit.new]])


async def _tier_removable(key: int) -> None:
    await _lock_program()
    if await current().fetchval("SELECT rank = 1 FROM tier WHERE id = $1", key):
        raise no(
            zh="基础等级（级别 1）不能删除：每位新会员都从它开始。",
            en="The base tier (rank 1) stays: every member begins there.",
        )


async def _policy(edit: Edit) -> None:
    base = {"rank": 1, "name": "1", "quarterly_spend": 0}
    _judge(edit, points=_as_written(edit.new, _POLICY), tiers=[base])


async def _reward(edit: Edit) -> None:
    tiers = await _tiers()
    rank = next((row["rank"] for row in tiers if row["id"] == edit.new["tier"]), None)
    if edit.new["tier"] is not None and rank is None:
        raise no(zh="“最低等级”不存在：请重新选择。", en="There is no such tier: choose again.")
    reward = _as_written(edit.new, _REWARD) | ({} if rank is None else {"min_tier": rank})
    _judge(edit, tiers=[_as_written(row, _TIER) for row in tiers], rewards=[reward])


async def _promotion(edit: Edit) -> None:
    new = edit.new
    for name in _NARROWED:
        # An empty list would be a third way to say: all.
        new[name] = sorted(set(new[name])) if new[name] else None
    if edit.old and not new["is_active"] and not edit.changes(*_PROMOTION, "stores", "categories", "tag"):
        return  # to switch one off is always right, whatever it was
    base = {"rank": 1, "name": "1", "quarterly_spend": 0}
    _judge(edit, tiers=[base], promotions=[_as_written(new, _PROMOTION)])
    for name, table in (("stores", "store"), ("categories", "category")):
        await _there(edit, name, table)
    await _lock_program()
    if new["is_active"] and await current().fetchval(_NAMESAKE, new["name"], edit.key):
        raise no(
            zh="另一个启用中的促销已有此名称：请换一个。",
            en="Another active promotion has this name: choose another.",
            code="taken",
        )


async def _there(edit: Edit, name: str, table: str) -> None:
    """Refuses ids of a list that no row has: no foreign key guards them."""
    ids = edit.new[name] or []
    found = await current().fetch(f"SELECT id FROM {table} WHERE id = ANY ($1::bigint[])", ids)
    unknown = sorted(set(ids) - {row["id"] for row in found})
    if unknown:
        label, numbers = edit.label(name), ", ".join(map(str, unknown))
        raise no(zh=f"“{label.zh}”中没有编号 {numbers}：请更正。", en=f"{label.en}: there is no {numbers}: correct it.")


async def _reward_store(edit: Edit) -> None:
    await _lock_program()
    if (edit.new["stock"] or 0) < 0:
        label = edit.label("stock")
        raise no(
            zh=f"“{label.zh}”不能小于 0；留空则不单独限量。",
            en=f"{label.en} is not below 0; empty: no limit of its own.",
        )


async def _template(edit: Edit) -> None:
    if not edit.new["text"]:
        raise missing(edit.label("text"))
    check_template(kind=edit.new["kind"], text=edit.new["text"])


_ONE_POLICY = Words("积分规则只有一行：请修改已有的那一行。", "There is one points policy: change that one.")
_OTHER_PLACE = Words("请为它新增一条。", "add a row of its own.")

RULES = {
    "tier": Rules(
        needed=("name",),
        check=_tier,
        removable=_tier_removable,
        instead=Words("名称和门槛可以修改。", "Its name and threshold may be changed."),
    ),
    "points_policy": Rules(check=_policy, no_new=_ONE_POLICY, no_removal=_ONE_POLICY),
    "points_promotion": Rules(
        needed=("name",),
        check=_promotion,
        instead=Words("如已结束，请把“启用”改为“否”。", "If it is over, set it to not active."),
    ),
    "reward": Rules(
        needed=("name", "kind"),
        check=_reward,
        instead=Words("如不再提供，请把“可兑换”改为“否”。", "If it is not offered any more, set it to not active."),
    ),
    "reward_store": Rules(check=_reward_store, fixed={"reward": _OTHER_PLACE, "store": _OTHER_PLACE}),
    "template": Rules(needed=("name",), check=_template),
}

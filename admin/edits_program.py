"""The program and what hangs on it: tiers, points policy, promotions, rewards, tags, templates.

Tiers, policy and rewards are judged by the rule that judges a program file, so that what is edited here can be exported
and applied again.
"""

import re
from collections.abc import Mapping
from typing import Any

from admin.edits_frame import Edit, Rules, missing, no
from admin.screens import Words
from rules.program import parse_program
from rules.refusals import Refusal
from rules.templates import check as check_template
from tables.scope import current

_TIER = ("rank", "name", "quarterly_spend", "earn_multiplier", "benefits")
_POLICY = (
    "per_yuan", "valid_days", "valid_months", "round_expiry", "hold_days", "remind_days", "remind_min_points",
    "remind_every_days", "statement", "redeem_code_from", "code_away_from_home",
)  # fmt: skip
_REWARD = ("name", "kind", "points", "value", "stock", "description")
_IN_DECIMALS = {"quarterly_spend", "earn_multiplier", "per_yuan", "value"}
# Where a file's reader found it, such as `tiers[2].quarterly_spend`: on the screen a column's name says more.
_PLACE = re.compile(r"^(?:(?:tiers|rewards|points)(?:\[\d+\])?(?:\.(?P<column>\w+))?)\s*[:：]\s*")
_OTHER_ROW = re.compile(r"(?:tiers|rewards)\[\d+\]")
_MOST_TIMES = 100
_ANY_PROGRAM: Mapping[str, object] = {"per_yuan": "1"}


def _as_written(row: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, object]:
    """A row as a program file would hold it; what is empty is left out."""
    return {name: str(row[name]) if name in _IN_DECIMALS else row[name] for name in names if row[name] is not None}


def _on_screen(edit: Edit, refusal: Refusal) -> Refusal:
    """A refusal of the program's reader with the screen's names in place of the file's."""
    said = {}
    for language, text in (("zh", refusal.zh), ("en", refusal.en)):
        place = _PLACE.match(text)
        column = place["column"] if place else None
        label = edit.label(column) if column else None
        before = "" if label is None else f"“{label.zh}”：" if language == "zh" else f"{label.en}: "
        other = "另一行" if language == "zh" else "another row"
        said[language] = before + _OTHER_ROW.sub(other, text[place.end() :] if place else text)
    return Refusal(code=refusal.code, en=said["en"], zh=said["zh"])


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
    for name in ("weekdays", "stores", "categories"):
        new[name] = sorted(set(new[name])) if new[name] else None
    if not 0 < new["multiplier"] <= _MOST_TIMES:
        raise no(zh="“倍数”须大于 0，不超过 100。", en="The multiplier is above 0, at most 100.")
    if new["ends_on"] < new["starts_on"]:
        raise no(zh="“结束日期”不能早于“开始日期”。", en="The end is not before the start.")
    for name, table in (("stores", "store"), ("categories", "category")):
        found = await current().fetch(f"SELECT id FROM {table} WHERE id = ANY ($1::bigint[])", new[name] or [])
        unknown = sorted(set(new[name] or []) - {row["id"] for row in found})
        if unknown:
            label, numbers = edit.label(name), ", ".join(map(str, unknown))
            raise no(
                zh=f"“{label.zh}”中没有编号 {numbers}：请更正。", en=f"{label.en}: there is no {numbers}: correct it."
            )


async def _template(edit: Edit) -> None:
    if not edit.new["text"]:
        raise missing(edit.label("text"))
    check_template(kind=edit.new["kind"], text=edit.new["text"])


_ONE_POLICY = Words("积分规则只有一行：请修改已有的那一行。", "There is one points policy: change that one.")

RULES = {
    "tier": Rules(
        needed=("name",),
        check=_tier,
        removable=_tier_removable,
        instead=Words("名称和门槛可以修改。", "Its name and threshold may be changed."),
    ),
    "points_policy": Rules(check=_policy, no_new=_ONE_POLICY, no_removal=_ONE_POLICY),
    "points_promotion": Rules(needed=("name",), check=_promotion),
    "reward": Rules(
        needed=("name", "kind"),
        check=_reward,
        instead=Words("如不再提供，请把“可兑换”改为“否”。", "If it is not offered any more, set it to not active."),
    ),
    "tag": Rules(needed=("name",)),
    "template": Rules(needed=("name",), check=_template),
}

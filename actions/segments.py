"""Segments: saved, renamed, deleted; never so that a rule that names one would lose it. In the caller's scope (head office)."""

import asyncpg

from actions.doors import checked_name, taken
from actions.rights import rights_refused
from queries.segment_list import SavedSegment, saved_segment
from queries.segment_uses import Use, named_in, segment_uses
from rules.refusals import Refusal
from rules.segments import parse
from tables.scope import current

LONGEST_NOTE = 200
_QUOTES = frozenset('"“”„「」『』＂')
_KINDS = {"segment": ("segment", "人群"), "tag": ("tag", "标签"), "campaign": ("campaign", "活动")}
_MOST_NAMED = 3
_NEW = "INSERT INTO segment (name, rule, note) VALUES ($1, $2, $3) RETURNING id"
# What the night counted belongs to the rule that it had then.
_CHANGE = """
UPDATE segment SET name = $2, note = $4, rule = $3, members = CASE WHEN rule = $3 THEN members END,
    counted_on = CASE WHEN rule = $3 THEN counted_on END WHERE id = $1
"""


async def keep_segment(*, segment: int | None, name: str, rule: str, note: str = "") -> int:
    """Saves a new segment or changes one (id); returns its id. Who calls has seen that the names in the rule are there.

    Raises the refusals of `parse`, and bad_name, name_taken, bad_note, empty_rule, segment_nested, segment_used,
    unknown_segment, not_allowed.
    """
    tidy, said = await check_segment(segment=segment, name=name, rule=rule)
    if len(note.strip()) > LONGEST_NOTE:
        raise Refusal("bad_note", f"A note has at most {LONGEST_NOTE} characters.", f"备注最多 {LONGEST_NOTE} 个字。")
    try:
        with rights_refused():
            if segment is None:
                return int(await current().fetchval(_NEW, tidy, said, note.strip()))
            await current().execute(_CHANGE, segment, tidy, said, note.strip())
    except asyncpg.UniqueViolationError as error:
        raise taken(name=tidy) from error
    return segment


async def check_segment(*, segment: int | None, name: str, rule: str) -> tuple[str, str]:
    """The name and the rule as they are kept, of a new segment or of one that changes (id). Raises as `keep_segment`."""
    tidy, said = _name(name), rule.strip()
    _check_rule(said)
    await _check_uses(old=None if segment is None else await _saved(segment), name=tidy, rule=said)
    return tidy, said


async def drop_segment(*, segment: int) -> None:
    """Deletes a segment (id) that no rule names. Raises Refusal segment_used, unknown_segment, not_allowed."""
    await check_unnamed(segment=segment)
    with rights_refused():
        await current().execute("DELETE FROM segment WHERE id = $1", segment)


async def check_unnamed(*, segment: int) -> None:
    """Refuses to let a segment (id) go that a rule names. Raises Refusal segment_used, unknown_segment."""
    old = await _saved(segment)
    uses = (await segment_uses()).get(old.name, [])
    if uses:
        raise _used(
            old.name, uses, en="It cannot be deleted: change those rules first.", zh="不能删除：请先修改这些规则。"
        )


def used_by(*, uses: list[Use], language: str) -> str:
    """Where a segment is used, as people say it: the first few by name."""
    chinese = language == "zh"
    told = [f"{_KINDS[one.kind][chinese]}{'“' if chinese else ' “'}{one.name}”" for one in uses[:_MOST_NAMED]]
    rest = len(uses) - len(told)
    if rest:
        told.append(f"另 {rest} 处" if chinese else f"{rest} more")
    return ("、" if chinese else ", ").join(told)


def _name(name: str) -> str:
    tidy = checked_name(name=name)
    if _QUOTES & set(tidy):
        raise Refusal(
            "bad_name",
            "A segment's name stands in quotes in other rules: leave quotes out of it.",
            "人群名称会在其他规则里加引号引用：名称中请不要用引号。",
        )
    return tidy


def _check_rule(rule: str) -> None:
    if not rule:
        raise Refusal(
            "empty_rule",
            "A segment needs a rule; to reach everybody, leave the rule of the campaign empty.",
            "人群需要一条规则；要发给全部会员，在活动中把规则留空即可。",
        )
    parse(text=rule)


async def _saved(segment: int) -> SavedSegment:
    old = await saved_segment(segment=segment)
    if old is None:
        raise Refusal("unknown_segment", "This segment is not there any more.", "该人群已不存在。")
    return old


async def _check_uses(*, old: SavedSegment | None, name: str, rule: str) -> None:
    """What names this segment goes on finding it, and finds no segment inside it: names reach one level deep."""
    named = named_in(text=rule)
    if name in named or (old is not None and old.name in named):
        raise Refusal("segment_nested", "A segment cannot name itself.", "人群不能引用自己。")
    uses = [] if old is None else (await segment_uses()).get(old.name, [])
    if old is None or not uses:
        return
    if name != old.name:
        raise _used(
            old.name, uses, en="Keep its name, or change those rules first.", zh="请保留原名，或先修改这些规则。"
        )
    nested = [use for use in uses if use.kind == "segment"]
    if named and nested:
        raise _used(
            old.name, nested, en="A segment that another names cannot name one itself: write its conditions out.",
            zh="被引用的人群不能再引用别的人群：请直接写出条件。",
        )  # fmt: skip


def _used(name: str, uses: list[Use], *, en: str, zh: str) -> Refusal:
    return Refusal(
        "segment_used",
        f"The segment “{name}” is used by {used_by(uses=uses, language='en')}. {en}",
        f"人群“{name}”正被{used_by(uses=uses, language='zh')}使用。{zh}",
    )

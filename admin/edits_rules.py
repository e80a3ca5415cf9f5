"""Segments, tags kept by a rule, wishes and budgets: what their rows must keep."""

from datetime import UTC, datetime

from actions.segments import check_segment, check_unnamed
from admin.edits_frame import Edit, Rules, no
from admin.screens import Words
from config.settings import settings
from queries.segments import audience_of
from rules.calendar import business_date


async def check_rule(*, text: str, store: int | None = None) -> None:
    """Refuses a rule that cannot be read or speaks of what is not there: the refusals of rules/segments.py and
    queries/segments.py.
    """
    zone = settings().zone
    await audience_of(text=text, today=business_date(at=datetime.now(UTC), zone=zone), zone=zone, store=store)


async def _segment(edit: Edit) -> None:
    edit.new["name"], edit.new["rule"] = await check_segment(
        segment=edit.key, name=edit.new["name"], rule=edit.new["rule"]
    )
    if edit.changes("rule"):
        await check_rule(text=edit.new["rule"])
        # What the night counted belongs to the rule that it had then.
        edit.new["members"] = edit.new["counted_on"] = None


async def _segment_removable(key: int) -> None:
    await check_unnamed(segment=key)


async def _tag(edit: Edit) -> None:
    if edit.new["rule"] and edit.changes("rule"):
        await check_rule(text=edit.new["rule"])


async def _interest(edit: Edit) -> None:
    edit.new["source"] = "staff"
    if edit.new["since"] > business_date(at=datetime.now(UTC), zone=settings().zone):
        raise no(zh="“登记日期”不能晚于今天。", en="Since is not after today.")


async def _budget(edit: Edit) -> None:
    if edit.new["amount"] < 0:
        raise no(zh="“每月金额”不能小于 0；0 表示不发。", en="The amount is not below 0; 0: nothing leaves.")
    if edit.new["month"] is not None:
        edit.new["month"] = edit.new["month"].replace(day=1)


_ONE_OF_EACH = Words("保留期限每类一行：请修改已有的那一行。", "There is one row of each kind: change that one.")
_OTHER = Words("请删除后重新登记。", "Delete it and write another one.")

RULES = {
    "segment": Rules(
        needed=("name", "rule"), kept=("members", "counted_on"), check=_segment, removable=_segment_removable
    ),
    "tag": Rules(needed=("name",), kept=("counted_on",), check=_tag),
    "member_interest": Rules(dated=("since",), check=_interest, no_change=_OTHER),
    "sms_budget": Rules(check=_budget),
    "retention": Rules(
        kept=("kind", "done_id"),
        no_new=_ONE_OF_EACH,
        no_removal=_ONE_OF_EACH,
    ),
}

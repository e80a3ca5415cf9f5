"""Members and what hangs on them: consents, tags, tiers given for a time."""

import json
from datetime import UTC, date, datetime

from admin.edits_frame import Edit, Rules, no
from admin.edits_stores import check_place
from admin.screens import Words
from admin.violations import NO_PLACE
from config.settings import settings
from queries.consents import agreed, unagreed
from rules.calendar import business_date
from rules.consents import PURPOSES
from tables.scope import current

_FIRST_BIRTHDAY = date(1900, 1, 1)
_NIGHT = Words("由夜间任务按消费计算。", "the night works it out from purchases.")


def _today() -> date:
    return business_date(at=datetime.now(UTC), zone=settings().zone)


async def _place(edit: Edit) -> None:
    check_place(edit)
    placed = edit.new["latitude"] is not None and edit.changes("latitude", "longitude")
    if placed and not await agreed(member=edit.key or 0, purpose="location"):
        raise no(zh=NO_PLACE.zh, en=NO_PLACE.en, code="no_consent")


async def _member(edit: Edit) -> None:
    if edit.old["erased_at"] is not None:
        raise no(zh="该会员已注销，不能再修改。", en="This member was erased and cannot be edited.")
    await _place(edit)
    birthday = edit.new["birthday"]
    if birthday is not None and not _FIRST_BIRTHDAY <= birthday <= _today():
        raise no(
            zh="“生日”须在 1900 年之后、今天之前，或留空。",
            en="A birthday lies between 1900 and today, or is left empty.",
        )
    try:
        wishes = json.loads(edit.new["preferences"])
    except ValueError:
        wishes = None
    if not isinstance(wishes, dict):
        raise no(
            zh='“偏好”须为 JSON 格式，如 {"口味": "少糖"}。', en='Preferences are JSON such as {"taste": "less sugar"}.'
        )


async def _consent(edit: Edit) -> None:
    edit.new["staff"] = edit.staff.staff
    if edit.new["granted"] and not edit.new["text_version"]:
        raise no(zh="同意须注明会员看到的条款版本。", en="A yes needs the version of the text that the member saw.")


async def _member_tag(edit: Edit) -> None:
    edit.new["source"] = "manual"
    if await current().fetchval("SELECT rule IS NOT NULL FROM tag WHERE id = $1", edit.new["tag"]):
        raise no(
            zh="这个标签由规则自动维护，不能手工添加。", en="This tag is kept by its rule and is not given by hand."
        )
    purpose = await unagreed(member=edit.new["member"], tag=edit.new["tag"])
    if purpose is not None:
        zh, en = PURPOSES[purpose]
        raise no(
            zh=f"该会员没有同意“{zh}”：请先询问，会员同意后用“会员授权”表单登记，再添加标签。",
            en=f"This member has not agreed to “{en}”: ask them, write their yes down with the form “Record a consent”, then add the tag.",
            code="no_consent",
        )


async def _member_tag_removable(key: int) -> None:
    if await current().fetchval("SELECT source = 'rule' FROM member_tag WHERE id = $1", key):
        raise no(
            zh="这个标签由规则自动维护，不能手工删除。",
            en="This tag is kept by its rule and is not taken away by hand.",
        )


async def _tier_grant(edit: Edit) -> None:
    if edit.new["valid_until"] < edit.new["valid_from"]:
        raise no(zh="“结束日期”不能早于“开始日期”。", en="The end is not before the start.")
    if not edit.old:
        edit.new["staff"] = edit.staff.staff


RULES = {
    "member": Rules(
        needed=("name",),
        fixed={
            "phone": Words(
                "会员凭手机号识别；换号请用新号码开通。", "a member is known by it; open a membership with the new one."
            ),
            "tier": Words("如需赠送等级，请新增“等级授予”。", "to give a tier away, add a tier grant."),
            "tier_valid_until": _NIGHT,
            "joined_on": Words("它是入会当天的日期。", "it is the day of joining."),
            "referred_by": Words("它在入会时确定。", "it is set at joining."),
            "erased_at": Words("它由注销时写入。", "it is written when a member is erased."),
            "merged_into": Words("请用“合并会员”表单。", "use the form “Merge members”."),
        },
        check=_member,
        no_new=Words("请用“开通会员”表单新增会员。", "Please use the form “Open a membership”."),
        no_removal=Words("会员不能删除：账目须保留。", "Members are not deleted: their books are kept."),
    ),
    "consent": Rules(
        needed=("source",),
        check=_consent,
        no_change=Words("授权记录只增不改：撤回请新增一条“否”。", "Consents are only added: to withdraw, add a no."),
        no_removal=Words("授权记录不能删除：撤回请新增一条“否”。", "Consents are only added: to withdraw, add a no."),
    ),
    "member_tag": Rules(
        check=_member_tag,
        removable=_member_tag_removable,
        kept=("because",),
        no_change=Words("请删除后重新添加标签。", "Take the tag away and give another one."),
    ),
    "tier_grant": Rules(
        needed=("reason",),
        fixed={
            "member": Words("请为另一位会员新增一条。", "add one for the other member."),
            "staff": Words("它记录是谁授予的。", "it says who gave it."),
        },
        check=_tier_grant,
        no_removal=Words(
            "等级授予不能删除：如需收回，请把结束日期改早。",
            "A grant is not deleted: to take it back, let it end earlier.",
        ),
    ),
}

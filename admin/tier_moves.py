"""Moves between tiers and ranks given for a time."""

from admin.members import GROUP
from admin.screens import Screen, Words
from tables.tier_moves import TierChange, TierGrant

REASONS = {
    "spend": Words("消费达到", "Reached by spend"),
    "lapse": Words("到期未保级", "Not kept"),
    "grant": Words("授予", "Granted"),
    "import": Words("导入", "Imported"),
    "merge": Words("合并会员", "Members merged"),
}

SCREENS = (
    Screen(
        table=TierGrant,
        name=Words("等级授予", "Tier grants"),
        group=GROUP,
        columns={
            "member": Words("会员", "Member"),
            "tier": Words("等级", "Tier"),
            "valid_from": Words("开始日期", "From"),
            "valid_until": Words("结束日期", "Until"),
            "reason": Words("原因", "Reason"),
            "staff": Words("经办员工", "Staff"),
            "created_at": Words("登记时间", "Written at"),
        },
        shown=("created_at", "member", "tier", "valid_from", "valid_until", "reason", "staff"),
        filters=("member", "tier", "valid_from", "valid_until", "staff"),
        hints={
            "tier": Words("比消费所得更低的授予不起作用", "A grant below what the spend reaches does nothing"),
            "valid_from": Words("当晚的夜间任务之后生效", "It takes effect after that night's jobs"),
            "valid_until": Words(
                "最后有效的一天；要提前收回，改为昨天", "The last good day; to take it back, write yesterday"
            ),
            "reason": Words("如「生日礼遇」「投诉补偿」", "Such as birthday or complaint"),
        },
        link="created_at",
        readable="'#' || t.id",
        help=Words(
            "在一段时间内给会员的等级：导入、赠送或保级", "A rank given for a time: imported, a gift, a protection"
        ),
    ),
    Screen(
        table=TierChange,
        name=Words("等级变动", "Tier changes"),
        group=GROUP,
        columns={
            "business_date": Words("营业日", "Business date"),
            "member": Words("会员", "Member"),
            "from_tier": Words("原等级", "From"),
            "to_tier": Words("新等级", "To"),
            "reason": Words("原因", "Reason"),
            "created_at": Words("记录时间", "Written at"),
        },
        shown=("business_date", "member", "from_tier", "to_tier", "reason", "created_at"),
        filters=("member", "from_tier", "to_tier", "reason", "business_date"),
        choices={"reason": REASONS},
        hints={"business_date": Words("当晚决定，次日起生效", "Decided by that night, good from the next day on")},
        link="business_date",
        readable="'#' || t.id",
        help=Words("由夜间任务写入，不可修改", "Written by the night, never changed"),
        read_only=True,
    ),
)

"""The ledger: entries, accounts, lots and which lot a debit consumed. All of it is written by deeds."""

from admin.screens import Screen, Words
from tables.points import PointsAccount, PointsAllocation, PointsEntry, PointsExtension, PointsExtensionLot, PointsLot

GROUP = Words("积分", "Points")

KINDS = {
    "earn": Words("消费获得", "Earned"),
    "redeem": Words("兑换", "Redeemed"),
    "expire": Words("到期", "Expired"),
    "adjust": Words("调整", "Adjusted"),
    "refund": Words("退货扣回", "Taken back"),
    "restore": Words("退还", "Restored"),
    "import": Words("导入", "Imported"),
}
SOURCES = {
    "purchase": Words("消费单", "Purchase"),
    "refund": Words("退货单", "Refund"),
    "redeem": Words("兑换", "Redemption"),
    "restore": Words("取消兑换或退货", "Cancelled redemption or refund"),
    "night": Words("夜间任务", "Night"),
    "import": Words("导入", "Import"),
    "adjust": Words("手工调整", "Adjustment"),
    "referral": Words("推荐奖励", "Referral"),
}
_LOT_OF = Words("积分归属的门店", "The store that owes the points")

ENTRY = Screen(
    table=PointsEntry,
    name=Words("积分流水", "Points entries"),
    group=GROUP,
    columns={
        "created_at": Words("记账时间", "Written at"),
        "business_date": Words("营业日", "Business date"),
        "member": Words("会员", "Member"),
        "store": Words("门店", "Store"),
        "kind": Words("类型", "Kind"),
        "points": Words("积分", "Points"),
        "balance_after": Words("变动后合计", "Sum after"),
        "reason": Words("原因", "Reason"),
        "purchase": Words("消费单", "Purchase"),
        "reward": Words("兑换项", "Reward"),
        "value": Words("抵现金额（元）", "Worth (yuan)"),
        "staff": Words("经办员工", "Staff"),
        "source": Words("来源", "Source"),
        "reference": Words("凭证号", "Reference"),
    },
    shown=("business_date", "member", "kind", "points", "balance_after", "store", "reason", "created_at"),
    filters=("member", "store", "kind", "business_date", "purchase", "reward", "staff", "source", "reference"),
    choices={"kind": KINDS, "source": SOURCES},
    hints={
        "business_date": Words("积分计入的营业日", "The day it belongs to"),
        "balance_after": Words("含待生效积分，已减欠分", "With pending points, less debt"),
        "value": Words("兑换的积分当时值多少元", "What the redeemed points were worth then"),
        "reference": Words("同一来源的凭证号不会重复入账", "The same source and reference is never posted twice"),
    },
    link="business_date",
    readable="'#' || t.id",
    help=Words("每一笔积分变动，只增不改", "Every movement of points; added, never changed"),
    read_only=True,
)
ACCOUNT = Screen(
    table=PointsAccount,
    name=Words("积分账户", "Points accounts"),
    group=GROUP,
    columns={
        "member": Words("会员", "Member"),
        "balance": Words("可用积分", "Balance"),
        "pending": Words("待生效", "Pending"),
        "debt": Words("欠分", "Debt"),
        "earned_total": Words("累计获得", "Earned in all"),
        "lapses_on": Words("最早到期", "First lapse"),
        "touched_on": Words("待核对起始日", "To be checked from"),
    },
    shown=("member", "balance", "pending", "debt", "earned_total", "lapses_on"),
    filters=("member", "balance", "debt"),
    hints={
        "pending": Words("在观察期内，尚不能使用", "Held back, cannot be spent yet"),
        "debt": Words(
            "退货时积分已用掉而尚欠的部分，由以后的积分补足", "Taken back after it was spent; new points pay it"
        ),
        "touched_on": Words("当晚核对后清空", "Empty once the night has checked it"),
    },
    order="-member",
    link="balance",
    readable="'#' || t.member",
    read_only=True,
)
LOT = Screen(
    table=PointsLot,
    name=Words("积分批次", "Points lots"),
    group=GROUP,
    columns={
        "entry": Words("积分流水", "Entry"),
        "member": Words("会员", "Member"),
        "store": Words("门店", "Store"),
        "points": Words("积分", "Points"),
        "remaining": Words("剩余", "Remaining"),
        "available_on": Words("可用日期", "Available on"),
        "expires_on": Words("有效期至", "Good until"),
        "matured": Words("已生效", "Matured"),
    },
    shown=("member", "points", "remaining", "available_on", "expires_on", "matured", "store"),
    filters=("member", "store", "expires_on", "available_on", "matured", "entry"),
    hints={
        "store": _LOT_OF,
        "expires_on": Words("最后可用的一天；空表示永久有效", "The last day it is good; empty: for ever"),
    },
    link="points",
    readable="'#' || t.id",
    help=Words("同一有效期的一批积分，先到期的先用", "Points with one expiry; what ends first is spent first"),
    read_only=True,
)
ALLOCATION = Screen(
    table=PointsAllocation,
    name=Words("积分抵扣", "Points allocations"),
    group=GROUP,
    columns={
        "entry": Words("积分流水", "Entry"),
        "lot": Words("积分批次", "Lot"),
        "points": Words("积分", "Points"),
        "paid_on": Words("补扣日期", "Paid on"),
    },
    shown=("entry", "lot", "points", "paid_on"),
    filters=("entry", "lot", "paid_on"),
    hints={
        "points": Words("负数表示退还到该批次", "Negative: given back to the lot"),
        "paid_on": Words(
            "后来的积分补上欠分的日期；空表示当时扣除", "When a later lot paid what was owed; empty: at once"
        ),
    },
    link="points",
    readable="'#' || t.id",
    help=Words("每笔支出用掉了哪一批积分", "Which lot each debit consumed"),
    read_only=True,
)

EXTENSION = Screen(
    table=PointsExtension,
    name=Words("积分延期", "Points extensions"),
    group=GROUP,
    columns={
        "business_date": Words("营业日", "Business date"),
        "first_on": Words("原到期日从", "Ended from"),
        "last_on": Words("原到期日至", "Ended to"),
        "good_until": Words("延长到", "Good until"),
        "reason": Words("原因", "Reason"),
        "members": Words("会员数", "Members"),
        "lots": Words("批次数", "Lots"),
        "points": Words("积分", "Points"),
        "staff": Words("经办员工", "Staff"),
        "created_at": Words("记录时间", "Written at"),
        "form": Words("表单编号", "Form key"),
        "content": Words("内容校验码", "Digest of the content"),
    },
    shown=("business_date", "first_on", "last_on", "good_until", "members", "points", "reason", "staff"),
    filters=("business_date", "good_until", "staff"),
    hints={
        "good_until": Words("当天仍有效", "Good on that day too"),
        "form": Words("同一表单只办一次", "The same form counts once"),
        "content": Words("用来识别同一表单是否改了内容", "Tells the same form from another one"),
    },
    link="business_date",
    readable="'#' || t.id",
    help=Words(
        "把将到期的积分延长有效期；用“延长有效期”表单办理", "Points that got a longer life, by the form “Extend points”"
    ),
    read_only=True,
)
EXTENSION_LOT = Screen(
    table=PointsExtensionLot,
    name=Words("延期的批次", "Extended lots"),
    group=GROUP,
    columns={
        "extension": Words("积分延期", "Extension"),
        "lot": Words("积分批次", "Lot"),
        "points": Words("当时剩余", "Left then"),
        "expired_on": Words("原到期日", "Ended on"),
    },
    shown=("extension", "lot", "points", "expired_on"),
    filters=("extension", "lot", "expired_on"),
    link="points",
    readable="'#' || t.id",
    read_only=True,
)

SCREENS = (ENTRY, ACCOUNT, LOT, ALLOCATION, EXTENSION, EXTENSION_LOT)

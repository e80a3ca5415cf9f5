"""What full checks of the books found (`regulars check`): a row for each invariant."""

from admin.members import SYSTEM
from admin.screens import Screen, Words
from tables.nights import CheckResult

# By the names of queries/invariants.py.
CHECKS = {
    "account and totals exist": Words("每位会员都有账户和统计", "Every member has an account and totals"),
    "balance and pending are the lots": Words(
        "可用与待生效等于各批次剩余之和", "Balance and pending are what lots have left"
    ),
    "the account is the running sum of its entries": Words(
        "账户等于流水逐笔累计", "The account is the running sum of its entries"
    ),
    "what a lot lost is allocated": Words("批次减少的都有抵扣记录", "What a lot lost is allocated"),
    "debits are allocated or owed": Words(
        "支出都从本人批次扣除，欠分等于退货未扣足的部分",
        "Debits take from the member's own lots, or are a refund's debt",
    ),
    "credits are one lot each, only redemptions have a value": Words(
        "每笔收入对应一个批次，只有兑换有金额", "Every credit is one lot, redemptions alone have a value"
    ),
    "what is restored is in lots again": Words("退还的积分都回到批次", "What is restored is in lots again"),
    "a redemption gives back no more than it took": Words(
        "退还不超过兑换所用", "A redemption gives back no more than it took"
    ),
    "refunds are of their sale and never exceed it": Words(
        "退货与原单日期、会员一致，金额与积分不超过原单", "Refunds are of their sale and never exceed it"
    ),
    "a refund's lines never exceed the sale's": Words(
        "退货明细不超过原单明细", "A refund's lines never exceed the sale's"
    ),
    "a refund is the sum of its lines": Words("退货金额等于其明细之和", "A refund is the sum of its lines"),
    "what refunds took back is in the ledger and was earned": Words(
        "退货收回的积分已记入流水且不超过所得", "What refunds took back is in the ledger and was earned"
    ),
    "a redemption is its own member's": Words("消费时兑换的是本单会员", "A redemption within a sale is its member's"),
    "a referral is paid once to the right members": Words(
        "推荐奖励只发一次且对象正确", "A referral is paid once, to the right members"
    ),
    "who brought somebody was there before": Words("推荐人先于被推荐人入会", "Who brought somebody was there before"),
    "no lot outlives its night": Words("到期批次当晚清零", "No lot outlives its night"),
    "totals are the purchases": Words("消费统计与消费单一致", "Totals are the purchases"),
    "the tier is the rule's": Words("等级符合规则", "The tier is the rule's"),
    "the tier is the last move's": Words("等级等于最近一次变动的结果", "The tier is that of the last move"),
    "moves follow each other": Words("等级变动首尾相接", "Tier moves follow each other"),
    "one message a key, one notice a fact": Words("短信与通知不重复", "One message a key, one notice a fact"),
    "nothing is sold to who said no": Words("拒收者没有收到营销短信", "Nothing is sold to who said no"),
    "campaigns that are over have no open messages": Words(
        "已结束的群发活动没有待发短信", "Campaigns that are over have no open messages"
    ),
    "a chunk's figures are its messages": Words("批次的数字与其短信一致", "A chunk's figures are its messages"),
    "every night has its jobs": Words("每晚任务齐全", "Every night has its jobs"),
}

SCREENS = (
    Screen(
        table=CheckResult,
        name=Words("账目核对", "Checks of the books"),
        group=SYSTEM,
        columns={
            "checked_at": Words("核对时间", "Checked at"),
            "name": Words("核对项", "What must hold"),
            "broken": Words("不符行数", "Rows that break it"),
            "sample": Words("不符样例", "Some of them"),
        },
        shown=("checked_at", "name", "broken"),
        filters=("checked_at", "name", "broken"),
        choices={"name": CHECKS},
        hints={
            "broken": Words("0 表示相符；大于 0 请联系技术支持", "0: it holds; more: ask for help"),
            "sample": Words("只含编号和数字，不含手机号和姓名", "Ids and numbers alone, no phone and no name"),
        },
        link="checked_at",
        readable="'#' || t.id",
        help=Words(
            "运行 regulars check 的结果：逐项核对全部账目，最新的在上",
            "What `regulars check` found: it proves all of the books; the newest first",
        ),
        read_only=True,
    ),
)

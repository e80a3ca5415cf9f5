"""Segments, what members wish for, what the night found of their habits, and budgets of messages."""

from admin.members import GROUP
from admin.messages import GROUP as MESSAGES
from admin.screens import Screen, Words
from tables.habits import MemberHabit
from tables.segments import MemberInterest, Segment, SmsBudget

KINDS = {"wish": Words("想要", "Wish"), "favourite": Words("收藏", "Favourite")}
SOURCES = {
    "staff": Words("员工登记", "Staff"),
    "member": Words("会员自己", "Member"),
    "import": Words("导入", "Import"),
}

SEGMENT = Screen(
    table=Segment,
    name=Words("人群", "Segments"),
    group=GROUP,
    columns={
        "name": Words("名称", "Name"),
        "rule": Words("规则", "Rule"),
        "note": Words("说明", "Note"),
        "members": Words("人数", "Members"),
        "counted_on": Words("统计到", "Counted on"),
    },
    shown=("name", "rule", "members", "counted_on"),
    filters=("name", "rule"),
    hints={
        "rule": Words(
            '如：90天未消费 且 上季消费 >= 1000 且 有标签 "榴莲爱好者"；在 /campaigns 的“人群”页可以点选、预览人数',
            'Such as: no purchase for 90 days and last_quarter_spend >= 1000; the page "People" of /campaigns makes and counts it',
        ),
        "members": Words("上次夜间任务结束时的人数", "How many when the last night ended"),
        "counted_on": Words("截至哪个营业日", "The business date of that night"),
    },
    order="name",
    link="name",
    readable="t.name",
    help=Words("保存下来、可反复使用的会员筛选规则", "Saved rules that select members"),
)
HABIT = Screen(
    table=MemberHabit,
    name=Words("消费习惯", "Habits"),
    group=GROUP,
    columns={
        "member": Words("会员", "Member"),
        "counted_on": Words("统计到", "Counted on"),
        "quarter": Words("统计季度", "Quarter"),
        "quarter_purchases": Words("本季消费次数", "Purchases this quarter"),
        "last_quarter_purchases": Words("上季消费次数", "Purchases last quarter"),
        "year": Words("统计年度", "Year"),
        "year_purchases": Words("本年消费次数", "Purchases this year"),
        "year_spend": Words("本年消费（元）", "This year (yuan)"),
        "last_year_spend": Words("上年消费（元）", "Last year (yuan)"),
        "basket": Words("客单价（元）", "Average sale (yuan)"),
        "weekday": Words("常来星期", "Usual weekday"),
        "hour": Words("常来时段", "Usual hour"),
        "month_day": Words("常来日期", "Usual day of the month"),
        "interval_change": Words("间隔变化", "Change of intervals"),
        "category": Words("常买品类", "Usual category"),
        "product": Words("常买商品", "Usual product"),
        "liked_on": Words("偏好统计到", "Favourites as of"),
        "purchases": Words("累计消费次数", "Purchases in all"),
        "spend": Words("累计消费（元）", "In all (yuan)"),
    },
    shown=(
        "counted_on",
        "member",
        "quarter_purchases",
        "year_purchases",
        "year_spend",
        "basket",
        "category",
        "product",
    ),
    filters=("member", "quarter_purchases", "year_purchases", "year_spend", "basket", "weekday", "category", "product"),
    hints={
        "counted_on": Words("截至哪个营业日的夜间任务", "As of the night of this business date"),
        "quarter": Words("本季、上季所说季度的第一天", "The first day of the quarter that is meant"),
        "year": Words("本年、上年所说年份的第一天", "The first day of the year that is meant"),
        "weekday": Words(
            "1 是周一；至少三分之一的消费在这一天，否则为空", "1 is Monday; where one sale in three or more is"
        ),
        "hour": Words("0 到 23 点；不明显时为空", "0 to 23; empty where there is none"),
        "interval_change": Words(
            "最近三次间隔的平均除以此前的平均；大于 1 表示来得越来越慢",
            "The last three intervals over those before; above 1 they come less often",
        ),
    },
    order="-member",
    link="counted_on",
    readable="'#' || t.member",
    help=Words("夜间任务从消费单中得出，不可手工修改", "Found in purchases by the night, never written by hand"),
    read_only=True,
)
INTEREST = Screen(
    table=MemberInterest,
    name=Words("心愿与收藏", "Wishes and favourites"),
    group=GROUP,
    columns={
        "member": Words("会员", "Member"),
        "product": Words("商品", "Product"),
        "kind": Words("类型", "Kind"),
        "since": Words("登记日期", "Since"),
        "source": Words("来源", "Source"),
    },
    shown=("since", "member", "product", "kind", "source"),
    filters=("member", "product", "kind", "source", "since"),
    choices={"kind": KINDS, "source": SOURCES},
    hints={
        "kind": Words("想要：缺货或想买的；收藏：常说喜欢的", "A wish is to be bought; a favourite is liked"),
        "since": Words("留空为今天", "Empty: today"),
    },
    order="-since",
    link="since",
    readable="'#' || t.id",
    help=Words("会员说过想要或喜欢的商品，可用于人群和短信中的 {收藏}", "What members said they want or like"),
)
BUDGET = Screen(
    table=SmsBudget,
    name=Words("短信预算", "Message budgets"),
    group=MESSAGES,
    columns={
        "id": Words("编号", "Number"),
        "store": Words("门店", "Store"),
        "month": Words("月份", "Month"),
        "amount": Words("每月金额（元）", "Yuan a month"),
    },
    shown=("id", "store", "month", "amount"),
    filters=("store", "month"),
    hints={
        "store": Words("空表示整个连锁的全部短信；门店预算用于该店自己的活动", "Empty: all of the chain; a store's is for its own campaigns"),
        "month": Words("写该月第一天；空表示每个月；单独写了某月的以那一条为准", "Its first day; empty: every month without one of its own"),
    },
    order="id",
    readable="'#' || t.id",
    help=Words("一个月的短信最多花多少钱；超出的群发不会发出", "What messages may cost in a month; a campaign beyond it does not leave"),
)  # fmt: skip

OF_MEMBERS = (HABIT, INTEREST)

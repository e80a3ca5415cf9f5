"""What HQ allows: how often, when and with which words members are written to."""

from admin.messages import GROUP
from admin.screens import Screen, Words
from tables.contact import BlockedWord, ContactRule, InvalidPhones

RULE_KINDS = {
    "hours": Words("可发时段", "Hours"),
    "frequency": Words("发送频次", "Frequency"),
    "same_content": Words("相同内容间隔", "Same content"),
    "complaints": Words("投诉红线", "Complaints"),
    "delivery": Words("送达红线", "Delivery"),
    "opt_out": Words("退订红线", "Opt-outs"),
    "promotion_share": Words("促销占比", "Promotion share"),
}

RULE = Screen(
    table=ContactRule,
    name=Words("发送规则", "Contact rules"),
    group=GROUP,
    columns={
        "kind": Words("规则", "Rule"),
        "store": Words("门店", "Store"),
        "opens": Words("开始时间", "Opens"),
        "closes": Words("结束时间", "Closes"),
        "most": Words("最多条数", "At most"),
        "days": Words("天数", "Days"),
        "plain_only": Words("仅限普通活动", "Plain campaigns only"),
        "share": Words("比例", "Share"),
        "is_active": Words("启用", "Active"),
    },
    shown=("id", "kind", "store", "opens", "closes", "most", "days", "is_active"),
    filters=("kind", "store", "is_active"),
    choices={"kind": RULE_KINDS},
    hints={
        "kind": Words(
            "可发时段：填开始、结束时间\n发送频次：填最多条数、天数\n相同内容间隔：填天数\n投诉、送达、退订红线：填比例\n促销占比：填比例、天数、最多条数",
            "Hours: opens, closes\nFrequency: at most, days\nSame content: days\nComplaints, delivery, opt-outs: share\n"
            "Promotion share: share, days, at most",
        ),
        "store": Words("只用于可发时段；空表示全部门店", "For hours alone; empty: all stores"),
        "opens": Words("不早于 08:00", "Not before 08:00"),
        "closes": Words("不晚于 22:00", "Not after 22:00"),
        "most": Words(
            "每位会员在这些天内最多收到的营销短信；促销占比：总发送不足此数不检查",
            "Marketing messages a member gets in these days; promotion share: not looked at below so many",
        ),
        "days": Words("含当天，1 到 366", "Today is one of them, 1 to 366"),
        "plain_only": Words(
            "是：只统计和限制既非节日活动也非固定节奏的群发", "Yes: among and for campaigns that are neither event nor rhythm"
        ),
        "share": Words("0 到 1，如 0.3 表示 30%；群发时投诉率高于、退订率高于或送达率低于红线，自动停止",
            "0 to 1: 0.3 is 30 %; a campaign stops with more complaints, more opt-outs or less delivered than its red line",
       ),
        "is_active": Words("选「否」则不执行；时段规则全部停用时按 08:00–21:00", "No: not held to; without hours it is 08:00–21:00"),
    },
    order="id",
    readable="'#' || t.id",
    help=Words("同类规则以最严者为准；总部和门店共用每位会员的额度", "Of several the strictest wins; HQ and stores share a member's allowance"),
)  # fmt: skip
BLOCKED = Screen(
    table=BlockedWord,
    name=Words("禁用词", "Blocked words"),
    group=GROUP,
    columns={
        "word": Words("词或符号", "Word or symbol"),
        "source": Words("依据", "Source"),
        "since": Words("起始日期", "Since"),
        "is_active": Words("启用", "Active"),
    },
    shown=("word", "source", "since", "is_active"),
    filters=("word", "source", "is_active"),
    hints={
        "word": Words(
            "短信中出现即拒绝；避免过短的词误伤", "A message that holds it is refused; short ones hit too much"
        ),
        "source": Words("哪部法规或哪个通道的要求", "Which law or gateway says so"),
        "is_active": Words("确有误伤时选「否」，不必删除", "No where it hits the wrong ones; it may stay"),
    },
    order="word",
    link="word",
    readable="t.word",
    help=Words("广告法等禁止的词语和通道拦截的符号", "What the law forbids and gateways refuse"),
)
INVALID = Screen(
    table=InvalidPhones,
    name=Words("无效号码统计", "Invalid numbers"),
    group=GROUP,
    columns={
        "quarter": Words("季度", "Quarter"),
        "store": Words("门店", "Store"),
        "members": Words("会员数", "Members"),
        "invalid": Words("无效号码", "Invalid"),
    },
    shown=("quarter", "store", "members", "invalid"),
    filters=("quarter", "store"),
    hints={"quarter": Words("该季度的第一天", "The quarter's first day")},
    order="-quarter",
    link="quarter",
    readable="'#' || t.id",
    help=Words("每季度末各门店有多少会员的号码是空号", "How many members had a dead number when a quarter ended"),
    read_only=True,
)

SCREENS = (RULE, BLOCKED, INVALID)

"""The program: how points are earned, promotions, what points buy."""

from admin.screens import Screen, Words
from admin.tiers import GROUP
from tables.program import PointsPolicy, PointsPromotion, Reward, RewardStore

ROUNDING = {
    "none": Words("不取整", "Not rounded"),
    "month": Words("取整到月底", "To the month's end"),
    "quarter": Words("取整到季末", "To the quarter's end"),
    "year": Words("取整到年底", "To the year's end"),
}
STATEMENTS = {
    "off": Words("不发送", "Nobody"),
    "moved": Words("当月有变动的会员", "Members with movement"),
    "all": Words("全部会员", "All members"),
}
REWARD_KINDS = {"gift": Words("礼品", "Gift"), "cash": Words("抵现", "Cash")}
WEEKDAYS = {
    "1": Words("周一", "Monday"),
    "2": Words("周二", "Tuesday"),
    "3": Words("周三", "Wednesday"),
    "4": Words("周四", "Thursday"),
    "5": Words("周五", "Friday"),
    "6": Words("周六", "Saturday"),
    "7": Words("周日", "Sunday"),
}

POLICY = Screen(
    table=PointsPolicy,
    name=Words("积分规则", "Points policy"),
    group=GROUP,
    columns={
        "per_yuan": Words("每元积分", "Points a yuan"),
        "valid_days": Words("有效天数", "Valid days"),
        "valid_months": Words("有效月数", "Valid months"),
        "round_expiry": Words("到期日取整", "Expiry rounded"),
        "hold_days": Words("观察期（天）", "Hold days"),
        "remind_days": Words("到期提醒提前天数", "Remind days ahead"),
        "remind_min_points": Words("提醒起点（积分）", "Remind from (points)"),
        "remind_every_days": Words("提醒间隔（天）", "Days between reminders"),
        "statement": Words("月度对账单", "Monthly statement"),
        "redeem_code_from": Words("验证码起点（积分）", "Code from (points)"),
        "code_away_from_home": Words("跨店兑换须验证码", "Code away from home"),
        "redeem_min": Words("起兑积分", "Redeem at least"),
        "redeem_step": Words("兑换步长", "Redeem in steps of"),
        "point_value": Words("每积分抵现（元）", "A point's worth (yuan)"),
        "adjust_limit": Words("店长单次调整上限", "Most by a manager"),
        "referrer_points": Words("推荐人奖励积分", "Points for bringing somebody"),
        "newcomer_points": Words("被推荐人奖励积分", "Points for being brought"),
    },
    shown=(
        "per_yuan",
        "valid_days",
        "valid_months",
        "round_expiry",
        "hold_days",
        "redeem_min",
        "point_value",
        "statement",
    ),
    hints={
        "per_yuan": Words(
            "每消费 1 元得多少积分，每张小票舍去小数", "Points for each yuan, rounded down once a receipt"
        ),
        "valid_days": Words(
            "与「有效月数」只填一个；都留空则永久有效。只影响以后的积分",
            "This or valid months, not both; neither: for ever. Future points only",
        ),
        "valid_months": Words("与「有效天数」只填一个", "This or valid days, not both"),
        "round_expiry": Words(
            "把到期日延长到所在月、季或年的最后一天", "Puts the end off to the last day of its month, quarter or year"
        ),
        "hold_days": Words(
            "消费后多少天积分才能使用，须小于有效期；0 为立即可用",
            "Days before points can be spent, fewer than they are good for; 0: at once",
        ),
        "remind_days": Words(
            "到期前第几天提醒，每行一个，如 15 和 3；每人每次只收到一条",
            "Days before the end, one a line, such as 15 and 3; one message a member",
        ),
        "remind_min_points": Words("将到期积分少于此数不提醒", "Fewer points than this are not worth a message"),
        "remind_every_days": Words(
            "同一会员两次到期提醒至少相隔的天数", "Days that must lie between two reminders to a member"
        ),
        "statement": Words("每月最后一天的夜里发送", "Sent in the night of each month's last day"),
        "redeem_code_from": Words(
            "一次兑换达到此数须短信验证码；留空则不需要",
            "Redemptions of so many points need a code by SMS; empty: none does",
        ),
        "code_away_from_home": Words("在非归属门店兑换一律须验证码", "At a store that is not their own, always"),
        "redeem_min": Words(
            "按积分数兑换至少多少分，须为步长的整数倍；兑换项不受此限",
            "The least number of points, a multiple of the step; rewards have their own price",
        ),
        "redeem_step": Words("按积分数兑换须为此数的整数倍", "A number of points is a multiple of this"),
        "point_value": Words(
            "按积分数兑换时每积分值多少元，如 0.01；留空则不折算金额",
            "Yuan a point where a number of points is redeemed, such as 0.01; empty: not said",
        ),
        "adjust_limit": Words("店长一次手工增减最多多少积分；0 为不可调整", "Points by hand in one go; 0: none"),
        "referrer_points": Words(
            "所推荐的会员第一次消费时，推荐人得多少积分；0 为不奖励", "At the newcomer's first purchase; 0: none"
        ),
        "newcomer_points": Words(
            "被推荐的会员第一次消费时另得多少积分；0 为不奖励", "At their first purchase; 0: none"
        ),
    },
    choices={"round_expiry": ROUNDING, "statement": STATEMENTS},
    order="id",
    link="per_yuan",
    readable="'#' || t.id",
    help=Words("全连锁只有一份，修改即刻生效", "One for the whole chain; a change counts at once"),
)
PROMOTION = Screen(
    table=PointsPromotion,
    name=Words("积分促销", "Points promotions"),
    group=GROUP,
    columns={
        "name": Words("名称", "Name"),
        "multiplier": Words("倍数", "Multiplier"),
        "starts_on": Words("开始日期", "Starts on"),
        "ends_on": Words("结束日期", "Ends on"),
        "weekdays": Words("星期", "Weekdays"),
        "stores": Words("门店", "Stores"),
        "categories": Words("品类", "Categories"),
        "tag": Words("会员标签", "Tag"),
        "birthday_month": Words("仅限生日当月", "In the birthday's month"),
        "is_active": Words("启用", "Active"),
    },
    shown=("name", "multiplier", "starts_on", "ends_on", "weekdays", "tag", "birthday_month", "is_active"),
    filters=("name", "starts_on", "ends_on", "tag", "birthday_month", "is_active"),
    choices={"weekdays": WEEKDAYS},
    hints={
        "multiplier": Words(
            "大于 1，如 2 为双倍；在等级倍数之上再乘；多个促销不叠加，取最高的",
            "More than 1, such as 2; on top of the tier's; promotions do not stack, the best counts",
        ),
        "ends_on": Words("当天仍有效", "Good on that day too"),
        "weekdays": Words("1 为周一，7 为周日；不填则每天", "1 is Monday, 7 Sunday; none: every day"),
        "stores": Words(
            "门店的内部编号（打开门店后网址末尾的数字）；不填则全部门店",
            "Ids of stores (the number at the end of a store's address); none: all",
        ),
        "categories": Words(
            "品类的内部编号（打开品类后网址末尾的数字）；不填则全部品类", "Ids of categories (as for stores); none: all"
        ),
        "tag": Words("只对有此标签的会员；不填则全部会员", "Only members who have it; none: all"),
        "birthday_month": Words("只在会员生日所在的月份有效", "Only in the month of the member's birthday"),
        "is_active": Words("停用后不再计入，已得积分不变", "No: it counts no more, points earned stay"),
    },
    order="-starts_on",
    link="name",
    readable="t.name",
)
REWARD = Screen(
    table=Reward,
    name=Words("兑换项", "Rewards"),
    group=GROUP,
    columns={
        "name": Words("名称", "Name"),
        "kind": Words("类型", "Kind"),
        "points": Words("所需积分", "Points"),
        "value": Words("面值（元）", "Value (yuan)"),
        "stock": Words("剩余数量", "Stock"),
        "tier": Words("最低等级", "Lowest tier"),
        "description": Words("说明", "Description"),
        "is_active": Words("可兑换", "Active"),
    },
    shown=("name", "kind", "points", "value", "stock", "tier", "is_active"),
    filters=("name", "kind", "points", "tier", "is_active"),
    choices={"kind": REWARD_KINDS},
    hints={
        "kind": Words("抵现须填面值", "Cash needs its value"),
        "stock": Words("留空表示不限量", "Empty: without limit"),
        "tier": Words("达到此等级才能兑换；留空则人人可兑", "From this tier up; empty: everybody"),
        "is_active": Words("不再提供时选「否」，历史记录保留", "No when it is not offered any more; the history stays"),
    },
    order="points",
    link="name",
    readable="t.name",
    help=Words("积分可以换什么", "What points buy"),
)

REWARD_STORE = Screen(
    table=RewardStore,
    name=Words("兑换项门店库存", "Rewards in stores"),
    group=GROUP,
    columns={
        "reward": Words("兑换项", "Reward"),
        "store": Words("门店", "Store"),
        "stock": Words("门店剩余数量", "Stock of the store"),
    },
    shown=("id", "reward", "store", "stock"),
    filters=("reward", "store", "stock"),
    hints={
        "stock": Words(
            "该门店还可兑换多少；留空则只受兑换项总数限制",
            "What this store has left; empty: only the reward's own limit",
        ),
    },
    readable="'#' || t.id",
    help=Words(
        "兑换项只在这里列出的门店提供；一家都没有列出，则所有门店都提供",
        "A reward is offered in the stores listed here; without any, in all stores",
    ),
)

SCREENS = (POLICY, PROMOTION, REWARD, REWARD_STORE)

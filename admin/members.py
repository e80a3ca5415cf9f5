"""Members, what they agreed to and what their purchases add up to."""

import rules.consents
from admin.screens import Page, Screen, Words
from tables.members import Consent, Member, MemberLookup, MemberStats

GROUP = Words("会员", "Members")
# Look-ups are watched, not managed.
SYSTEM = Words("系统", "System")

PHONE_STATUS = {
    "unknown": Words("未验证", "Not verified"),
    "valid": Words("有效", "Valid"),
    "invalid": Words("无效", "Invalid"),
}
PURPOSES = {key: Words(*names) for key, names in rules.consents.PURPOSES.items()}
WEIGHTS = {"1": Words("查到会员", "Found"), "3": Words("查无此人", "Nobody has it")}

MEMBER = Screen(
    table=Member,
    name=Words("会员", "Members"),
    group=GROUP,
    columns={
        "name": Words("姓名", "Name"),
        "title": Words("称呼", "Title"),
        "phone": Words("手机号", "Phone"),
        "phone_status": Words("号码状态", "Phone status"),
        "birthday": Words("生日", "Birthday"),
        "home_store": Words("归属门店", "Home store"),
        "joined_on": Words("入会日期", "Joined on"),
        "tier": Words("等级", "Tier"),
        "tier_valid_until": Words("等级有效期至", "Tier valid until"),
        "latitude": Words("纬度", "Latitude"),
        "longitude": Words("经度", "Longitude"),
        "preferences": Words("偏好", "Preferences"),
        "referred_by": Words("推荐人", "Referred by"),
        "erased_at": Words("注销时间", "Erased at"),
        "merged_into": Words("已并入", "Merged into"),
    },
    shown=("name", "phone", "tier", "tier_valid_until", "home_store", "joined_on", "phone_status"),
    filters=("phone", "name", "home_store", "tier", "tier_valid_until", "joined_on", "phone_status"),
    choices={"phone_status": PHONE_STATUS},
    hints={
        "title": Words(
            "短信中的称呼，如「王女士」，可在短信模板里用 {title}", "How messages address them: {title} in a template"
        ),
        "phone": Words(
            "会员凭手机号识别；换号请用「更换手机号」表单",
            "What a member is known by; the form Change a number gives another",
        ),
        "phone_status": Words("「无效」的号码不再发送短信", "Nothing is sent to an invalid number"),
        "home_store": Words("门店员工只能看到归属本店的会员", "Store staff see the members of their own store"),
        "tier": Words(
            "每晚按季度消费自动计算；要赠送等级，请在「等级授予」中新增",
            "Worked out every night from quarterly spend; to give one away, add a tier grant",
        ),
        "tier_valid_until": Words("基础等级没有有效期", "The base tier has none"),
        "preferences": Words('JSON 格式，如 {"口味": "少糖"}', 'JSON such as {"taste": "less sugar"}'),
        "erased_at": Words("注销后手机号与姓名已清除，只留下账目", "Phone and name are gone, the books remain"),
        "merged_into": Words(
            "同一位顾客保留的档案，积分与小票都在那里", "The file that was kept, with points and receipts"
        ),
    },
    link="name",
    readable="coalesce(nullif(concat_ws(' ', nullif(t.name, ''), t.phone_masked, '（已并入 #' || t.merged_into || '）'), ''), '已注销')",
    help=Words("以手机号识别的顾客", "Customers known by their phone"),
    page=Page(Words("积分明细", "Points"), "/members/{0}/points", deed="member_explain"),
)
CONSENT = Screen(
    table=Consent,
    name=Words("授权", "Consents"),
    group=GROUP,
    columns={
        "member": Words("会员", "Member"),
        "purpose": Words("用途", "Purpose"),
        "granted": Words("同意", "Granted"),
        "source": Words("来源", "Source"),
        "text_version": Words("条款版本", "Text version"),
        "store": Words("门店", "Store"),
        "staff": Words("经办员工", "Staff"),
        "at": Words("时间", "At"),
    },
    shown=("at", "member", "purpose", "granted", "source", "text_version", "store"),
    filters=("member", "purpose", "granted", "store", "at"),
    choices={"purpose": PURPOSES},
    hints={
        "granted": Words(
            "同一用途以最新一条为准；撤回请新增一条「否」", "The newest one counts; to withdraw, add a no"
        ),
        "source": Words("在哪里表示的，如「入会登记表」", "Where it was said, such as the joining form"),
        "text_version": Words("会员当时看到的条款版本", "Which wording the member saw"),
    },
    link="at",
    readable="'#' || t.id",
    help=Words("会员对某一用途的同意或拒绝，只增不改", "A dated yes or no to one purpose; added, never changed"),
)
STATS = Screen(
    table=MemberStats,
    name=Words("消费统计", "Purchase totals"),
    group=GROUP,
    columns={
        "member": Words("会员", "Member"),
        "first_purchase_on": Words("首次消费", "First purchase"),
        "last_purchase_on": Words("最近消费", "Last purchase"),
        "purchase_count": Words("消费次数", "Purchases"),
        "total_spend": Words("累计消费（元）", "Total spend (yuan)"),
        "average_interval_days": Words("平均间隔（天）", "Average interval (days)"),
        "quarter": Words("统计季度", "Quarter"),
        "quarter_spend": Words("本季消费（元）", "This quarter (yuan)"),
        "last_quarter_spend": Words("上季消费（元）", "Last quarter (yuan)"),
    },
    shown=(
        "member", "purchase_count", "total_spend", "quarter_spend", "last_quarter_spend", "average_interval_days",
        "last_purchase_on",
    ),
    filters=("member", "last_purchase_on", "purchase_count", "total_spend"),
    hints={
        "quarter": Words("后两列所说季度的第一天", "The first day of the quarter that the next two columns speak of"),
        "quarter_spend": Words("已扣除退货；不计等级的品类不计入", "Net of refunds, of categories that count for tiers"),
    },
    order="-member",
    link="purchase_count",
    readable="'#' || t.member",
    help=Words("由消费单汇总，不可手工修改", "Added up from purchases, never written by hand"),
    read_only=True,
)  # fmt: skip
LOOKUP = Screen(
    table=MemberLookup,
    name=Words("跨店查询", "Look-ups"),
    group=SYSTEM,
    columns={
        "at": Words("时间", "At"),
        "staff": Words("员工", "Staff"),
        "api_key": Words("接口密钥", "API key"),
        "member": Words("会员", "Member"),
        "weight": Words("结果", "Result"),
    },
    shown=("at", "staff", "api_key", "member", "weight"),
    filters=("staff", "member", "weight", "at"),
    choices={"weight": WEIGHTS},
    hints={"weight": Words("查无此人按三次计入限额", "A number that nobody has counts three times")},
    link="at",
    readable="'#' || t.id",
    help=Words("用完整手机号查询他店会员的记录", "Members of other stores reached by their full phone"),
    read_only=True,
)

SCREENS = (MEMBER, CONSENT, STATS, LOOKUP)

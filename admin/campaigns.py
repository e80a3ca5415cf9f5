"""Campaigns, their waves, and the chunks in which messages leave."""

from admin.messages import CLASSES, GROUP
from admin.screens import Screen, Words
from tables.campaigns import Campaign, CampaignStep, CampaignVariant, SendChunk

STATES = {
    "draft": Words("草稿", "Draft"),
    "review": Words("待审核", "In review"),
    "scheduled": Words("已排期", "Scheduled"),
    "sending": Words("发送中", "Sending"),
    "paused": Words("已暂停", "Paused"),
    "finished": Words("已完成", "Finished"),
    "cancelled": Words("已取消", "Cancelled"),
    "stopped": Words("已叫停", "Stopped"),
}
CONTENT = {
    "promotion": Words("促销", "Promotion"),
    "care": Words("关怀", "Care"),
    "knowledge": Words("知识", "Knowledge"),
    "service": Words("服务", "Service"),
}
RHYTHMS = {"event": Words("节日活动", "Event"), "rhythm": Words("固定节奏", "Rhythm")}
GOALS = {
    "sell": Words("促销增收", "Sell"),
    "win_back": Words("唤回", "Win back"),
    "grow": Words("培养复购", "Grow"),
    "care": Words("关怀", "Care"),
    "inform": Words("通知", "Inform"),
}
STOPPED = {
    "complaints": Words("投诉超过红线", "Too many complaints"),
    "delivery": Words("送达率低于红线", "Too few delivered"),
    "opt_out": Words("退订超过红线", "Too many opt-outs"),
    "over_budget": Words("超出预算", "Over budget"),
    "nobody": Words("没有可发送的人", "Nobody to send to"),
    "blocked_text": Words("含禁用词", "Blocked text"),
    "broken_rule": Words("人群规则有误", "Broken rule"),
    "outside_hours": Words("不在可发时段", "Outside hours"),
    "too_late": Words("已过最迟发送时间", "Too late"),
    "restored": Words("从备份恢复", "Restored from a backup"),
}
STEP_KINDS = {
    "once": Words("一次", "Once"),
    "countdown": Words("倒数", "Countdown"),
    "weekly": Words("每周", "Weekly"),
    "follow_up": Words("跟进未点击者", "Follow-up"),
    "winner": Words("优胜版本", "Winner"),
}
WINNERS = {"click": Words("点击", "Clicks"), "purchase": Words("消费", "Purchases")}
VERDICTS = {"significant": Words("差异显著", "Significant"), "unclear": Words("差异不明显", "Unclear")}
CANARIES = {
    "waiting": Words("观察中", "Waiting"),
    "passed": Words("已通过", "Passed"),
    "stopped": Words("已叫停", "Stopped"),
}
LANDINGS = {"page": Words("页面", "Page"), "qr": Words("二维码", "QR code")}
LABELS = {label: Words(f"版本 {label}", label) for label in "ABCDE"}
STEP_STATES = {
    "draft": Words("草稿", "Draft"),
    "freezing": Words("圈定中", "Freezing"),
    "frozen": Words("已圈定", "Frozen"),
}
CHUNK_STATES = {
    "held": Words("等首批结果", "Held"),
    "waiting": Words("等待中", "Waiting"),
    "claimed": Words("发送中", "Claimed"),
    "done": Words("已提交", "Done"),
}

CAMPAIGN = Screen(
    table=Campaign,
    name=Words("群发活动", "Campaigns"),
    group=GROUP,
    columns={
        "name": Words("名称", "Name"),
        "goal": Words("目标", "Goal"),
        "content_kind": Words("内容类型", "Content"),
        "rhythm": Words("节奏", "Rhythm"),
        "store": Words("门店", "Store"),
        "rule": Words("人群规则", "Audience"),
        "holdout": Words("对照组比例", "Holdout"),
        "canary": Words("首批条数", "Canary"),
        "attribution_days": Words("统计消费天数", "Days counted"),
        "budget": Words("短信预算（元）", "Budget of messages (yuan)"),
        "activity_budget": Words("活动总预算（元）", "Budget of the activity (yuan)"),
        "staff": Words("创建人", "Staff"),
        "approved_by": Words("批准人", "Approved by"),
        "approved_at": Words("批准时间", "Approved at"),
        "reached": Words("填到第几步", "Page reached"),
        "state": Words("状态", "State"),
        "reason": Words("暂停或叫停原因", "Why it stands"),
        "created_at": Words("创建时间", "Created at"),
    },
    shown=("name", "content_kind", "rhythm", "store", "state", "reason", "created_at"),
    filters=("name", "goal", "content_kind", "rhythm", "store", "state", "reason", "created_at"),
    choices={"goal": GOALS, "content_kind": CONTENT, "rhythm": RHYTHMS, "state": STATES, "reason": STOPPED},
    hints={
        "content_kind": Words("审核时检查促销占比", "Promotions are held to their share at review"),
        "rhythm": Words(
            "空表示普通活动，适用更严的频次规则", "Empty: a plain one, for which a stricter frequency rule holds"
        ),
        "store": Words("空表示总部活动", "Empty: of headquarters"),
        "state": Words(
            "提交、批准、暂停、恢复、取消请到 /campaigns 页面操作",
            "Handed in, approved, paused, resumed and cancelled on the pages under /campaigns",
        ),
        "rule": Words(
            "写法同“人群”；空表示全部会员（门店活动：本店会员）", "As in segments; empty: everybody (of the store)"
        ),
        "holdout": Words("0 到 0.5：这部分人不发，用来比较效果", "0 to 0.5: so many get nothing, to compare with"),
        "canary": Words(
            "先发这么多条（不少于 1000），状况正常再发其余；0 表示不分批",
            "So many leave first (1000 or more), the rest when all is well; 0: at once",
        ),
        "attribution_days": Words("收到后几天内的消费算作效果，1 到 90", "Purchases in so many days count, 1 to 90"),
        "budget": Words("空表示不限；超出则不发", "Empty: no limit; nothing leaves beyond it"),
        "activity_budget": Words(
            "含礼品、折扣等，用来看短信费用占比（8–12%）", "With gifts and discounts; messages are 8–12 % of it"
        ),
        "reached": Words("在 /campaigns 向导中填到了第几步", "How far the pages under /campaigns were filled in"),
    },
    link="name",
    readable="t.name",
    help=Words("计划好的群发；分一步或几步，每步是一条短信", "Planned sends, of one or more steps"),
)
STEP = Screen(
    table=CampaignStep,
    name=Words("群发步骤", "Campaign steps"),
    group=GROUP,
    columns={
        "campaign": Words("群发活动", "Campaign"),
        "number": Words("第几步", "Step"),
        "kind": Words("类型", "Kind"),
        "follows": Words("跟随哪一步", "Follows"),
        "days_before": Words("提前天数", "Days before"),
        "wait_minutes": Words("等待分钟", "Minutes to wait"),
        "sample": Words("试发比例", "Sample"),
        "winner_by": Words("按什么决出", "Decided by"),
        "text": Words("内容", "Text"),
        "landing": Words("链接页内容", "Linked page"),
        "expects_reply": Words("等待回复", "Expects a reply"),
        "scheduled_at": Words("计划时间", "Scheduled at"),
        "send_before": Words("最迟发送", "Send before"),
        "state": Words("状态", "State"),
        "audience": Words("圈定人数", "Audience"),
        "frozen_at": Words("圈定时间", "Frozen at"),
        "winner": Words("胜出版本", "Winner"),
        "verdict": Words("结论", "Verdict"),
        "canary_state": Words("首批结果", "Canary"),
        "canary_at": Words("首批结果时间", "Canary at"),
        "is_personal": Words("按个人消费", "Personal"),
    },
    shown=("id", "campaign", "number", "kind", "text", "state", "audience", "scheduled_at"),
    filters=("campaign", "kind", "state", "canary_state", "scheduled_at"),
    choices={
        "state": STEP_STATES,
        "kind": STEP_KINDS,
        "winner_by": WINNERS,
        "winner": LABELS,
        "verdict": VERDICTS,
        "canary_state": CANARIES,
    },
    hints={
        "text": Words(
            "不含签名和退订用语，二者会自动加上；圈定后不能修改",
            "Without signature and opt-out words, which come by themselves",
        ),
        "follows": Words("仅用于跟进和优胜版本：同一活动中更早的一步", "For follow-ups and winners: an earlier step"),
        "days_before": Words("仅用于倒数：活动日前几天", "Of a countdown: so many days before its day"),
        "wait_minutes": Words("仅用于跟进：上一步之后多少分钟", "Of a follow-up: so long after the other step"),
        "sample": Words("有几个版本时先发给这部分人；1 表示全部", "With versions: so many get it first; 1: everybody"),
        "verdict": Words("胜出版本的优势是否显著", "Whether the winner is better for sure"),
        "landing": Words("短信中 {link} 打开的页面上写什么", "What the page behind {link} says"),
        "expects_reply": Words("48 小时内的回复算作对它的回答", "Replies within 48 hours are answers to it"),
        "send_before": Words("过了这个时间还没发出的不再发送", "What has not left by then does not leave"),
        "audience": Words("含不发送的人", "With those who are left out"),
        "is_personal": Words("按会员的行为选人，或短信提到其消费", "For people by what they did, or telling of it"),
    },
    readable="'#' || t.id",
    help=Words("一步是发给一群人的一条短信", "One text to one audience"),
)
VARIANT = Screen(
    table=CampaignVariant,
    name=Words("短信版本", "Versions"),
    group=GROUP,
    columns={
        "id": Words("编号", "Number"),
        "step": Words("步骤", "Step"),
        "label": Words("版本", "Version"),
        "share": Words("比例", "Share"),
        "text": Words("内容", "Text"),
        "landing": Words("链接页内容", "Linked page"),
        "landing_kind": Words("链接形式", "Link opens"),
        "minutes_later": Words("推迟分钟", "Minutes later"),
    },
    shown=("id", "step", "label", "share", "text", "landing_kind", "minutes_later"),
    filters=("step", "label"),
    choices={"label": LABELS, "landing_kind": LANDINGS},
    hints={
        "share": Words("如 0.5；一步的各版本合计须为 1", "Such as 0.5; those of a step add up to 1"),
        "minutes_later": Words("比这一步的计划时间晚多少分钟，用来比较发送时间", "Than the step, to compare times"),
    },
    readable="'#' || t.id || ' ' || t.label",
    help=Words(
        "同一步的不同版本，各发给一部分人，比较哪个更好",
        "Versions of a step for shares of its audience, to be compared",
    ),
)
CHUNK = Screen(
    table=SendChunk,
    name=Words("发送批次", "Chunks"),
    group=GROUP,
    columns={
        "due_at": Words("计划时间", "Due at"),
        "message_class": Words("短信类别", "Class"),
        "campaign": Words("群发活动", "Campaign"),
        "step": Words("步骤", "Step"),
        "store": Words("门店", "Store"),
        "gateway": Words("通道账号", "Account"),
        "state": Words("状态", "State"),
        "send_before": Words("最迟发送", "Send before"),
        "size": Words("条数", "Size"),
        "sending": Words("发送中", "Sending"),
        "skipped": Words("不发送", "Skipped"),
        "accepted": Words("通道已接收", "Accepted"),
        "failed": Words("失败", "Failed"),
        "unknown": Words("结果未知", "Unknown"),
        "delivered": Words("已送达", "Delivered"),
        "undelivered": Words("未送达", "Undelivered"),
        "owner": Words("处理进程", "Owner"),
        "lease_until": Words("占用至", "Lease until"),
        "handed_at": Words("提交时间", "Handed over at"),
        "done_at": Words("完成时间", "Done at"),
    },
    shown=("id", "due_at", "campaign", "store", "gateway", "state", "size", "accepted"),
    filters=("campaign", "message_class", "store", "gateway", "state", "due_at"),
    choices={"message_class": CLASSES, "state": CHUNK_STATES},
    hints={
        "accepted": Words("其中有结果的见「已送达」「未送达」", "Those with an end are in delivered and undelivered"),
        "lease_until": Words("过时后由其他进程接手", "After that another worker takes it"),
    },
    readable="'#' || t.id",
    help=Words("一起提交给通道的一批短信", "Messages that are handed over together"),
    read_only=True,
)

SCREENS = (CAMPAIGN, STEP, VARIANT, CHUNK)

"""Templates, notices and the send log."""

from collections.abc import Iterable

from admin.screens import Screen, Words
from rules.templates import LONGEST, PLACEHOLDERS
from tables.messages import Notice, SendLog, Template

GROUP = Words("消息", "Messages")

CLASSES = {
    "marketing": Words("营销", "Marketing"),
    "notice": Words("通知", "Notice"),
    "verification": Words("验证码", "Verification"),
    "staff": Words("员工", "Staff"),
}
KINDS = {
    "welcome": Words("入会欢迎", "Welcome"),
    "tier_up": Words("等级上升", "Tier up"),
    "tier_down": Words("等级下降", "Tier down"),
    "tier_warning": Words("等级将到期", "Tier warning"),
    "points_expiring": Words("积分将到期", "Points expiring"),
    "statement": Words("积分对账单", "Statement"),
}
TEMPLATE_KINDS = {
    "frame": Words("外框", "Frame"),
    **KINDS,
    "redeem_code": Words("兑换验证码", "Redemption code"),
    "number_code": Words("号码验证码", "Number code"),
}
NOTICE_STATES = {
    "due": Words("待发送", "Due"),
    "queued": Words("已排队", "Queued"),
    "skipped": Words("不发送", "Skipped"),
}
SEND_STATES = {
    "queued": Words("待发送", "Queued"),
    "sending": Words("发送中", "Sending"),
    "accepted": Words("通道已接收", "Accepted"),
    "delivered": Words("已送达", "Delivered"),
    "failed": Words("失败", "Failed"),
    "unknown": Words("结果未知", "Unknown"),
    "skipped": Words("不发送", "Skipped"),
    "cancelled": Words("已取消", "Cancelled"),
}
REASONS = {
    "no_consent": Words("未授权", "No consent"),
    "opted_out": Words("已退订", "Opted out"),
    "invalid_phone": Words("号码无效", "Invalid phone"),
    "no_phone": Words("无手机号", "No phone"),
    "erased": Words("已注销", "Erased"),
    "merged": Words("会员已合并", "Member merged"),
    "erasing": Words("已申请注销", "Asked to be erased"),
    "duplicate": Words("重复", "Duplicate"),
    "frequency_cap": Words("频次上限", "Frequency cap"),
    "same_content": Words("内容相同", "Same content"),
    "quiet_hours": Words("不在可发时段", "Quiet hours"),
    "too_late": Words("已过时效", "Too late"),
    "blocked_text": Words("含禁用词", "Blocked text"),
    "over_budget": Words("超出预算", "Over budget"),
    "holdout": Words("对照组", "Holdout"),
    "not_personalised": Words("拒绝个性化", "Not personalised"),
    "replay": Words("历史回放", "Replay"),
    "restored": Words("备份恢复后不补发", "Restored from a backup"),
    "small": Words("积分太少，不提醒", "Too few points"),
    "recent_reminder": Words("近期已提醒", "Reminded recently"),
    "no_template": Words("没有启用的模板", "No active template"),
    "bad_payload": Words("内容不完整", "Incomplete"),
}
ERRORS = {
    "dead_number": Words("空号或停机", "Dead number"),
    "off_or_absent": Words("关机或不在服务区", "Off or absent"),
    "blacklisted": Words("黑名单", "Blacklisted"),
    "capped": Words("运营商限频", "Capped"),
    "content_blocked": Words("内容被拦截", "Content blocked"),
    "signature_blocked": Words("签名被拦截", "Signature blocked"),
    "expired": Words("超时未送达", "Expired"),
    "rate": Words("发送过快", "Too fast"),
    "no_balance": Words("余额不足", "No balance"),
    "gateway_down": Words("通道故障", "Gateway down"),
    "unknown": Words("原因不明", "Unknown"),
}


def _text_hint() -> Words:
    """Which placeholders each kind knows beside those that all know, a line a kind."""
    everywhere = [word for word in PLACEHOLDERS[None] if all(word in words for words in PLACEHOLDERS.values())]

    def line(name: str, words: Iterable[str], colon: str) -> str:
        return name + colon + " ".join(f"{{{word}}}" for word in words)

    own = {kind: [word for word in words if word not in everywhere] for kind, words in PLACEHOLDERS.items()}
    zh = [line(TEMPLATE_KINDS[kind].zh if kind else "自由使用", words, "：") for kind, words in own.items()]
    en = [line(TEMPLATE_KINDS[kind].en if kind else "Free use", words, ": ") for kind, words in own.items()]
    return Words(
        "\n".join((f"签名会自动加在最前面。最多 {LONGEST} 字。占位符：", line("各种都可用", everywhere, "："), *zh)),
        "\n".join(
            (f"The signature comes by itself. At most {LONGEST} characters.", line("In all", everywhere, ": "), *en)
        ),
    )


TEMPLATE = Screen(
    table=Template,
    name=Words("短信模板", "Templates"),
    group=GROUP,
    columns={
        "name": Words("名称", "Name"),
        "kind": Words("用于", "Kind"),
        "message_class": Words("短信类别", "Class"),
        "text": Words("内容", "Text"),
        "is_active": Words("启用", "Active"),
        "trade": Words("行业", "Trade"),
        "occasion": Words("场合", "Occasion"),
    },
    shown=("name", "kind", "message_class", "text", "trade", "occasion", "is_active"),
    filters=("name", "kind", "message_class", "trade", "occasion", "is_active"),
    choices={"kind": TEMPLATE_KINDS, "message_class": CLASSES},
    hints={
        "kind": Words(
            "每种通知一个模板；「外框」是包在各条通知外面的文字，须含 {notices}；「兑换验证码」单独发送，须含 {code}；空表示自由使用",
            "One template a notice; the frame stands around all of them and holds {notices}; a redemption code leaves alone"
            " and holds {code}; empty: free use",
        ),
        "message_class": Words("通知类短信中不得有促销内容", "No promotion in a notice"),
        "text": _text_hint(),
        "is_active": Words("选「否」则不发此种通知", "No: such notices are not sent"),
        "trade": Words("适合哪个行业；空表示都适合", "For shops of this trade; empty: for all"),
        "occasion": Words("适合什么场合，如 新品、唤回", "For which occasion"),
    },
    order="name",
    link="name",
    readable="t.name",
)
NOTICE = Screen(
    table=Notice,
    name=Words("通知", "Notices"),
    group=GROUP,
    columns={
        "business_date": Words("营业日", "Business date"),
        "member": Words("会员", "Member"),
        "kind": Words("类型", "Kind"),
        "state": Words("状态", "State"),
        "reason": Words("原因", "Reason"),
        "send_before": Words("最迟发送", "Send before"),
        "send_log": Words("发送记录", "Message"),
        "payload": Words("内容", "Payload"),
        "reference": Words("凭证号", "Reference"),
    },
    shown=("business_date", "member", "kind", "state", "reason", "send_before", "send_log"),
    filters=("member", "kind", "state", "reason", "business_date", "send_log"),
    choices={"kind": KINDS, "state": NOTICE_STATES, "reason": REASONS},
    hints={
        "reason": Words("为什么没有发送", "Why it was not sent"),
        "send_log": Words("同一晚的几条通知合并为一条短信", "Notices of one night become one message"),
    },
    link="business_date",
    readable="'#' || t.id",
    help=Words("应告知会员的一件事，由夜间任务写入", "One fact due to one member, written by the night"),
    read_only=True,
)
LOG = Screen(
    table=SendLog,
    name=Words("发送记录", "Send log"),
    group=GROUP,
    columns={
        "member": Words("会员", "Member"),
        "phone": Words("手机号", "Phone"),
        "store": Words("门店", "Store"),
        "campaign": Words("群发活动", "Campaign"),
        "step": Words("步骤", "Step"),
        "variant": Words("版本", "Version"),
        "message_class": Words("短信类别", "Class"),
        "text": Words("内容", "Text"),
        "state": Words("状态", "State"),
        "reason": Words("未发送原因", "Reason"),
        "error_class": Words("失败原因", "Error"),
        "business_date": Words("营业日", "Business date"),
        "scheduled_at": Words("计划时间", "Scheduled at"),
        "send_before": Words("最迟发送", "Send before"),
        "handed_at": Words("提交时间", "Handed over at"),
        "delivered_at": Words("送达时间", "Delivered at"),
        "parts": Words("计费条数", "Parts"),
        "cost": Words("费用（元）", "Cost (yuan)"),
        "gateway": Words("通道账号", "Account"),
        "gateway_message_id": Words("通道编号", "Gateway's id"),
        "tried": Words("不能发的账号", "Accounts tried"),
        "chunk": Words("批次", "Chunk"),
        "expects_reply": Words("等待回复", "Expects a reply"),
        "is_plain": Words("普通活动", "Plain"),
        "opt_out_length": Words("退订用语字数", "Length of the opt-out words"),
        "content": Words("内容摘要", "Digest of the text"),
        "attempts": Words("重试次数", "Attempts"),
        "next_at": Words("下次重试", "Next attempt"),
        "dedupe_key": Words("防重编号", "Key"),
        "created_at": Words("生成时间", "Created at"),
    },
    shown=("id", "scheduled_at", "member", "message_class", "state", "text", "reason", "error_class"),
    filters=(
        "member", "phone", "store", "campaign", "message_class", "state", "reason", "error_class", "gateway", "scheduled_at",
        "business_date", "chunk",
    ),
    choices={"message_class": CLASSES, "state": SEND_STATES, "reason": REASONS, "error_class": ERRORS},
    hints={
        "state": Words(
            "结果未知的短信不会重发，等待状态报告", "What is unknown waits for its report and is not sent again"
        ),
        "parts": Words("长短信按多条计费", "Long messages are charged as several"),
        "business_date": Words("排队时为计划的那天，发出后为发出的那天", "The day it is queued for, then the one on which it left"),
        "tried": Words("这些账号不能发这条，已换下一个", "These could not carry it, the next one was asked"),
        "is_plain": Words("既非节日活动也非固定节奏的群发", "Of a campaign that is neither event nor rhythm"),
        "content": Words("用来避免短期内重复相同内容", "Keeps the same text from coming again too soon"),
        "dedupe_key": Words("保证同一条短信只发一次", "Keeps a message from being sent twice"),
    },
    readable="'#' || t.id",
    help=Words("发给一个人的一条短信和它的结果", "One message to one person, with its whole fate"),
    read_only=True,
)  # fmt: skip

SCREENS = (TEMPLATE, NOTICE, LOG)

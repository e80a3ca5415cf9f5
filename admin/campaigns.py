"""Campaigns, their waves, and the chunks in which messages leave."""

from admin.messages import CLASSES, GROUP
from admin.screens import Screen, Words
from tables.campaigns import Campaign, CampaignStep, SendChunk

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
STOPPED = {"complaints": Words("投诉超过红线", "Too many complaints")}
STEP_STATES = {
    "draft": Words("草稿", "Draft"),
    "freezing": Words("圈定中", "Freezing"),
    "frozen": Words("已圈定", "Frozen"),
}
CHUNK_STATES = {
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
        "content_kind": Words("内容类型", "Content"),
        "rhythm": Words("节奏", "Rhythm"),
        "store": Words("门店", "Store"),
        "staff": Words("创建人", "Staff"),
        "state": Words("状态", "State"),
        "reason": Words("叫停原因", "Why stopped"),
        "created_at": Words("创建时间", "Created at"),
    },
    shown=("name", "content_kind", "rhythm", "store", "state", "reason", "created_at"),
    filters=("name", "content_kind", "rhythm", "store", "state", "reason", "created_at"),
    choices={"content_kind": CONTENT, "rhythm": RHYTHMS, "state": STATES, "reason": STOPPED},
    hints={
        "content_kind": Words("审核时检查促销占比", "Promotions are held to their share at review"),
        "rhythm": Words(
            "空表示普通活动，适用更严的频次规则", "Empty: a plain one, for which a stricter frequency rule holds"
        ),
        "store": Words("空表示总部活动", "Empty: of headquarters"),
        "state": Words(
            "开始、暂停、恢复、取消请用命令 regulars campaign",
            "`regulars campaign` starts, pauses, resumes and cancels",
        ),
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
        "text": Words("内容", "Text"),
        "landing": Words("链接页内容", "Linked page"),
        "expects_reply": Words("等待回复", "Expects a reply"),
        "scheduled_at": Words("计划时间", "Scheduled at"),
        "send_before": Words("最迟发送", "Send before"),
        "state": Words("状态", "State"),
        "audience": Words("圈定人数", "Audience"),
        "frozen_at": Words("圈定时间", "Frozen at"),
    },
    shown=("id", "campaign", "number", "text", "state", "audience", "scheduled_at", "send_before"),
    filters=("campaign", "state", "scheduled_at"),
    choices={"state": STEP_STATES},
    hints={
        "text": Words(
            "不含签名和退订用语，二者会自动加上；圈定后不能修改",
            "Without signature and opt-out words, which come by themselves",
        ),
        "landing": Words("短信中 {link} 打开的页面上写什么", "What the page behind {link} says"),
        "expects_reply": Words("48 小时内的回复算作对它的回答", "Replies within 48 hours are answers to it"),
        "send_before": Words("过了这个时间还没发出的不再发送", "What has not left by then does not leave"),
        "audience": Words("含不发送的人", "With those who are left out"),
    },
    readable="'#' || t.id",
    help=Words("一步是发给一群人的一条短信", "One text to one audience"),
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

SCREENS = (CAMPAIGN, STEP, CHUNK)

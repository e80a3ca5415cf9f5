"""Which partners are told of what, and what became of each message."""

from admin.members import SYSTEM
from admin.screens import Screen, Words
from tables.webhooks import Webhook, WebhookDelivery

EVENTS = {
    "purchase": Words("消费", "Purchase"),
    "refund": Words("退货", "Refund"),
    "redemption": Words("兑换", "Redemption"),
    "tier_change": Words("等级变动", "Tier change"),
}
STATES = {
    "queued": Words("待推送", "Queued"),
    "sent": Words("已送达", "Sent"),
    "failed": Words("失败", "Failed"),
}
ERRORS = {
    "timeout": Words("对方超时", "Timeout"),
    "unreachable": Words("无法连接", "Unreachable"),
    "certificate": Words("证书无效", "Bad certificate"),
    "bad_answer": Words("对方未接收", "Not taken"),
    "gone": Words("对方已停用", "Gone"),
    "switched_off": Words("已停用，不再推送", "Switched off"),
    "invalid": Words("地址无法使用", "Unusable address"),
}

WEBHOOK = Screen(
    table=Webhook,
    name=Words("事件推送", "Webhooks"),
    group=SYSTEM,
    columns={
        "name": Words("名称", "Name"),
        "url": Words("接收地址", "Address"),
        "events": Words("推送事件", "Events"),
        "store": Words("门店", "Store"),
        "is_active": Words("启用", "Active"),
        "created_at": Words("创建时间", "Created at"),
    },
    shown=("name", "url", "events", "store", "is_active", "created_at"),
    filters=("name", "store", "is_active"),
    choices={"events": EVENTS},
    hints={
        "url": Words(
            "须为 https://；http:// 仅可用于 localhost 和内网地址",
            "Starts with https://; http:// is for localhost and private addresses",
        ),
        "events": Words("至少一种", "At least one"),
        "store": Words(
            "空表示全部门店；等级变动按会员归属门店", "Empty: all stores; a tier change is of the home store"
        ),
        "is_active": Words(
            "选「否」则不再推送，尚未送达的也作废；对方答复 410 时自动停用",
            "No: nothing more is sent, nor what waits; an answer of 410 switches it off by itself",
        ),
    },
    order="name",
    link="name",
    readable="t.name",
    help=Words(
        "把消费、退货、兑换和等级变动告知合作方的系统；签名密钥用命令 regulars webhook secret 查看",
        "Tells partners' systems what happens; `regulars webhook secret` shows what the messages are signed with",
    ),
)
DELIVERY = Screen(
    table=WebhookDelivery,
    name=Words("推送记录", "Deliveries"),
    group=SYSTEM,
    columns={
        "created_at": Words("生成时间", "Created at"),
        "webhook": Words("推送到", "Webhook"),
        "event": Words("事件", "Event"),
        "state": Words("状态", "State"),
        "attempts": Words("已尝试次数", "Attempts"),
        "next_at": Words("下次尝试", "Next attempt"),
        "status_code": Words("对方答复", "Status"),
        "error_class": Words("失败原因", "Error"),
        "sent_at": Words("送达时间", "Sent at"),
        "payload": Words("内容", "Payload"),
    },
    shown=("created_at", "webhook", "event", "state", "attempts", "status_code", "error_class", "next_at"),
    filters=("webhook", "event", "state", "status_code", "error_class", "created_at"),
    choices={"event": EVENTS, "state": STATES, "error_class": ERRORS},
    hints={
        "attempts": Words(
            "共 8 次，间隔从 5 秒到 24 小时，之后为失败",
            "Eight in all, 5 seconds to 24 hours apart, then it has failed",
        ),
        "payload": Words("不含手机号和姓名", "Without phones and names"),
    },
    link="created_at",
    readable="'#' || t.id",
    help=Words(
        "告知合作方的每一条消息和它的结果，保留 30 天", "Each message to a partner and its fate, kept for 30 days"
    ),
    read_only=True,
)

SCREENS = (WEBHOOK, DELIVERY)

"""How long what was said and seen is kept."""

from admin.members import SYSTEM
from admin.screens import Screen, Words
from tables.retention import Retention

KINDS = {
    "message": Words("短信文字和号码", "Texts and numbers of messages"),
    "notice": Words("通知内容", "What notices said"),
    "reply": Words("上行短信", "Replies"),
    "click": Words("链接点击", "Clicks"),
    "lookup": Words("跨店查询记录", "Look-ups"),
}

SCREENS = (
    Screen(
        table=Retention,
        name=Words("保留期限", "Retention"),
        group=SYSTEM,
        columns={
            "kind": Words("数据", "What"),
            "days": Words("保留天数", "Days"),
            "done_id": Words("已清理到编号", "Forgotten up to"),
        },
        shown=("kind", "days", "done_id"),
        filters=("kind",),
        choices={"kind": KINDS},
        hints={
            "days": Words(
                "短信、通知、回复至少 150 天，点击和查询至少 30 天", "At least 150 for messages, notices and replies, 30 for clicks and look-ups"
            ),
            "done_id": Words("夜间任务填写", "The night writes it"),
        },
        order="id",
        link="days",
        readable="t.kind",
        help=Words("超过天数的内容由夜间任务清除，账目不受影响", "What is older goes in the night; the books stay"),
    ),
)  # fmt: skip

"""What comes back from phones: replies, the words that are answered by themselves, complaints."""

from admin.messages import GROUP
from admin.screens import Screen, Words
from rules.replies import LONGEST_KEYWORD, PLACEHOLDERS
from rules.templates import LONGEST
from tables.replies import Complaint, KeywordReply, Reply

REPLY_KINDS = {
    "opt_out": Words("退订营销", "Opt-out"),
    "opt_out_all": Words("全部退订", "Opt-out of everything"),
    "fewer": Words("少发", "Fewer messages"),
    "opt_in": Words("恢复订阅", "Opt-in"),
    "keyword": Words("关键词", "Keyword"),
    "answer": Words("回复活动", "Answer"),
    "other": Words("其他", "Other"),
}
REPLY_STATES = {"open": Words("待处理", "Open"), "done": Words("已处理", "Done")}
SOURCES = {
    "12321": Words("12321 举报", "Reported to 12321"),
    "gateway": Words("通道转来", "Gateway"),
    "member": Words("会员直接投诉", "Member"),
    "other": Words("其他", "Other"),
}

REPLY = Screen(
    table=Reply,
    name=Words("上行短信", "Replies"),
    group=GROUP,
    columns={
        "id": Words("编号", "Number"),
        "said_at": Words("回复时间", "Said at"),
        "member": Words("会员", "Member"),
        "phone": Words("手机号", "Phone"),
        "store": Words("门店", "Store"),
        "text": Words("内容", "Text"),
        "kind": Words("类型", "Kind"),
        "state": Words("处理状态", "State"),
        "assigned_to": Words("负责人", "Assigned to"),
        "note": Words("处理备注", "Note"),
        "send_log": Words("回复的短信", "In answer to"),
        "answer": Words("我们的答复", "Our answer"),
        "done_by": Words("处理人", "Done by"),
        "done_at": Words("处理时间", "Done at"),
        "gateway": Words("通道", "Gateway"),
        "gateway_reply_id": Words("通道编号", "Gateway's id"),
        "at": Words("收到时间", "Received at"),
    },
    shown=("id", "said_at", "member", "store", "text", "kind", "state", "assigned_to"),
    filters=("state", "kind", "store", "assigned_to", "member", "phone", "said_at", "gateway"),
    choices={"kind": REPLY_KINDS, "state": REPLY_STATES},
    hints={
        "kind": Words(
            "退订、少发、恢复订阅立即生效，不用处理；其余待人处理",
            "Opt-outs and opt-ins act at once; the others wait for a person",
        ),
        "state": Words("用表单「回复会员」「处理回复」处理", "Use the forms “Answer a member” and “Settle a reply”"),
        "store": Words("所回复短信的门店，否则为会员归属门店", "Of the message that is answered, else the home store"),
        "send_log": Words("48 小时内发给该号码的短信", "A message of 48 hours to that number"),
        "answer": Words("关键词的自动答复，或员工的答复", "By itself to a keyword, or a person's"),
    },
    readable="'#' || t.id",
    help=Words("会员和其他号码发来的短信", "What members and other phones sent us"),
    read_only=True,
)
KEYWORD = Screen(
    table=KeywordReply,
    name=Words("关键词回复", "Keyword replies"),
    group=GROUP,
    columns={
        "keyword": Words("关键词", "Keyword"),
        "store": Words("门店", "Store"),
        "text": Words("答复内容", "Answer"),
        "for_staff": Words("转人工", "A person takes over"),
        "is_active": Words("启用", "Active"),
    },
    shown=("keyword", "store", "text", "for_staff", "is_active"),
    filters=("keyword", "store", "for_staff", "is_active"),
    hints={
        "keyword": Words(
            f"整条回复就是这个词才算；不分大小写和全半角，最多 {LONGEST_KEYWORD} 字；不能是退订类词语",
            f"Only as the whole reply, in any case and width, up to {LONGEST_KEYWORD} characters; no word that means an opt-out",
        ),
        "store": Words("空表示全部门店；本店的优先", "Empty: all stores; a store's own comes first"),
        "text": Words(
            f"签名会自动加在最前面。最多 {LONGEST} 字。占位符：" + " ".join(f"{{{name}}}" for name in PLACEHOLDERS),
            f"The signature comes by itself. At most {LONGEST} characters. Placeholders: "
            + " ".join(f"{{{name}}}" for name in PLACEHOLDERS),
        ),
        "for_staff": Words("选「是」则答复后仍待人处理", "Yes: the reply stays open for a person"),
        "is_active": Words("选「否」则不自动答复", "No: not answered by itself"),
    },
    order="keyword",
    link="keyword",
    readable="t.keyword",
    help=Words(
        "每个号码一小时最多自动答复 3 条、一天 10 条；填不出的占位符转人工处理",
        "At most 3 automatic answers an hour and 10 a day to a number; what cannot be filled waits for a person",
    ),
)  # fmt: skip
COMPLAINT = Screen(
    table=Complaint,
    name=Words("短信投诉", "Complaints"),
    group=GROUP,
    columns={
        "at": Words("时间", "At"),
        "source": Words("来源", "Source"),
        "member": Words("会员", "Member"),
        "phone": Words("手机号", "Phone"),
        "store": Words("门店", "Store"),
        "campaign": Words("群发活动", "Campaign"),
        "send_log": Words("被投诉的短信", "Message"),
        "note": Words("说明", "Note"),
        "staff": Words("登记人", "Recorded by"),
    },
    shown=("at", "source", "member", "store", "campaign", "note", "staff"),
    filters=("source", "store", "campaign", "member", "phone", "at"),
    choices={"source": SOURCES},
    hints={
        "campaign": Words(
            "投诉率超过「投诉红线」的活动自动停止", "A campaign with more complaints than its red line stops by itself"
        ),
    },
    link="at",
    readable="'#' || t.id",
    help=Words(
        "用表单「登记投诉」登记；投诉人不再收到营销短信", "Recorded by form; who complained gets no more marketing"
    ),
    read_only=True,
)

SCREENS = (REPLY, KEYWORD, COMPLAINT)

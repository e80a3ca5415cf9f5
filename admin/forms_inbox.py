"""The deeds behind the forms of replies and complaints."""

from typing import Literal

from actions.complaints import Complained, Source, record_complaint
from actions.replies_staff import answer_reply, settle_reply
from admin.forms_desk import Desk, all_or_nothing
from admin.forms_typed import Typed, form_key, need, whole
from admin.forms_words import known
from admin.screens import Words
from config.settings import settings
from rules.cells import parse_int
from rules.refusals import Refusal

_NUMBER = Words("上行短信编号", "the reply's number")
# As people write them, in both languages.
_DEEDS: dict[str, Literal["assign", "done", "reopen"]] = {
    "指派": "assign", "assign": "assign", "完成": "done", "done": "done", "重开": "reopen", "reopen": "reopen",
}  # fmt: skip
_SOURCES: dict[str, Source] = {
    "12321": "12321", "通道": "gateway", "gateway": "gateway", "会员": "member", "member": "member", "其他": "other", "other": "other",
}  # fmt: skip


async def answer(desk: Desk, typed: Typed) -> Words:
    """A person's answer to a reply leaves as a notice, and the reply is done."""
    number = _number(typed)
    need(typed, "text", Words("答复内容", "the answer"))
    async with all_or_nothing():
        written = await answer_reply(reply=number, text=typed["text"], form=form_key(typed), now=desk.now)
    again = known(written.known)
    return Words(
        f"已答复上行 {number}，短信（发送记录 {written.message}）即将发出{again.zh}。",
        f"Reply {number} is answered: message {written.message} leaves now{again.en}.",
    )


async def settle(desk: Desk, typed: Typed) -> Words:
    """A reply is given to a colleague or to oneself, ended, or opened again."""
    number = _number(typed)
    deed = _DEEDS.get(typed["deed"].strip().lower())
    if deed is None:
        raise Refusal("bad_value", "Write one of: done, assign, reopen.", "处理方式请填写：完成、指派或重开。")
    username = typed["username"].strip() or desk.who.username
    async with all_or_nothing():
        await settle_reply(reply=number, deed=deed, username=username, note=typed["note"], now=desk.now)
    return {
        "assign": Words(f"上行 {number} 已指派给 {username}。", f"Reply {number} is given to {username}."),
        "done": Words(f"上行 {number} 已处理。", f"Reply {number} is done."),
        "reopen": Words(f"上行 {number} 已重新打开。", f"Reply {number} is open again."),
    }[deed]


async def complain(desk: Desk, typed: Typed) -> Words:
    """Somebody complained about a message, or about the newest marketing message to a phone."""
    source = _SOURCES.get(typed["source"].strip().lower())
    if source is None:
        raise Refusal(
            "bad_value", "Write one of: 12321, gateway, member, other.", "来源请填写：12321、通道、会员或其他。"
        )
    async with all_or_nothing():
        done = await record_complaint(
            source=source, phone=typed["phone"].strip() or None, send_log=whole(typed, "message"), note=typed["note"],
            now=desk.now, secret=settings().secret,
        )  # fmt: skip
    return _complained(done)


def _complained(done: Complained) -> Words:
    again = known(done.known)
    head = Words(f"已登记投诉 {done.complaint}{again.zh}。", f"Complaint {done.complaint} is recorded{again.en}.")
    if done.campaign is None:
        return Words(f"{head.zh}未找到相关的群发活动。", f"{head.en} It is about no campaign.")
    zh = f"{head.zh}活动“{done.campaign}”已提交 {done.handed:,} 条，{done.complaints} 人投诉"
    en = f"{head.en} {done.campaign}: {done.complaints} complained, {done.handed:,} messages handed over"
    if done.stopped:
        return Words(f"{zh}，超过投诉红线：活动已停止，未发出的已取消。", f"{en}, over the red line: it is stopped.")
    return Words(f"{zh}。", f"{en}.")


def _number(typed: Typed) -> int:
    need(typed, "reply", _NUMBER)
    return parse_int(typed["reply"].strip().lstrip("#"))

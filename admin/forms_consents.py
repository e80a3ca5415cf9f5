"""The form with which staff write down what a member agrees to, and the deed behind it."""

import re
from typing import Any

from actions.consents import Answer, record
from admin.forms_desk import Desk, all_or_nothing
from admin.forms_menu import Form
from admin.forms_privacy import GROUP
from admin.forms_typed import Typed, need
from admin.screens import Words
from rules.consents import PURPOSES, SENSITIVE, purpose_of
from rules.refusals import Refusal

_NUMBER = re.compile(r"[#＃]([0-9]{1,18})")
_YES, _NO = {"同意", "是", "yes", "agrees"}, {"不同意", "否", "撤回", "no", "withdraws"}


async def write_down(desk: Desk, typed: Typed) -> Words:
    """One answer to one purpose."""
    need(typed, "phone", Words("会员手机号", "the member's phone"))
    need(typed, "purpose", Words("用途", "the purpose"))
    answer = Answer(
        purpose=purpose_of(text=typed["purpose"]) or "", granted=_granted(typed["answer"]), source=typed["source"],
        text_version=typed["text_version"],
    )  # fmt: skip
    store = await desk.store(typed["store"])
    number = _NUMBER.fullmatch(typed["phone"].strip())
    member = int(number[1]) if number else await desk.member(typed["phone"])
    async with all_or_nothing():
        known = await record(member=member, store=store, answer=answer, now=desk.now)
    return _told(answer, again=known)


def _granted(text: str) -> bool:
    said = text.strip().casefold()
    if said not in _YES | _NO:
        raise Refusal("bad_answer", "Write what the member said: yes or no.", "请填写会员的答复：同意 或 不同意。")
    return said in _YES


def _told(answer: Answer, *, again: bool) -> Words:
    purpose = Words(*PURPOSES[answer.purpose])
    if again:
        return Words("会员此前的答复相同，未重复登记。", "The member said the same before; nothing was written.")
    if answer.granted:
        return Words(f"已登记：同意“{purpose.zh}”。", f"Written down: yes to “{purpose.en}”.")
    more = _GONE if answer.purpose in SENSITIVE else Words("", "")
    more = _PLACE_GONE if answer.purpose == "location" else more
    return Words(f"已登记：不同意“{purpose.zh}”。{more.zh}", f"Written down: no to “{purpose.en}”.{more.en}")


_GONE = Words("需要此项同意的标签已立即删除。", " Tags that needed the yes are gone.")
_PLACE_GONE = Words("会员的经纬度和需要此项同意的标签已立即删除。", " The place and tags that needed the yes are gone.")


def _text(zh: str, en: str) -> tuple[Any, Any, Words]:
    return str, "", Words(zh, en)


FORMS = (
    Form(
        name=Words("会员授权", "Record a consent"),
        description=Words(
            "登记会员对一项用途的答复。请先让会员看条款，一项一问；不同意不影响入会和积分。"
            "健康、位置信息须单独同意；不满十四周岁儿童的信息须由父母或其他监护人同意。撤回即刻生效。",
            "Writes down the answer to one purpose: show the text first, ask one by one; a no costs nothing. Health and place "
            "need a yes of their own, what is kept of children under 14 their guardian's. A withdrawal holds at once.",
        ),
        fields={
            "phone": _text("会员手机号（没有手机号时填编号，如 #12）", "Member's phone (without one: #12)"),
            "purpose": _text(
                "用途（营销短信、通知短信、个性化推荐、位置信息、健康信息、儿童信息、与合作方共享）",
                f"Purpose ({', '.join(en for _, en in PURPOSES.values())})",
            ),
            "answer": _text("会员的答复（同意、不同意）", "What the member says (yes, no)"),
            "source": (str, "柜台口头", Words("在哪里表示的（柜台口头、纸质登记表、电话等）", "Where it was said (counter, paper form …)")),
            "text_version": _text("会员看到的条款版本（不同意时可不填）", "Version of the text shown (a no needs none)"),
        },
        deed="consent_record",
        run=write_down,
        writes=False,
        group=GROUP,
    ),
)  # fmt: skip

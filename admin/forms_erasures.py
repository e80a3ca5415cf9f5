"""The forms of wishes to be forgotten: shops file and withdraw them, head office decides."""

from actions.erasures import ask_erasure, grant_erasure, refuse_erasure, withdraw_erasure
from admin.erasures import PROOFS
from admin.forms_desk import Desk, all_or_nothing
from admin.forms_menu import Form
from admin.forms_privacy import GROUP
from admin.forms_typed import Typed, need
from admin.screens import Words
from config.settings import settings
from queries.erasures import Wish, open_wishes
from rules.cells import parse_int
from rules.erasures import Proof
from rules.refusals import Refusal

_MOST_TOLD = 20
_PROOFS: dict[str, Proof] = {
    "手机": "phone", "phone": "phone", "证件": "document", "document": "document", "认识": "known", "known": "known",
    "书面": "letter", "letter": "letter",
}  # fmt: skip
_YES, _NO = ("注销", "erase"), ("拒绝", "refuse")


async def ask(desk: Desk, typed: Typed) -> Words:
    """A member's wish is filed for head office."""
    proof = _PROOFS.get(typed["proof"].strip().lower())
    if proof is None:
        raise Refusal(
            "bad_value", "Write one of: phone, document, known, letter.", "核实方式请填写：手机、证件、认识或书面。"
        )
    member = await desk.member(typed["phone"])
    async with all_or_nothing():
        done = await ask_erasure(
            member=member, proof=proof, note=typed["note"].strip(), now=desk.now, today=desk.day
        )  # fmt: skip
    day = done.due_on
    zh = f"总部最迟 {day.year}年{day.month}月{day.day}日 答复，其间不再发送营销短信。"
    en = f"headquarters answers by {day}; meanwhile no marketing leaves to them."
    if done.known:
        return Words(
            f"该会员已有待处理的注销申请 {done.request}：{zh}", f"Request {done.request} is open already: {en}"
        )
    return Words(f"已登记注销申请 {done.request}（会员 #{member}）：{zh}", f"Request {done.request} is filed: {en}")


async def withdraw(desk: Desk, typed: Typed) -> Words:
    """A member thought better of it."""
    member = await desk.member(typed["phone"])
    async with all_or_nothing():
        request = await withdraw_erasure(member=member, now=desk.now)
    return Words(f"注销申请 {request} 已撤回，会员资料保留。", f"Request {request} is withdrawn; the member stays.")


async def decide(desk: Desk, typed: Typed) -> Words:
    """Those that wait are told; one is granted, for good, or refused with a reason."""
    if not typed["request"].strip():
        return _told(await open_wishes(most=_MOST_TOLD + 1), desk)
    request = parse_int(typed["request"].strip().lstrip("#"))
    decision = typed["decision"].strip().lower()
    if decision in _NO:
        need(typed, "reason", Words("拒绝的原因", "why it is refused"))
        async with all_or_nothing():
            await refuse_erasure(request=request, reason=typed["reason"].strip(), now=desk.now)
        return Words(f"注销申请 {request} 已拒绝，门店可见原因。", f"Request {request} is refused; the store sees why.")
    if decision not in _YES:
        raise Refusal("not_confirmed", "Nothing was done. Write: erase, or: refuse.", "未处理。请填写：注销 或 拒绝。")
    async with all_or_nothing():
        done = await grant_erasure(request=request, secret=settings().secret, now=desk.now)
    return Words(
        f"会员 {done.member} 已注销，个人资料已清除；{done.cancelled} 条待发短信不再发送。请告知门店。",
        f"Member {done.member} is erased; {done.cancelled} waiting messages do not leave. Tell the store.",
    )


def _told(wishes: list[Wish], desk: Desk) -> Words:
    if not wishes:
        return Words("没有待处理的注销申请。", "No request waits.")
    told = [_line(wish, wish.days_left(today=desk.day)) for wish in wishes[:_MOST_TOLD]]
    more = (
        Words("；还有更多，请见“注销申请”", "; and more, see Erasure requests")
        if len(wishes) > _MOST_TOLD
        else Words("", "")
    )
    return Words(
        f"待处理的注销申请：{'；'.join(line.zh for line in told)}{more.zh}。",
        f"Requests that wait: {'; '.join(line.en for line in told)}{more.en}.",
    )


def _line(wish: Wish, left: int) -> Words:
    zh = f"剩余 {left} 天" if left >= 0 else f"已超期 {-left} 天"
    en = f"{left} days left" if left >= 0 else f"{-left} days late"
    return Words(
        f"{wish.id}（会员 #{wish.member}，{wish.store}，{zh}）",
        f"{wish.id} (member #{wish.member}, {wish.store}, {en})",
    )


_SEEN = Words(
    "核实方式（手机、证件、认识、书面）：" + "，".join(words.zh for words in PROOFS.values()),
    "How you saw who it is (phone, document, known, letter)",
)
_PHONE = Words("会员手机号", "Member's phone")
FORMS = (
    Form(
        name=Words("申请注销", "Ask for erasure"),
        description=Words(
            "会员要求注销时，由归属门店或总部登记；总部 15 个工作日内处理，其间不再发送营销短信。",
            "For a member who wants to be forgotten: headquarters answers within 15 working days; no marketing leaves meanwhile.",
        ),
        fields={
            "phone": (str, "", _PHONE),
            "proof": (str, "手机", _SEEN),
            "note": (str, "", Words("原因（可不填；请勿写姓名和号码）", "Why (may be empty; no names or numbers)")),
        },
        deed="erasure_ask",
        run=ask,
        in_store=False,
        writes=False,
        group=GROUP,
    ),
    Form(
        name=Words("撤回注销申请", "Withdraw a request"),
        description=Words("会员改变主意时使用；总部处理之前都可以撤回。", "For a member who thought better of it, before it is decided."),
        fields={"phone": (str, "", _PHONE)},
        deed="erasure_withdraw",
        run=withdraw,
        in_store=False,
        writes=False,
        group=GROUP,
    ),
    Form(
        name=Words("处理注销申请", "Decide on a request"),
        description=Words(
            "编号留空可查看待处理的申请和剩余天数。注销会清除会员的个人资料，不可恢复。",
            "Without a number it tells which wait, and how long yet. An erasure clears the member's data for good.",
        ),
        fields={
            "request": (str, "", Words("申请编号（留空则列出）", "Number of the request (empty: a list)")),
            "decision": (str, "", Words("决定（请填写：注销 或 拒绝）", "Decision (write: erase, or: refuse)")),
            "reason": (str, "", Words("拒绝原因（门店可见）", "Why it is refused (the store sees it)")),
        },
        deed="erasure_refuse",
        run=decide,
        in_store=False,
        writes=False,
        group=GROUP,
    ),
)  # fmt: skip

"""The forms about a member's personal data, and the deeds behind them."""

from actions.numbers import ask_number, prove_number
from actions.privacy import erase
from admin.forms_desk import Desk, all_or_nothing
from admin.forms_menu import Form
from admin.forms_typed import Typed, need
from admin.screens import Words
from config.settings import settings
from rules.refusals import Refusal

# Menus are sorted by name: these stand below the counter, which is used all day.
GROUP = Words("隐私与授权", "Privacy and consent")
_SURE = ("注销", "erase")


async def forget(desk: Desk, typed: Typed) -> Words:
    """A member is forgotten, for good."""
    need(typed, "phone", Words("会员手机号", "the member's phone"))
    if typed["confirm"].strip().lower() not in _SURE:
        raise Refusal(
            "not_confirmed", "Nothing was erased. To confirm, write: erase.", "未注销任何资料。确认请填写：注销。"
        )
    async with all_or_nothing():
        done = await erase(who=typed["phone"], secret=settings().secret, now=desk.now)
    no = Words("此前的退订对该号码继续有效。", " Their no to marketing still holds for the number.")
    kept = no if done.still_no else Words("", "")
    return Words(
        f"会员 {done.member} 已注销，个人资料已清除；{done.cancelled} 条待发短信不再发送。{kept.zh}",
        f"Member {done.member} is erased; {done.cancelled} waiting messages do not leave.{kept.en}",
    )


async def change_number(desk: Desk, typed: Typed) -> Words:
    """A member gets another number, once a code from it was read out."""
    need(typed, "new_phone", Words("新手机号", "the new phone number"))
    return await _proven(desk, typed, phone=typed["new_phone"])


async def release_number(desk: Desk, typed: Typed) -> Words:
    """A member loses a number that has a new owner, who reads out the code."""
    return await _proven(desk, typed, phone=typed["phone"])


async def _proven(desk: Desk, typed: Typed, *, phone: str) -> Words:
    store = await desk.store(typed["store"])
    member = await desk.member(typed["phone"])
    if not typed["code"].strip():
        # What it tells of the number is paid for, although the form is refused.
        await ask_number(member=member, store=store, phone=phone, now=desk.now)
        return Words(
            f"验证码已发送至 {phone.strip()}，5 分钟内有效：请填写后再次提交。",
            f"A code was sent to {phone.strip()}, good for 5 minutes: fill it in and send again.",
        )
    # What a wrong guess costs is kept, although the form is refused.
    done = await prove_number(member=member, store=store, phone=phone, code=typed["code"], now=desk.now)
    if done == "moved":
        return Words("手机号已更换，已短信告知原号码。", "The number is changed; the old one is told so by text.")
    return Words(
        "号码已释放：原会员不再有手机号，新机主可以凭此号码入会或更换手机号。",
        "The number is released: its old member has none, its new owner may join or change to it.",
    )


_CODE = (str, "", Words("验证码（留空则发送）", "Code (empty: one is sent)"))
FORMS = (
    Form(
        name=Words("更换手机号", "Change a number"),
        description=Words(
            "核对身份后为会员更换手机号：验证码发往新号码。由归属门店店长或总部办理；授权与退订不变。",
            "After a look at who it is: the code goes to the new number. At the home store or head office; consents stay.",
        ),
        fields={
            "phone": (str, "", Words("现在的手机号", "Present phone")),
            "new_phone": (str, "", Words("新手机号", "New phone")),
            "code": _CODE,
        },
        deed="number_prove",
        run=change_number,
        writes=False,
        group=GROUP,
    ),
    Form(
        name=Words("释放号码", "Release a number"),
        description=Words(
            "号码已换主人时使用：新机主读出发往该号码的验证码后，原会员不再有手机号。",
            "For a number with a new owner, who reads out the code sent to it: its old member has none any more.",
        ),
        fields={"phone": (str, "", Words("手机号", "Phone")), "code": _CODE},
        deed="number_ask",
        run=release_number,
        writes=False,
        group=GROUP,
    ),
    Form(
        name=Words("注销会员", "Erase a member"),
        description=Words(
            "应会员要求清除其姓名、手机号、短信、回复、备注等个人资料，不可恢复；账目保留但不再与个人有关。",
            "Clears name, number, texts, replies and notes at the member's wish, for good; the books stay.",
        ),
        fields={
            "phone": (str, "", Words("会员手机号（没有手机号时填编号，如 #12）", "Member's phone (without one: #12)")),
            "confirm": (str, "", Words("确认（请填写：注销）", "To confirm, write: erase")),
        },
        deed="member_erase",
        run=forget,
        in_store=False,
        writes=False,
        group=GROUP,
    ),
)

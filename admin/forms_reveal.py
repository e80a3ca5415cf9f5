"""The form that shows a full phone to those who see masked ones."""

from actions.reveals import reveal
from admin.forms_desk import Desk
from admin.forms_menu import Form
from admin.forms_privacy import GROUP
from admin.forms_typed import Typed, need
from admin.screens import Words
from rules.cells import parse_int
from rules.refusals import Refusal

_LARGEST = 2**62


async def show(desk: Desk, typed: Typed) -> Words:
    """One member's number."""
    need(typed, "member", Words("会员编号", "the member's number in the list"))
    need(typed, "reason", Words("原因", "the reason"))
    member = parse_int(typed["member"].strip().removeprefix("#"))
    if not 0 < member < _LARGEST:
        raise Refusal(
            "bad_number",
            "Write the number in the heading of the member's page.",
            "请填写会员页面标题中的编号，如 #12。",
        )
    phone = (await reveal(member=member, reason=typed["reason"].strip()[:200], now=desk.now)).removeprefix("+86")
    return Words(
        f"会员 #{member} 的手机号：{phone}。已记入操作记录。",
        f"The phone of member #{member}: {phone}. This is in the audit log.",
    )


FORMS = (
    Form(
        name=Words("查看手机号", "See a phone"),
        description=Words(
            "显示一位会员的完整手机号，须写明原因；每次都会记入操作记录，并有次数限制。",
            "Shows one member's full number for a reason; each time is logged, and limited.",
        ),
        fields={
            "member": (
                str,
                "",
                Words(
                    "会员编号（会员页面标题中的编号，如 #12）",
                    "Number in the heading of the member's page, such as #12",
                ),
            ),
            "reason": (str, "", Words("原因", "Reason")),
        },
        deed="phone_reveal",
        run=show,
        in_store=False,
        writes=False,
        group=GROUP,
    ),
)

"""A full phone for a role that sees masked ones: one member at a time, for a reason, and never unseen."""

from datetime import datetime

from actions.rights import rights_refused
from rules.refusals import Refusal
from tables.scope import current

_REVEAL = "SELECT outcome, phone FROM deed.phone_reveal($1, $2, $3)"


async def reveal(*, member: int, reason: str, now: datetime) -> str:
    """The member's number (E.164), and a line in the audit log about who saw it and why. 20 an hour and 60 a day are each
    person's. Raises Refusal unknown_member, no_phone, too_many, not_allowed.
    """
    with rights_refused():
        row = await current().fetchrow(_REVEAL, member, reason, now)
    assert row is not None  # noqa: S101  one question, one answer
    if row["outcome"] != "shown":
        raise _NOES[row["outcome"]]
    phone: str = row["phone"]
    return phone


_NOES = {
    "unknown": Refusal(
        "unknown_member",
        "You see no member with this number: it stands in the heading of the member's page.",
        "您可见的会员中没有这个编号：请按会员页面标题中的编号填写。",
    ),
    "no_phone": Refusal("no_phone", "This member has no phone number any more.", "该会员已没有手机号。"),
    "too_many": Refusal(
        "too_many",
        "You have seen too many full numbers: wait an hour, or ask headquarters.",
        "您查看完整手机号的次数过多：请一小时后再试，或联系总部。",
    ),
}

"""What a member may ask of the chain: to be forgotten. What the database does is in tables/sql/privacy.sql."""

import re
from dataclasses import dataclass
from datetime import datetime

from actions.rights import rights_refused
from rules.phones import normalise_phone
from rules.refusals import Refusal
from rules.suppression import phone_hmac
from tables.scope import current

_NUMBER = re.compile(r"[#＃]([0-9]{1,18})")
_MEMBER = "SELECT id, phone FROM member WHERE phone = $1 OR id = $2"
_ERASE = "SELECT outcome, cancelled, still_no FROM deed.member_erase($1, $2, $3)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Erased:
    """`known`: it had been done before. `cancelled`: messages that waited. `still_no`: the number stays refused."""

    member: int
    known: bool
    cancelled: int
    still_no: bool


async def erase(*, who: str, secret: str, now: datetime) -> Erased:
    """Forgets the member of a phone, or of a number such as #12 where there is no phone: name, number, texts, notes, replies
    and clicks are gone from every table, the books stay true of somebody unknown. For good: only a backup knows more. In a
    scope of hq_admin.

    `secret` is the installation's, for the digest that keeps a withdrawal. Raises Refusal bad_phone, unknown_member,
    not_allowed.
    """
    with rights_refused():
        number = _NUMBER.fullmatch(who.strip())
        phone = None if number else normalise_phone(text=who)
        found = await current().fetchrow(_MEMBER, phone, int(number[1]) if number else None)
        if found is None:
            raise _UNKNOWN
        digest = phone_hmac(secret=secret, phone=found["phone"]) if found["phone"] else None
        row = await current().fetchrow(_ERASE, found["id"], digest, now)
    assert row is not None  # noqa: S101  one question, one answer
    return Erased(
        member=found["id"],
        known=row["outcome"] == "known",
        cancelled=row["cancelled"],
        still_no=bool(row["still_no"]),
    )


_UNKNOWN = Refusal(
    "unknown_member",
    "No member has this phone number: look whether it is written correctly, or was erased before. Without a phone: #12.",
    "没有使用该手机号的会员：请检查号码是否正确，或此前已注销。没有手机号的会员请填写编号，如 #12。",
)

"""What a member asks for in a shop: to be forgotten. The shop files it, head office decides (tables/sql/erasures.sql)."""

from dataclasses import dataclass
from datetime import date, datetime

from actions.privacy import Erased, erase
from actions.rights import rights_refused
from queries.erasures import wishing_member
from rules.erasures import Proof, due_on
from rules.refusals import Refusal
from tables.scope import current

LONGEST = 200
_ASK = "SELECT outcome, request FROM deed.erasure_ask($1, $2, $3, $4, $5)"
_WITHDRAW = "SELECT deed.erasure_withdraw($1, $2)"
_REFUSE = "SELECT deed.erasure_refuse($1, $2, $3)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """The request (id) and the day by which it is answered; `known`: one was open already."""

    request: int
    due_on: date
    known: bool


async def ask_erasure(*, member: int, proof: Proof, note: str, now: datetime, today: date) -> Asked:
    """Files the wish of a member (id) of the caller's stores; `proof`: how the shop saw who asks; `today`: the business date.
    From now on no marketing leaves to them. Raises Refusal not_your_member, unknown_member, too_long, not_allowed.
    """
    if len(note) > LONGEST:
        raise Refusal("too_long", f"A reason has at most {LONGEST} characters.", f"原因最多 {LONGEST} 字。")
    until = due_on(asked=today)
    with rights_refused():
        row = await current().fetchrow(_ASK, member, proof, note, until, now)
    assert row is not None  # noqa: S101  one question, one answer
    if row["request"] is None:
        raise _NOES[row["outcome"]]
    if row["outcome"] == "known":
        until = await current().fetchval("SELECT due_on FROM erasure_request WHERE id = $1", row["request"]) or until
    return Asked(request=row["request"], due_on=until, known=row["outcome"] == "known")


async def withdraw_erasure(*, member: int, now: datetime) -> int:
    """The member (id) stays. Returns the request (id) that was open. Raises Refusal nothing_open, not_allowed."""
    with rights_refused():
        request: int | None = await current().fetchval(_WITHDRAW, member, now)
    if request is None:
        raise _NOES["none"]
    return request


async def refuse_erasure(*, request: int, reason: str, now: datetime) -> None:
    """Head office says no; the shop reads the `reason`. Raises Refusal too_long, nothing_open, not_allowed."""
    if len(reason) > LONGEST:
        raise Refusal("too_long", f"A reason has at most {LONGEST} characters.", f"原因最多 {LONGEST} 字。")
    with rights_refused():
        if not await current().fetchval(_REFUSE, request, reason, now):
            raise _NOES["settled"]


async def grant_erasure(*, request: int, secret: str, now: datetime) -> Erased:
    """Forgets the member of an open request, see `actions.privacy.erase`. Raises Refusal nothing_open, not_allowed."""
    member = await wishing_member(request=request)
    if member is None:
        raise _NOES["settled"]
    return await erase(who=f"#{member}", secret=secret, now=now)


_NOES = {
    "foreign": Refusal(
        "not_your_member",
        "This member is not of your stores: their home store or headquarters files it.",
        "该会员不归属您的门店：请由其归属门店或总部登记。",
    ),
    "erased": Refusal("unknown_member", "This member was erased before.", "该会员此前已注销。"),
    "none": Refusal(
        "nothing_open",
        "This member has no open request that your stores filed.",
        "该会员没有由您的门店登记的待处理注销申请。",
    ),
    "settled": Refusal(
        "nothing_open",
        "There is no open request of this number: leave it empty to see those that wait.",
        "没有该编号的待处理申请：编号留空提交可查看待处理的申请。",
    ),
}

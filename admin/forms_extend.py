"""The deed behind the form with which headquarters gives points a longer life."""

from actions.extensions import Extended, Whose, extend, tag_named
from admin.forms_desk import Desk, all_or_nothing
from admin.forms_typed import Typed, form_key, need
from admin.forms_words import known
from admin.screens import Words
from rules.refusals import Refusal

_DAYS = {
    "first_on": Words("原到期日起始日期", "the first day on which they end"),
    "last_on": Words("原到期日截止日期", "the last day on which they end"),
    "good_until": Words("新的有效期", "until when they are good"),
}


async def extend_points(desk: Desk, typed: Typed) -> Words:
    """Lots that end within some days, of one member, a store, a tag or everybody, are good for longer."""
    for name, label in _DAYS.items():
        need(typed, name, label)
    whose = await _whose(desk, typed)
    async with all_or_nothing():
        done = await extend(
            form=form_key(typed), whose=whose, reason=typed["reason"], business_date=desk.day, staff=desk.who.staff,
            **{name: typed[name] for name in _DAYS},
        )  # fmt: skip
        words = _extended(done, until=str(typed["good_until"]))
        return words if whose.member is None else await desk.with_card(words, member=whose.member)


async def _whose(desk: Desk, typed: Typed) -> Whose:
    """Exactly one of four. That all members are meant has to be said, or an empty form would be a great deed."""
    given = [name for name in ("phone", "home_store", "tag") if typed[name].strip()]
    if len(given) + bool(typed["everybody"]) > 1:
        raise _ONE_OF_THEM
    if given == ["phone"]:
        return Whose(member=await desk.member(typed["phone"]))
    if given == ["home_store"]:
        return Whose(store=await desk.store(typed["home_store"]))
    if given == ["tag"]:
        return Whose(tag=await tag_named(name=typed["tag"]))
    if not typed["everybody"]:
        raise _WHO
    return Whose()


def _extended(done: Extended, *, until: str) -> Words:
    again = known(done.known)
    if not done.lots:
        return Words(f"这些日期没有将到期的积分，未延长{again.zh}。", f"No points end on those days{again.en}.")
    return Words(
        f"已把 {done.members:,} 位会员的 {done.points:,} 积分（{done.lots:,} 批）延长到 {until}{again.zh}。",
        f"{done.points:,} points of {done.members:,} members ({done.lots:,} lots) are good until {until}{again.en}.",
    )


_ONE_OF_THEM = Refusal(
    "bad_value",
    "Name either one member, or a store, or a tag, or tick that all members are meant.",
    "会员、门店、标签、全部会员只能选一项。",
)
_WHO = Refusal(
    "missing",
    "Say whose points: a phone, a store, a tag, or tick that all members are meant.",
    "请填写手机号、归属门店或标签；对全部会员请勾选“我确认对全部会员”。",
)

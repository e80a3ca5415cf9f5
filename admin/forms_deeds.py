"""The deeds behind the forms of redemptions, adjustments and memberships. Each takes what was typed and answers in a
sentence.
"""

import asyncpg

from actions.codes import sent_when_required, verify_code
from actions.members_register import register
from actions.points import Posted, adjust, cancel_redemption, redeem
from admin.forms_desk import Desk, all_or_nothing
from admin.forms_typed import Typed, form_key, need, reward_named, reward_words, whole
from admin.forms_words import card_words, known, yuan
from admin.screens import Words
from rules.cells import parse_int
from rules.refusals import Refusal
from tables.scope import current

# The wording of the two questions on the joining form; a new wording gets a new version.
NOTICE_VERSION = "counter-1"
_SOURCE = "柜台表单"
_REDEMPTION = """
SELECT e.id, e.reference, r.name AS reward FROM points_entry e LEFT JOIN reward r ON r.id = e.reward
WHERE e.member = $1 AND e.store = $2 AND e.kind = 'redeem' AND CASE WHEN $3::bigint IS NULL THEN e.business_date = $4 ELSE e.id = $3 END
ORDER BY e.id DESC LIMIT 1
"""


async def redeem_points(desk: Desk, typed: Typed) -> Words:
    """Points for a reward, or a number of them."""
    store = await desk.store(typed["store"])
    reward, points, key = await reward_named(typed), whole(typed, "points"), form_key(typed)
    member = await desk.member(typed["phone"])
    # What a wrong guess costs is kept, although the form is refused.
    code = await verify_code(member=member, store=store, code=typed["code"], reference=f"{store}:{key}", now=desk.now)
    async with sent_when_required(member=member, store=store, now=desk.now), all_or_nothing():
        posted = await redeem(
            member=member, store=store, reference=key, points=points, reward=reward["id"] if reward else None,
            code=code, business_date=desk.day, staff=desk.who.staff,
        )  # fmt: skip
        zh, en = reward_words(reward)
        again, worth = known(posted.known), _worth(posted) if reward is None else Words("", "")
        done = Words(
            f"已兑换{zh}，使用 {-posted.points:,} 积分{worth.zh}，兑换单号 {posted.entry}{again.zh}。",
            f"Redeemed{en} for {-posted.points:,} points{worth.en}, redemption {posted.entry}{again.en}.",
        )
        return await desk.with_card(done, member=member)


def _worth(posted: Posted) -> Words:
    """What a number of points is worth, where the program says it."""
    if posted.value is None:
        return Words("", "")
    return Words(f"（抵 {yuan(posted.value)}）", f" (worth {yuan(posted.value)})")


async def cancel(desk: Desk, typed: Typed) -> Words:
    """A redemption taken back: the one that is named, else the member's newest of today in this store. A newest one that is
    cancelled already is not passed over, or a second click would cancel the one before.
    """
    store = await desk.store(typed["store"])
    number = whole(typed, "number")
    member = await desk.member(typed["phone"])
    async with all_or_nothing():
        entry = await current().fetchrow(_REDEMPTION, member, store, number, desk.day)
        if entry is None:
            raise _no_redemption(named=number is not None)
        reference = entry["reference"].removeprefix(f"{store}:")
        posted = await cancel_redemption(store=store, reference=reference, business_date=desk.day, staff=desk.who.staff)
        return await desk.with_card(_cancelled(entry, posted), member=member)


def _cancelled(entry: asyncpg.Record, posted: Posted) -> Words:
    what = f"“{entry['reward']}”" if entry["reward"] else ""
    if posted.known:
        return Words(
            f"兑换{what}（单号 {entry['id']}）此前已撤销，未重复；要撤销其他兑换，请填写兑换单号。",
            f"Redemption {entry['id']} had been cancelled before; to cancel another one, write its number.",
        )
    return Words(
        f"已撤销兑换{what}（单号 {entry['id']}），退回 {posted.points:,} 积分。",
        f"Redemption {entry['id']} is cancelled, {posted.points:,} points are given back.",
    )


def _no_redemption(*, named: bool) -> Refusal:
    if named:
        return Refusal(
            "unknown_redemption",
            "This member has no redemption of that number in this store: check store and number.",
            "该会员在该门店没有此单号的兑换：请核对门店和单号。",
        )
    return Refusal(
        "unknown_redemption",
        "This member has redeemed nothing in this store today: write the redemption's number.",
        "该会员今天在该门店没有兑换：更早的兑换请填写兑换单号。",
    )


async def adjust_points(desk: Desk, typed: Typed) -> Words:
    """Points given or taken by hand, with a reason."""
    store = await desk.store(typed["store"])
    need(typed, "points", Words("积分", "the points"))
    points = parse_int(typed["points"])
    member = await desk.member(typed["phone"])
    async with all_or_nothing():
        posted = await adjust(
            member=member, store=store, form=form_key(typed), points=points, reason=typed["reason"],
            business_date=desk.day, staff=desk.who.staff,
        )  # fmt: skip
        again = known(posted.known)
        zh, en = ("增加", "given") if posted.points > 0 else ("扣减", "taken")
        done = Words(
            f"已{zh} {abs(posted.points):,} 积分{again.zh}。", f"{abs(posted.points):,} points {en}{again.en}."
        )
        return await desk.with_card(done, member=member)


async def open_membership(desk: Desk, typed: Typed) -> Words:
    """A new member, with the answers given."""
    store = await desk.store(typed["store"])
    need(typed, "phone", Words("手机号", "the phone number"))
    answers = {"marketing_sms": typed["marketing_sms"]}
    if typed["personalisation"]:  # a box left empty refuses nothing: without a no, what somebody buys may be used
        answers["personalisation"] = True
    referrer = await desk.member(typed["referrer"]) if typed["referrer"].strip() else None
    async with all_or_nothing():
        made = await register(
            phone=typed["phone"], name=typed["name"], store=store, title=typed["title"], birthday=typed["birthday"],
            consents=answers, text_version=NOTICE_VERSION, source=_SOURCE,
            now=desk.now, business_date=desk.day, staff=desk.who.staff, referrer=referrer,
        )  # fmt: skip
        done = (
            Words(
                "该手机号此前已是会员，未重复开通，资料和授权未改动。",
                "This phone is a member already; nothing of theirs was changed.",
            )
            if made.known
            else Words("已开通会员。", "The membership is open.")
        )
        return await desk.with_card(done, member=made.member)


async def look_up(desk: Desk, typed: Typed) -> Words:
    """How a member stands."""
    member = await desk.member(typed["phone"])
    card = await desk.card(member)
    words = card_words(card=card, today=desk.day)
    return Words(f"{card.phone_masked}：{words.zh}", f"{card.phone_masked}: {words.en}")

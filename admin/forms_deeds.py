"""The deeds behind the forms. Each takes what was typed and answers in a sentence."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias
from uuid import uuid4

import asyncpg

from actions.members_register import register
from actions.points import Posted, adjust, cancel_redemption, redeem
from actions.purchases import Line, Recorded, record_purchase
from admin.forms_desk import Desk, all_or_nothing
from admin.forms_words import card_words, known, yuan
from admin.screens import Words
from rules.cells import parse_instant, parse_int, parse_money
from rules.refusals import Refusal
from tables.scope import current

Typed: TypeAlias = Mapping[str, Any]

# The wording of the two questions on the joining form; a new wording gets a new version.
NOTICE_VERSION = "counter-1"
_SOURCE = "柜台表单"
_MOST_TOLD = 20
_KNOWN_RECEIPT = "SELECT purchased_at FROM purchase WHERE store = $1 AND kind = 'sale' AND receipt_no = $2"
_REWARDS = "SELECT id, name, value FROM reward WHERE is_active ORDER BY points, id"
_REDEMPTION = """
SELECT e.id, e.reference, r.name AS reward FROM points_entry e LEFT JOIN reward r ON r.id = e.reward
WHERE e.member = $1 AND e.store = $2 AND e.kind = 'redeem' AND CASE WHEN $3::bigint IS NULL THEN e.business_date = $4 ELSE e.id = $3 END
ORDER BY e.id DESC LIMIT 1
"""


async def record_sale(desk: Desk, typed: Typed) -> Words:
    """A receipt, of a member or of nobody."""
    store = await desk.store(typed["store"])
    _need(typed, "receipt_no", Words("小票号", "the receipt number"))
    _need(typed, "amount", Words("金额", "the amount"))
    line = Line(category=typed["category"].strip() or None, amount=parse_money(typed["amount"]))
    member = await desk.member(typed["phone"]) if typed["phone"].strip() else None
    async with all_or_nothing():
        said = await _recorded(desk, typed, store=store, member=member, line=line)
        again, money = known(said.known), yuan(line.amount)
        if member is None:
            return Words(
                f"已记消费 {money}，未关联会员，不积分{again.zh}。",
                f"Recorded {money}; without a member it earns nothing{again.en}.",
            )
        done = Words(
            f"已记消费 {money}，获得 {said.earned:,} 积分{again.zh}。",
            f"Recorded {money}, earned {said.earned:,} points{again.en}.",
        )
        return await _with_card(desk, done, member=member)


async def _recorded(desk: Desk, typed: Typed, *, store: int, member: int | None, line: Line) -> Recorded:
    number = typed["receipt_no"].strip()
    # Two clicks at once: the second waits here, and then finds what the first has written.
    await current().execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"receipt {store}:{number}")
    return await record_purchase(
        store=store, receipt_no=number, purchased_at=await _purchased_at(desk, typed, store=store, number=number),
        member=member, lines=[line], zone=desk.zone, now=desk.now,
    )  # fmt: skip


async def _purchased_at(desk: Desk, typed: Typed, *, store: int, number: str) -> datetime:
    """What was typed; else when this receipt was first recorded, so that a second click says the same; else now."""
    if typed["purchased_at"].strip():
        return _instant(desk, typed["purchased_at"])
    first: datetime | None = await current().fetchval(_KNOWN_RECEIPT, store, number)
    return first or desk.now


def _instant(desk: Desk, text: str) -> datetime:
    try:
        return parse_instant(text, desk.zone)
    except Refusal as refusal:
        # The reader's own words are for files.
        raise Refusal(
            code=refusal.code,
            en="The time cannot be read: write it as 2026-03-02 18:30, or leave it empty for now.",
            zh="看不懂消费时间：请写成 2026-03-02 18:30，不填为现在。",
        ) from refusal


async def redeem_points(desk: Desk, typed: Typed) -> Words:
    """Points for a reward, or a number of them."""
    store = await desk.store(typed["store"])
    reward = await _reward(typed["reward"].strip()) if typed["reward"].strip() else None
    points = parse_int(typed["points"]) if typed["points"].strip() else None
    member = await desk.member(typed["phone"])
    async with all_or_nothing():
        posted = await redeem(
            member=member, store=store, reference=_key(typed), points=points, reward=reward["id"] if reward else None,
            business_date=desk.day, staff=desk.who.staff,
        )  # fmt: skip
        zh, en = _what(reward)
        again = known(posted.known)
        done = Words(
            f"已兑换{zh}，使用 {-posted.points:,} 积分，兑换单号 {posted.entry}{again.zh}。",
            f"Redeemed{en} for {-posted.points:,} points, redemption {posted.entry}{again.en}.",
        )
        return await _with_card(desk, done, member=member)


def _what(reward: asyncpg.Record | None) -> Words:
    if reward is None:
        return Words("", "")
    worth = (
        Words("", "")
        if reward["value"] is None
        else Words(f"（抵 {yuan(reward['value'])}）", f" (worth {yuan(reward['value'])})")
    )
    return Words(f"“{reward['name']}”{worth.zh}", f" {reward['name']}{worth.en}")


async def _reward(name: str) -> asyncpg.Record:
    rewards = await current().fetch(_REWARDS)
    found = next((row for row in rewards if row["name"].casefold() == name.casefold()), None)
    if found is None:
        names = [row["name"] for row in rewards[:_MOST_TOLD]]
        raise Refusal(
            code="unknown_reward",
            en=f"There is no such reward: write one of {', '.join(names) or '– none is offered now'}.",
            zh=f"没有该兑换项：可填写 {'、'.join(names) or '——目前没有可兑换的项目'}。",
        )
    return found


async def cancel(desk: Desk, typed: Typed) -> Words:
    """A redemption taken back: the one that is named, else the member's newest of today in this store. A newest one that is
    cancelled already is not passed over, or a second click would cancel the one before.
    """
    store = await desk.store(typed["store"])
    number = parse_int(typed["number"]) if typed["number"].strip() else None
    member = await desk.member(typed["phone"])
    async with all_or_nothing():
        entry = await current().fetchrow(_REDEMPTION, member, store, number, desk.day)
        if entry is None:
            raise _no_redemption(named=number is not None)
        reference = entry["reference"].removeprefix(f"{store}:")
        posted = await cancel_redemption(store=store, reference=reference, business_date=desk.day, staff=desk.who.staff)
        return await _with_card(desk, _cancelled(entry, posted), member=member)


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
    _need(typed, "points", Words("积分", "the points"))
    points = parse_int(typed["points"])
    member = await desk.member(typed["phone"])
    async with all_or_nothing():
        posted = await adjust(
            member=member, store=store, form=_key(typed), points=points, reason=typed["reason"],
            business_date=desk.day, staff=desk.who.staff,
        )  # fmt: skip
        again = known(posted.known)
        zh, en = ("增加", "given") if posted.points > 0 else ("扣减", "taken")
        done = Words(
            f"已{zh} {abs(posted.points):,} 积分{again.zh}。", f"{abs(posted.points):,} points {en}{again.en}."
        )
        return await _with_card(desk, done, member=member)


async def open_membership(desk: Desk, typed: Typed) -> Words:
    """A new member, with the answers to both questions."""
    store = await desk.store(typed["store"])
    _need(typed, "phone", Words("手机号", "the phone number"))
    asked = ("marketing_sms", "personalisation")
    async with all_or_nothing():
        made = await register(
            phone=typed["phone"], name=typed["name"], store=store, title=typed["title"], birthday=typed["birthday"],
            consents={purpose: typed[purpose] for purpose in asked}, text_version=NOTICE_VERSION, source=_SOURCE,
            now=desk.now, business_date=desk.day, staff=desk.who.staff,
        )  # fmt: skip
        done = (
            Words(
                "该手机号此前已是会员，未重复开通，资料和授权未改动。",
                "This phone is a member already; nothing of theirs was changed.",
            )
            if made.known
            else Words("已开通会员。", "The membership is open.")
        )
        return await _with_card(desk, done, member=made.member)


async def look_up(desk: Desk, typed: Typed) -> Words:
    """How a member stands."""
    member = await desk.member(typed["phone"])
    card = await desk.card(member)
    words = card_words(card=card, today=desk.day)
    return Words(f"{card.phone_masked}：{words.zh}", f"{card.phone_masked}: {words.en}")


async def _with_card(desk: Desk, done: Words, *, member: int) -> Words:
    words = card_words(card=await desk.card(member), today=desk.day)
    return Words(done.zh + words.zh, f"{done.en} {words.en}")


def _key(typed: Typed) -> str:
    """The form's one-time key; a caller without our script gets one, and no protection against a second click."""
    return typed["form"].strip() or str(uuid4())


def _need(typed: Typed, name: str, label: Words) -> None:
    if not typed[name].strip():
        raise Refusal("missing", f"Write {label.en}.", f"请填写{label.zh}。")

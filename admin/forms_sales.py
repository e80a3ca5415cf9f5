"""The deeds behind the forms of sales and refunds. Each takes what was typed and answers in a sentence."""

from dataclasses import replace
from datetime import datetime

import asyncpg

from actions.codes import sent_when_required, verify_code
from actions.purchases import Line, Recorded, Spend, record_purchase
from actions.refunds import Refunded, record_refund
from admin.forms_desk import Desk, all_or_nothing
from admin.forms_typed import Typed, form_key, need, reward_named, whole
from admin.forms_words import known, yuan
from admin.screens import Words
from rules.cells import parse_instant, parse_money
from rules.refusals import Refusal
from tables.scope import current

_KNOWN_RECEIPT = "SELECT purchased_at FROM purchase WHERE store = $1 AND kind = 'sale' AND receipt_no = $2"
_SEEN = "SELECT EXISTS (SELECT FROM member WHERE id = $1)"
_RECEIPT = Words("小票号", "the receipt number")


async def record_sale(desk: Desk, typed: Typed) -> Words:
    """A receipt, of a member or of nobody, and what the member spends on it."""
    store = await desk.store(typed["store"])
    need(typed, "receipt_no", _RECEIPT)
    need(typed, "amount", Words("金额", "the amount"))
    line = Line(category=typed["category"].strip() or None, amount=parse_money(typed["amount"]))
    points, reward = whole(typed, "points"), await reward_named(typed)
    spend = None if points is None and reward is None else Spend(points=points, reward=reward["id"] if reward else None)
    if not typed["phone"].strip():
        if spend is not None:
            raise _NOBODY_SPENDS
        async with all_or_nothing():
            return _anonymous(await _recorded(desk, typed, store=store, member=None, line=line, spend=None), line)
    member = await desk.member(typed["phone"])
    if spend is not None:
        spend = replace(spend, code=await _code(desk, typed, member=member, store=store))
    async with sent_when_required(member=member, store=store, now=desk.now), all_or_nothing():
        said = await _recorded(desk, typed, store=store, member=member, line=line, spend=spend)
        return await desk.with_card(_sold(said, line, reward), member=member)


async def _code(desk: Desk, typed: Typed, *, member: int, store: int) -> int | None:
    """What a wrong guess costs is kept, although the form is refused: this stands outside its savepoint."""
    reference = f"{store}:{typed['receipt_no'].strip()}"
    return await verify_code(member=member, store=store, code=typed["code"], reference=reference, now=desk.now)


def _anonymous(said: Recorded, line: Line) -> Words:
    again, money = known(said.known), yuan(line.amount)
    return Words(
        f"已记消费 {money}，未关联会员，不积分{again.zh}。",
        f"Recorded {money}; without a member it earns nothing{again.en}.",
    )


def _sold(said: Recorded, line: Line, reward: asyncpg.Record | None) -> Words:
    again, money = known(said.known), yuan(line.amount)
    spent = Words("", "")
    if said.redeemed:
        what = Words("", "") if reward is None else Words(f"兑换“{reward['name']}”", f" for {reward['name']}")
        worth = (
            Words("", "") if said.value is None else Words(f"（抵 {yuan(said.value)}）", f" (worth {yuan(said.value)})")
        )
        spent = Words(
            f"{what.zh}使用 {said.redeemed:,} 积分{worth.zh}，",
            f" redeemed {said.redeemed:,} points{what.en}{worth.en},",
        )
    return Words(
        f"已记消费 {money}，{spent.zh}获得 {said.earned:,} 积分{again.zh}。",
        f"Recorded {money},{spent.en} earned {said.earned:,} points{again.en}.",
    )


async def _recorded(
    desk: Desk, typed: Typed, *, store: int, member: int | None, line: Line, spend: Spend | None
) -> Recorded:
    number = typed["receipt_no"].strip()
    # Two clicks at once: the second waits here, and then finds what the first has written.
    await current().execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"receipt {store}:{number}")
    return await record_purchase(
        store=store, receipt_no=number, purchased_at=await _purchased_at(desk, typed, store=store, number=number),
        member=member, lines=[line], zone=desk.zone, now=desk.now, spend=spend,
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


async def refund(desk: Desk, typed: Typed) -> Words:
    """An amount of a sale taken back, or all that is left of it; the sale may be another store's."""
    store = await desk.store(typed["store"])
    need(typed, "receipt_no", _RECEIPT)
    sold_at = await _sold_at(typed["sold_at"]) if typed["sold_at"].strip() else store
    amount = parse_money(typed["amount"]) if typed["amount"].strip() else None
    async with all_or_nothing():
        done = await record_refund(
            store=store, refund_no=typed["refund_no"].strip() or form_key(typed), sold_at=sold_at,
            receipt_no=typed["receipt_no"], refunded_at=desk.now, zone=desk.zone, now=desk.now, amount=amount,
            staff=desk.who.staff,
        )  # fmt: skip
        words = _refunded(done)
        # A receipt is no phone: of somebody else's member nothing is shown.
        if done.member is None or not await current().fetchval(_SEEN, done.member):
            return words
        return await desk.with_card(words, member=done.member)


async def _sold_at(code: str) -> int:
    """The store (id) of a code, one's own or another."""
    store: int | None = await current().fetchval("SELECT deed.store_coded($1)", code.strip())
    if store is None:
        raise Refusal(
            code="unknown_store",
            en="There is no store of that code: look at the receipt for the store that sold.",
            zh="没有该编码的门店：请按小票核对消费门店。",
        )
    return store


def _refunded(done: Refunded) -> Words:
    again, money = known(done.known), yuan(done.amount)
    if done.member is None:
        return Words(
            f"已退货 {money}，未关联会员，积分无变动{again.zh}。",
            f"Refunded {money}; without a member no points move{again.en}.",
        )
    back = Words(f"，退还 {done.restored:,} 积分", f", gave {done.restored:,} back") if done.restored else Words("", "")
    return Words(
        f"已退货 {money}，扣回 {done.taken_back:,} 积分{back.zh}{again.zh}。",
        f"Refunded {money}, took {done.taken_back:,} points back{back.en}{again.en}.",
    )


_NOBODY_SPENDS = Refusal(
    "missing", "Write the phone of the member who spends the points.", "使用积分请填写会员手机号。"
)

"""A ledger in plain sentences: every kind of line, in both languages."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from queries.points_shown import (
    Consumed,
    Earning,
    EntryShown,
    Extension,
    LotShown,
    Origin,
    Receipt,
    Shop,
    Spent,
    Use,
)
from web.pages.points_told import Teller
from web.pages.points_words import WORDS

TODAY = date(2031, 5, 27)
SOLD = date(2031, 3, 2)
ENDS = date(2031, 6, 1)
PEOPLE, SCHOOL = Shop(code="S1", name="人民路店"), Shop(code="S2", name="学校店")
RECEIPT = Receipt(store=PEOPLE, number="R17", on=SOLD, amount=Decimal("99.90"), sale=None)
BILL = Receipt(store=SCHOOL, number="F1", on=date(2031, 3, 5), amount=Decimal("-33.30"), sale=RECEIPT)
ORIGIN = Origin(kind="earn", source="purchase", on=SOLD, store=PEOPLE, receipt=RECEIPT)
LOT = LotShown(
    store=PEOPLE, points=149, remaining=50, available_on=SOLD, expires_on=ENDS, matured=True, extensions=(), origin=ORIGIN
)  # fmt: skip
PART = Consumed(points=30, origin=ORIGIN, store=PEOPLE, expires_on=ENDS, paid_on=None)
EARNED = EntryShown(
    id=1, on=SOLD, kind="earn", source="purchase", points=149, balance_after=149, store=PEOPLE, reason=None, reward=None,
    value=None, receipt=RECEIPT, earning=None, spent=None, bonus=None, owed=0, lots=(LOT,), consumed=(),
)  # fmt: skip
ZH, EN = (Teller(language=language, today=TODAY) for language in ("zh", "en"))


def entry(kind: str, points: int, source: str = "", **told: object) -> EntryShown:
    plain = replace(EARNED, kind=kind, source=source or kind, points=points, receipt=None, lots=())
    return replace(plain, **told)  # type: ignore[arg-type]  # fields by name


def earning(*shares: tuple[str, str], tier: str = "1", per_yuan: str = "1") -> Earning:
    return Earning(
        per_yuan=Decimal(per_yuan), tier_multiplier=Decimal(tier),
        shares=tuple((Decimal(by), Decimal(amount)) for by, amount in shares),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("shown", "zh", "en"),
    [
        (EARNED, "在 人民路店 消费 ¥99.90（小票 R17），获得积分", "Bought for ¥99.90 at 人民路店 (receipt R17)"),
        (
            entry("earn", 50, "referral", receipt=RECEIPT, bonus="newcomer"),
            "经老会员推荐，首次消费奖励（人民路店 小票 R17）",
            "Bonus for the first purchase of somebody referred (receipt R17 of 人民路店)",
        ),
        (
            entry("earn", 50, "referral", receipt=RECEIPT, bonus="referrer"),
            "推荐的新会员首次消费，奖励（人民路店 小票 R17）",
            "Bonus for referring somebody who has now bought (receipt R17 of 人民路店)",
        ),
        (entry("import", 50), "转入的积分", "Brought in"),
        (entry("adjust", 5, reason="补偿"), "人民路店 人工增加：补偿", "Added by hand at 人民路店: 补偿"),
        (entry("adjust", -5), "人民路店 人工扣减", "Taken by hand at 人民路店"),
        (
            entry("adjust", 5, source="merge", reason="并自会员 #2"),
            "合并会员 #2 的档案转入（人民路店）",
            "Came over from member #2 when their files were merged (人民路店)",
        ),
        (
            entry("adjust", -5, source="merge", reason="并入会员 #1"),
            "随档案合并转至会员 #1",
            "Gone to member #1 when their files were merged",
        ),
        (
            entry("adjust", 5, source="merge", reason="欠分转至会员 #1"),
            "随档案合并，欠分转至会员 #1",
            "Owed by member #1 since their files were merged",
        ),
        (
            entry("redeem", -40, reward="果篮", value=Decimal("10.00")),
            "在 人民路店 兑换「果篮」（价值 ¥10.00）",
            "Redeemed for “果篮” at 人民路店 (worth ¥10.00)",
        ),
        (
            entry("redeem", -40, value=Decimal("0.40"), receipt=RECEIPT),
            "在 人民路店 用积分抵 ¥0.40，用于小票 R17",
            "Redeemed for ¥0.40 at 人民路店, on receipt R17",
        ),
        (entry("redeem", -40), "在 人民路店 使用积分", "Redeemed at 人民路店"),
        (entry("expire", -40, "night"), "到期未用，已失效", "Ended unused"),
        (
            entry("refund", -50, receipt=BILL),
            "小票 R17 退货 ¥33.30（学校店 退货单 F1），收回所得积分",
            "Goods for ¥33.30 of receipt R17 returned (refund F1 at 学校店): its points are taken back",
        ),
        (
            entry("refund", -50, receipt=BILL, bonus="taken_back"),
            "带来推荐奖励的首单已退货（学校店 退货单 F1），收回奖励",
            "The purchase that had brought a referral's bonus was returned (refund F1 at 学校店): the bonus is taken back",
        ),
        (
            entry("restore", 20, receipt=BILL, spent=Spent(on=SOLD, points=40, reward=None, receipt=RECEIPT)),
            "退货（学校店 退货单 F1），退还 3 月 2 日 积分抵现所用的积分",
            "Returned (refund F1 at 学校店): points of the redemption of 2 Mar are given back",
        ),
        (
            entry("restore", 20, spent=Spent(on=SOLD, points=40, reward="果篮", receipt=None)),
            "取消 3 月 2 日 兑换「果篮」，退还积分",
            "Cancelled “果篮” of 2 Mar: points are given back",
        ),
    ],
)
def test_each_kind_of_line_is_one_plain_sentence(shown: EntryShown, zh: str, en: str) -> None:
    assert (ZH.line(shown).sentence, EN.line(shown).sentence) == (zh, en)


@pytest.mark.parametrize(
    ("points", "how", "told"),
    [
        (149, earning(("1", "99.90"), tier="1.500"), "¥99.90 × 1.5 = 149.85，取整 149（等级 ×1.5）"),
        (200, earning(("2.000", "100.00")), "¥100.00 × 2 = 200（活动 ×2）"),
        (
            240,
            earning(("2", "50.00"), ("1", "60.00"), ("0", "20.00"), tier="1.5"),
            "(¥50.00 × 2 + ¥60.00) × 1.5 = 240（活动 ×2，等级 ×1.5，其中 ¥20.00 的商品不计积分）",
        ),
        (160, earning(("2", "50.00"), ("1", "60.00")), "¥50.00 × 2 + ¥60.00 = 160（活动 ×2）"),
        (9, earning(("1", "99.90"), per_yuan="0.1"), "¥99.90 × 0.1 = 9.99，取整 9（每元 0.1 分）"),
        (99, earning(("1.000", "99.90"), tier="1.000"), "¥99.90，取整 99"),
        (100, earning(("1", "100.00")), None),  # nothing to work out
        (100, earning(("1", "100.00"), ("0", "5.00")), "¥100.00（其中 ¥5.00 的商品不计积分）"),
        (99, earning(), "¥99.90，取整 99"),
        (98, earning(("1", "99.90")), None),  # the rows do not give it
    ],
)
def test_how_a_receipt_earned_is_worked_out(points: int, how: Earning, told: str | None) -> None:
    assert ZH.line(replace(EARNED, points=points, earning=how)).sum == told


def test_a_living_lot_says_what_is_left_where_it_came_from_and_when_it_ends() -> None:
    line = ZH.lot(LOT)
    assert line.sentence == "还剩 50 分，来自 3 月 2 日 人民路店 小票 R17，6 月 1 日到期"
    assert (line.details, line.soon, line.held) == (("原有 149 分",), "还有 5 天", None)
    assert EN.lot(LOT).sentence == "50 left, from 2 Mar receipt R17 of 人民路店, good until 1 Jun"
    assert ZH.lot(replace(LOT, expires_on=TODAY)).soon == "今天最后一天"


def test_a_lot_of_another_kind_names_who_owes_it_and_what_was_done_to_it() -> None:
    longer = Extension(on=date(2031, 5, 1), was=date(2031, 5, 2), until=date(2032, 1, 31), reason="装修")
    origin = replace(ORIGIN, source="restore", kind="restore", receipt=BILL)
    lot = replace(
        LOT, remaining=149, origin=origin, expires_on=date(2032, 1, 31), extensions=(longer,), matured=False,
        available_on=date(2031, 5, 28),
    )  # fmt: skip
    line = ZH.lot(lot)
    assert line.sentence == "还剩 149 分，来自 3 月 2 日 退还的积分，2032 年 1 月 31 日到期"
    assert line.details == (
        "由 人民路店 承担",
        "5 月 1 日 有效期由 5 月 2 日延长到 2032 年 1 月 31 日：装修",
    )
    assert (line.held, line.soon) == ("5 月 28 日起可用", None)
    assert ZH.lot(replace(LOT, expires_on=None)).sentence.endswith("永久有效")


@pytest.mark.parametrize("source", ["import", "adjust", "merge", "restore", "referral", "night"])
def test_every_origin_has_words(source: str) -> None:
    assert ZH.origin(replace(ORIGIN, source=source, receipt=None)).startswith("3 月 2 日 ")


def test_a_credit_tells_who_owes_it_until_when_it_waits_and_what_took_it() -> None:
    uses = (
        Use(on=date(2031, 3, 5), kind="redeem", points=60, paid=False),
        Use(on=date(2031, 3, 6), kind="refund", points=30, paid=True),
        Use(on=date(2031, 3, 7), kind="restore", points=-10, paid=False),
    )
    lot = replace(LOT, available_on=date(2031, 3, 9), uses=uses, used=30)
    assert ZH.line(replace(EARNED, lots=(lot,))).details == (
        "149 分由 人民路店 承担，6 月 1 日到期，还剩 50 分",
        "3 月 9 日起可用，在此之前为待生效",
        "3 月 5 日 兑换用去 60 分",
        "3 月 6 日 抵还欠分 30 分",
        "3 月 7 日 退还回来 10 分",
        "…… 共变动 30 次",
    )
    assert ZH.line(replace(EARNED, lots=(replace(LOT, remaining=0),))).details[0].endswith("已用完")


@pytest.mark.parametrize("kind", ["redeem", "expire", "refund", "adjust", "restore"])
@pytest.mark.parametrize("teller", [ZH, EN])
def test_every_use_has_words(kind: str, teller: Teller) -> None:
    lot = replace(LOT, uses=(Use(on=SOLD, kind=kind, points=3, paid=False),), used=1)
    assert "3" in teller.line(replace(EARNED, lots=(lot,))).details[1]


def test_a_debit_tells_which_points_it_used_and_names_the_owner_where_that_is_another_store() -> None:
    parts = (PART, replace(PART, store=SCHOOL, expires_on=None), replace(PART, points=-5))
    assert ZH.line(entry("redeem", -60, consumed=parts)).details == (
        "用去 30 分，来自 3 月 2 日 人民路店 小票 R17（6 月 1 日到期）",
        "用去 30 分，来自 3 月 2 日 人民路店 小票 R17（由 学校店 承担，永久有效）",
        "退回 5 分到原来的积分：3 月 2 日 人民路店 小票 R17（6 月 1 日到期）",
    )


def test_what_is_owed_is_told_with_what_paid_it() -> None:
    paid = replace(PART, points=15, paid_on=date(2031, 3, 9))
    owing = ZH.line(entry("refund", -50, receipt=BILL, owed=5, consumed=(PART, paid)))
    assert owing.notes == ("还欠 5 分",)
    assert owing.details[1:] == (
        "当时有 20 分已经用掉，记为欠分",
        "3 月 9 日 抵还欠分 15 分，来自 3 月 2 日 人民路店 小票 R17",
        "还欠 5 分",
    )
    settled = ZH.line(entry("refund", -45, receipt=BILL, consumed=(PART, paid)))
    assert (settled.notes, settled.details[-1]) == ((), "欠分已还清")


def test_both_languages_have_the_same_words_with_the_same_places() -> None:
    assert set(WORDS["zh"]) == set(WORDS["en"])
    for word, zh in WORDS["zh"].items():
        en = WORDS["en"][word]
        # English needs no store where a day says enough, and the other way round.
        assert set(re.findall(r"\{\w+\}", zh)) == set(re.findall(r"\{\w+\}", en)), word
        assert not re.search(r"[\u4e00-\u9fff]", en), word

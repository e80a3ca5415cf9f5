"""One message of several notices, as the member reads it; with the texts that are shipped."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from rules.messages import parts
from rules.notices import Addressee, DueNotice, Letter, Stationery, compose
from rules.templates import check
from tests.shipped_templates import shipped

TEXTS = {kind: text for kind, _, text in shipped()}
LEAVES = date(2030, 12, 20)
PAYLOADS: dict[str, dict[str, Any]] = {
    "welcome": {},
    "tier_up": {"from": "铜卡", "to": "银卡", "valid_until": "2031-03-31"},
    "tier_down": {"from": "银卡", "to": "铜卡", "valid_until": None},
    "tier_warning": {"tier": "金卡", "valid_until": "2030-12-31", "to_keep": Decimal("1200.50")},
    "points_expiring": {"days": 15, "on": "2031-01-03", "points": 12800},
    "statement": {"month": "2030-11", "earned": 12800, "redeemed": 2000, "expired": 1500, "balance": 23456},
}


def told(
    *kinds: str, phone: str = "", name: str = "张晓明", title: str = "女士", leaves_on: date = LEAVES,
    templates: dict[str, str] = TEXTS, **change: Any,
) -> Letter:  # fmt: skip
    notices = [DueNotice(id=n, kind=kind, payload=PAYLOADS[kind] | change) for n, kind in enumerate(kinds)]
    return compose(
        stationery=Stationery(signature="回头客", phone=phone, templates=templates),
        to=Addressee(name=name, title=title, tier="铜卡"),
        notices=notices,
        leaves_on=leaves_on,
    )


def text(*kinds: str, **change: Any) -> str:
    return told(*kinds, **change).text or ""


def test_shipped_texts_are_right_and_one_notice_is_one_part() -> None:
    assert set(TEXTS) == {"frame", "redeem_code", "number_code", *PAYLOADS}
    for kind, template in TEXTS.items():
        check(kind=kind, text=template)
    for kind in PAYLOADS:
        assert parts(text=text(kind, phone="400-800-1234")) == 1, kind
        assert text(kind).startswith("【回头客】张晓明女士您好，")
        assert "{" not in text(kind)
        assert "客服" not in text(kind)
        assert text(kind, phone="400-800-1234").endswith("。客服400-800-1234")


def test_notices_of_one_day_are_one_text_in_their_order() -> None:
    whole = text("statement", "points_expiring", "tier_up")
    assert whole == (
        "【回头客】张晓明女士您好，恭喜您升级为银卡，有效期至2031年3月31日。"
        "您有12800积分将在14天后（2031年1月3日）到期，请留意使用。11月积分：获得12800，使用2000，到期1500，月末余额23456。"
    )


@pytest.mark.parametrize(
    ("leaves", "said"),
    [
        (date(2030, 12, 20), "14天后（2031年1月3日）"),
        (date(2031, 1, 1), "2天后（1月3日）"),
        (date(2031, 1, 2), "明天（1月3日）"),
        (date(2031, 1, 3), "今天（1月3日）"),
    ],
)
def test_days_count_from_the_day_the_text_leaves(leaves: date, said: str) -> None:
    assert said in text("points_expiring", leaves_on=leaves)
    assert f"剩{(date(2031, 1, 3) - leaves).days}天" in text(
        "points_expiring", leaves_on=leaves, templates={"points_expiring": "剩{days}天"}
    )


@pytest.mark.parametrize(
    ("name", "title", "address"),
    [
        ("张晓明", "女士", "张晓明女士"),
        ("张女士", "女士", "张女士"),
        ("张晓明", "张老师", "张老师"),
        ("张晓明", "", "张晓明"),
        ("", "先生", "先生"),
        ("", "", "会员"),
        ("【官方】\n小张", "", "官方 小张"),
    ],
)
def test_how_a_member_is_addressed(name: str, title: str, address: str) -> None:
    assert text("welcome", name=name, title=title).startswith(f"【回头客】{address}您好，")


def test_a_template_that_is_off_takes_its_notice_out_and_leaves_the_others() -> None:
    letter = told("points_expiring", "statement", templates={"statement": "余额{balance}"})
    assert letter.text == "【回头客】余额23456。"
    assert letter.left_out == {0: "no_template"}
    assert told("points_expiring", templates={}).reason == "no_template"


def test_a_payload_that_lacks_something_holds_nobody_up() -> None:
    letter = told("points_expiring", "tier_up", on="soon")
    assert letter.left_out == {0: "bad_payload"}
    assert letter.text is not None


def test_a_rank_without_an_end_is_said_so() -> None:
    assert "有效期至长期" in text("tier_down", templates={"tier_down": "有效期至{valid_until}"})


@pytest.mark.parametrize(("sum_", "said"), [(Decimal(300), "300元"), (Decimal("0.5"), "0.50元"), (80, "80元")])
def test_money_is_said_without_needless_zeros(sum_: Decimal | int, said: str) -> None:
    assert f"再消费{said}即可保级" in text("tier_warning", to_keep=sum_)

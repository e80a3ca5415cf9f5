"""Reviewed texts: a composed text is found again with its values, quickly, and what a cloud would refuse is refused here."""

import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.protocol import VendorText
from gateways.vendor_text import Filed, FiledTexts

ALIYUN, TENCENT = re.compile(r"\$\{(\w{1,35})\}"), re.compile(r"\{([1-9][0-9]?)\}")
POINTS = "尊敬的${name}，您有${points}积分将于${day}到期。"


def filed(*texts: str, placeholder: re.Pattern[str] = ALIYUN, longest: int = 35) -> FiledTexts:
    known = [VendorText(code=f"T{n}", text=text) for n, text in enumerate(texts)]
    return FiledTexts(texts=known, signatures=["回头客", "总店"], placeholder=placeholder, longest_variable=longest)


def values(texts: FiledTexts, text: str) -> Mapping[str, str] | str:
    found = texts.match(text=text)
    return dict(found.values) if isinstance(found, Filed) else found


def test_the_values_are_found_again() -> None:
    found = filed("别的", POINTS).match(text="【总店】尊敬的王女士，您有120积分将于3月31日到期。")
    assert found == Filed(
        code="T1", signature="总店", values=(("name", "王女士"), ("points", "120"), ("day", "3月31日"))
    )


def test_tencents_placeholders_are_numbers() -> None:
    texts = filed("验证码{1}，{2}分钟内有效。", placeholder=TENCENT)
    assert values(texts, "【回头客】验证码123456，5分钟内有效。") == {"1": "123456", "2": "5"}


@pytest.mark.parametrize(
    "text",
    [
        "【总店】尊敬的王女士，您有120积分将于3月31日到期",
        "【总店】尊敬的，您有120积分将于3月31日到期。",
        "【总店】尊敬的王女士，您有120积分将于到期。",
        "【总店】亲爱的王女士，您有120积分将于3月31日到期。",
        "【总店】尊敬的王女士，您有120积分将于3月31日到期。拒收请回复R",
        "【总店】 尊敬的王女士，您有120积分将于3月31日到期。",
        "【总店】尊敬的【王】女士，您有120积分将于3月31日到期。",
        "【总店】",
        "【总店】尊敬的" + "王" * 36 + "，您有120积分将于3月31日到期。",
        "【总店】尊敬的shop.cn/a，您有120积分将于3月31日到期。",
        "【总店】尊敬的HTTPS://1，您有120积分将于3月31日到期。",
        "【总店】尊敬的10.0.0.1，您有120积分将于3月31日到期。",
    ],
)
def test_another_text_cannot_leave(text: str) -> None:
    assert filed(POINTS).match(text=text) == "content_blocked"


@pytest.mark.parametrize(
    "text", ["", "回头客", "【别家】您好", "【回头客您好", "[回头客]您好", "您好【回头客】", "【】您好"]
)
def test_another_signature_cannot_leave(text: str) -> None:
    assert filed("您好").match(text=text) == "signature_blocked"


@pytest.mark.parametrize("name", ["9.5折", "3.5kg", "Mr.Wang", "1.2.3", "12.5元"])
def test_a_point_is_no_address(name: str) -> None:
    assert values(filed(POINTS), f"【总店】尊敬的{name}，您有1积分将于明日到期。") != "content_blocked"


def test_a_text_of_500_characters_may_leave_and_one_more_not() -> None:
    texts = filed("好" * 495, "好" * 496)
    assert isinstance(texts.match(text="【回头客】" + "好" * 495), Filed)
    assert texts.match(text="【回头客】" + "好" * 496) == "content_blocked"


def test_the_more_literal_text_wins() -> None:
    texts = filed("${a}好", "您${a}好", "您${a}很好", "您们好")
    assert [texts.match(text=f"【总店】{body}") for body in ("他好", "您也好", "您也很好", "您们好")] == [
        Filed(code=code, signature="总店", values=found)
        for code, found in (("T0", (("a", "他"),)), ("T1", (("a", "也"),)), ("T2", (("a", "也"),)), ("T3", ()))
    ]


@pytest.mark.parametrize("text", ["${a}", "${a}${b}好", "${a}和${a}"])
def test_a_text_that_cannot_be_told_apart_matches_nothing(text: str) -> None:
    assert filed(text).match(text="【总店】你和你好") == "content_blocked"


def test_many_separators_and_no_end_take_no_time() -> None:
    """With a regular expression's backtracking this would take longer than the universe has."""
    texts = filed("，".join(f"${{v{n}}}" for n in range(20)) + "完")
    assert texts.match(text="【总店】" + "甲，" * 240) == "content_blocked"


WORDS = st.text(st.sampled_from("好您积分0"), min_size=1, max_size=6)


@given(
    beginning=WORDS,
    pieces=st.lists(st.tuples(WORDS, st.text(st.sampled_from("王李a9"), min_size=1, max_size=6))),
    end=WORDS,
)
def test_every_composed_text_is_found(beginning: str, pieces: list[tuple[str, str]], end: str) -> None:
    """Values and literals share no character here, so there is one way back."""
    template, text = beginning, beginning
    for n, (between, value) in enumerate(pieces):
        template, text = f"{template}${{v{n}}}{between}", f"{text}{value}{between}"
    found = filed(template + end).match(text=f"【回头客】{text}{end}")
    assert isinstance(found, Filed)
    assert [value for _, value in found.values] == [value for _, value in pieces]

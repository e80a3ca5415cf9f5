"""Templates: what is refused, where and with which remedy; and filling."""

import pytest

from rules.refusals import Refusal
from rules.templates import PLACEHOLDERS, check, fill


def refused(text: str, *, kind: str | None = "points_expiring") -> Refusal:
    with pytest.raises(Refusal) as caught:
        check(kind=kind, text=text)
    return caught.value


@pytest.mark.parametrize("kind", [kind for kind in PLACEHOLDERS if kind != "frame"])
def test_every_placeholder_of_a_kind_may_stand_in_it(kind: str | None) -> None:
    text = "".join(f"{{{word}}}" for word in PLACEHOLDERS[kind])
    check(kind=kind, text=text)
    assert fill(text=text, values=dict.fromkeys(PLACEHOLDERS[kind], "x")) == "x" * len(PLACEHOLDERS[kind])


def test_an_unknown_placeholder_is_named_with_its_place_and_those_that_exist() -> None:
    refusal = refused("您有{point}积分")
    assert refusal.code == "unknown_placeholder"
    for sentence in (refusal.en, refusal.zh):
        assert "{point}" in sentence
        assert "3" in sentence
        assert "{points}" in sentence
        assert "{in_days}" in sentence


@pytest.mark.parametrize("text", ["{}", "{0}", "{points!r}", "{points:>9}", "{points.real}", "{balance}", "{notices}"])
def test_only_a_bare_word_of_this_kind_will_do(text: str) -> None:
    assert refused(text).code == "unknown_placeholder"


@pytest.mark.parametrize(("text", "place"), [("积分{points", 3), ("points}", 7), ("a{b{points}}", 2), ("{{points}", 1)])
def test_a_brace_without_a_partner_is_refused_with_its_place(text: str, place: int) -> None:
    refusal = refused(text)
    assert refusal.code == "unbalanced_brace"
    assert f"Character {place}:" in refusal.en
    assert f"第 {place} 个字" in refusal.zh


@pytest.mark.parametrize(
    ("text", "code"),
    [(" ", "empty_text"), ("字" * 501, "too_long"), ("【回头客】您好", "bracket_in_text")],
)
def test_what_no_gateway_would_take_is_refused(text: str, code: str) -> None:
    assert refused(text).code == code


def test_a_frame_needs_a_place_for_its_notices() -> None:
    check(kind="frame", text="{title_or_name}您好，{notices}{service}")
    assert refused("您好", kind="frame").code == "missing_placeholder"
    assert refused("您好", kind="birthday").code == "unknown_kind"


def test_full_width_braces_mean_the_same() -> None:
    check(kind="points_expiring", text="您有｛points｝积分，{ on }到期")
    assert (
        fill(text="您有｛points｝积分，{ on }到期", values={"points": "5", "on": "3月1日"}) == "您有5积分，3月1日到期"
    )


def test_a_value_is_never_read_as_a_placeholder() -> None:
    assert fill(text="{name}，{points}", values={"name": "{points}", "points": "7"}) == "{points}，7"


def test_chinese_names_mean_the_same_in_notices_and_a_fall_back_stands_for_nothing() -> None:
    check(kind="points_expiring", text="{称呼}您有｛ 积分 ｝积分，{on}到期")
    values = {"title_or_name": "", "points": "5"}
    assert fill(text="{称呼|朋友}有{积分|0}{title_or_name}", values=values) == "朋友有5"
    assert refused("{到期日}").code == "unknown_placeholder", "a name of campaigns alone is none of this kind"
    assert "Did you mean {points}?" in refused("{pints}").en

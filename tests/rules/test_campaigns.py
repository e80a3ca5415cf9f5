"""What a campaign's text may say, and the times between which it may leave."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from rules.campaigns import (
    PLACEHOLDERS,
    Blocked,
    blocked_pattern,
    check_begin,
    check_window,
    check_wording,
    content_of,
    fallbacks,
    wording,
)
from rules.refusals import Refusal
from rules.templates_tokens import ALIASES, CHINESE

NOW = datetime(2031, 3, 31, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
WORDS = [Blocked(word="最佳", source="广告法第九条"), Blocked(word="VIP★", source="")]


def refused(text: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        check_wording(text=text, blocked=WORDS)
    return caught.value


def test_every_placeholder_may_stand_in_a_text_and_is_written_in_one_way() -> None:
    text = " ".join(f"{{{word}}}" for word in PLACEHOLDERS if word != "opt_out")
    check_wording(text=f"{text} {{opt_out}}", blocked=WORDS)
    written = wording(text=f" ｛ name ｝，{text} {{退订}}\n", signature=" 鲜果【时光】")
    assert written == f"【鲜果时光】{{name}}，{text}", "the channel adds its own opt-out words"


def test_a_chinese_name_and_a_fall_back_mean_what_the_english_one_does() -> None:
    assert set(CHINESE) == set(PLACEHOLDERS)
    for alias, name in ALIASES.items():
        assert wording(text=f"您好{{{alias}}}", signature="店") == wording(text=f"您好{{{name}}}", signature="店")
        assert content_of(text=f"您好{{ {alias} }}") == content_of(text=f"您好｛{name}｝")
    text = "{称呼|老朋友}的{usual｜ 水果 }和{常买|水果}"
    check_wording(text=text, blocked=WORDS)
    assert wording(text=text, signature="店") == "【店】{title_or_name}的{usual}和{usual}"
    own = fallbacks(text=text)
    assert (own["title_or_name"], own["usual"], own["favourite"], own["points"]) == ("老朋友", "水果", "心仪好物", "0")
    assert content_of(text=text) != content_of(text=text.replace("水果", "面包"))


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("您好{退订}，欢迎", "opt_out_not_last", 3), ("看{短链|这里}", "no_fallback", 2), ("{退订}", "empty_text", None),
        ("{常买|水果}{usual|面包}", "two_fallbacks", 8), ("有{常买|最佳}", "blocked_text", 6), ("您好{姓明}", "unknown_placeholder", 3),
    ],
)  # fmt: skip
def test_a_placeholder_in_the_wrong_way_is_refused_with_its_place(text: str, code: str, place: int | None) -> None:
    found = refused(text)
    assert found.code == code
    assert place is None or (f"第 {place} 个字" in found.zh and f"Character {place}:" in found.en)


def test_a_blocked_word_is_not_looked_for_in_the_names_of_placeholders() -> None:
    check_wording(
        text="您有{积分}，{ link }", blocked=[Blocked(word="积分", source=""), Blocked(word="link", source="")]
    )


def test_what_was_nearly_right_is_proposed() -> None:
    assert "您是否想写 {姓名}？可用的有 {称呼}、{姓名}" in refused("{姓明}").zh
    assert "Did you mean {expiring_points}?" in refused("{expiring_point}").en


def test_a_blocked_word_is_named_with_its_place_and_who_says_so() -> None:
    found = refused("本店最佳水果")
    assert found.code == "blocked_text"
    for sentence in (found.en, found.zh):
        assert "最佳" in sentence
        assert "广告法第九条" in sentence
        assert "3" in sentence
    assert "vip★" not in refused("尊享 vip★ 和最佳").en, "the word is told as HQ wrote it, the first one in the text"
    assert "VIP★" in refused("尊享 vip★ 和最佳").zh


@pytest.mark.parametrize(
    ("text", "code"), [("", "empty_text"), ("{valid_until}", "unknown_placeholder"), ("【店】", "bracket_in_text")]
)
def test_what_no_template_may_say_no_campaign_may(text: str, code: str) -> None:
    assert refused(text).code == code


def test_the_same_text_is_known_however_its_placeholders_are_written() -> None:
    assert content_of(text="｛name｝好 ") == content_of(text="{ name }好")
    assert content_of(text="{name}好") != content_of(text="{title}好")
    assert 0 <= content_of(text="{name}好") < 2**63


def test_the_pattern_finds_the_words_as_they_are() -> None:
    pattern = blocked_pattern(blocked=[*WORDS, Blocked(word="100%(保)", source="")])
    assert pattern is not None
    assert [bool(re.search(pattern, text)) for text in ("最佳", "vip★", "vip", "100%(保)真", "100%保")] == [
        True,
        True,
        False,
        True,
        False,
    ]
    assert blocked_pattern(blocked=[]) is None


def test_times_must_lie_ahead_and_not_too_far_apart() -> None:
    check_begin(scheduled_at=NOW - timedelta(seconds=59), now=NOW)
    check_window(scheduled_at=NOW, send_before=NOW + timedelta(days=30), now=NOW)
    with pytest.raises(Refusal, match="is over"):
        check_begin(scheduled_at=NOW - timedelta(seconds=61), now=NOW)
    for begin, end, code in (
        (NOW, NOW, "bad_window"), (NOW + HOUR, NOW + HOUR, "bad_window"), (NOW - HOUR, NOW, "bad_window"),
        (NOW, NOW + timedelta(days=30, seconds=1), "long_window"),
    ):  # fmt: skip
        with pytest.raises(Refusal) as caught:
            check_window(scheduled_at=begin, send_before=end, now=NOW)
        assert caught.value.code == code

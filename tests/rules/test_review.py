"""The review of texts: what it finds and where, what it lets pass, and better words; what can be cut; the shipped texts."""

import tomllib
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.campaigns import Blocked, check_wording
from rules.messages import parts
from rules.refusals import Refusal
from rules.review import Finding, estimated, mended, review
from rules.review_kinds import KINDS
from rules.review_phrases import PHRASES
from rules.review_trims import trims
from rules.templates_tokens import tokens

ACTIONS = Path(__file__).parents[2] / "actions"
WORDS = [
    Blocked(word=row["word"], source=row["source"])
    for row in tomllib.loads((ACTIONS / "library_words.toml").read_text())["word"]
]
TEXTS = tomllib.loads((ACTIONS / "library_texts.toml").read_text())["text"]


def findings(text: str, kind: str = "promotion", **more: str) -> list[Finding]:
    return review(text=text, content_kind=kind, blocked=WORDS[:1], **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "words", "code", "level", "better"),
    [
        ("本店国家级水果，{门店}", "国家级", "blocked", "stop", "精选"),
        ("史上最低价，{门店}", "史上最低价", "superlative", "stop", "会员价"),
        ("最新鲜的梨，{门店}", "最新鲜", "superlative", "stop", "新鲜"),
        ("{门店}独家供应", "独家", "claim", "warn", "本店"),
        ("草莓¥9.9一盒，{门店}", "¥9.9", "symbol", "warn", "9.9元"),
        ("★{门店}", "★", "symbol", "warn", ""),
        ("{门店}上新😀", "😀", "emoji", "warn", ""),
        ("亲，{门店}上新", "亲", "slang", "warn", "{称呼}"),
        ("{门店}秒杀全场", "秒杀全场", "slang", "warn", "会员专享"),
        ("再不来就没了，{门店}", "再不来就没了", "pressure", "warn", "期待您来"),
        ("错过再等一年，{门店}", "错过再等一年", "pressure", "warn", "期待您来"),
        ("{门店}速抢", "速抢", "pressure", "warn", "欢迎选购"),
        ("周日前到{门店}，回TD退订", "，回TD退订", "opt_out", "hint", ""),
        ("梨子上新！", "！", "contact", "warn", "，详询{门店}。"),
        ("到{门店}免费领鲜橙", "免费领", "gift", "warn", None),
        ("{门店}买一送一", "送", "gift", "warn", None),
        ("雪梨降血压，{门店}", "降血压", "medical", "stop", "清淡"),
        ("雪梨润肺止咳，{门店}", "止咳", "medical", "stop", "清甜"),
        ("适合术后康复，{门店}", "术后康复", "medical", "stop", "日常食用"),
        ("处方药9折，{门店}", "处方药", "medicine", "stop", None),
        ("鱼油9折，{门店}", "鱼油", "health_food", "stop", None),
        ("媲美母乳，{门店}", "媲美母乳", "infant", "stop", "配方清楚"),
        ("香烟到货，{门店}", "香烟", "tobacco", "stop", None),
        ("啤酒畅饮，{门店}", "畅饮", "alcohol", "stop", "小酌"),
        ("快让妈妈买，{门店}", "快让妈妈买", "minors", "stop", "和家人一起选"),
        ("原价39元，{门店}", "原价", "price", "warn", "平日价"),
        ("限时8折，{门店}", "限时", "no_date", "warn", None),
        ("积分即将清零，{门店}", "积分即将清零", "points_threat", "warn", "积分将于{到期日}到期"),
    ],
)
def test_what_is_wrong_is_marked_where_it_stands(
    text: str, words: str, code: str, level: str, better: str | None
) -> None:
    found = next(one for one in findings(text) if one.code == code)
    assert (found.words, found.level, found.proposal) == (words, level, better)
    assert text[found.start : found.end] == words
    assert found.source
    assert {"《"} & set(found.source) or level != "stop", "the law is named"
    after = mended(text=text, finding=found)
    if better is None:
        assert after == text
    else:
        assert after == text[: found.start] + better + text[found.end :]
        assert not [one for one in findings(after) if (one.code, one.start) == (code, found.start)], (
            "the better words are good"
        )


@pytest.mark.parametrize(
    "text",
    [
        "第一次到店、第一时间、最后一天（11月3日）、最新到货，{门店}",
        "最好提前一天预约，{门店}",
        "周日前到{门店}领鲜橙1份，免费配送",
        "配送到家，晚8点前送达，{门店}",
        "酒店管理、酒精湿巾到货，{门店}",
        "您有{积分}积分，{到期日}到期，{门店}",
        "限时8折，11月3日前，{门店}",
        "鱼油9折，本品不能代替药物，{门店}",
        "今晚到{门店}喝粥{退订}",
    ],
)
def test_what_only_looks_wrong_passes(text: str) -> None:
    assert findings(text) == []


def test_what_is_looked_for_depends_on_the_message_and_the_shop() -> None:
    def codes(text: str, kind: str, **more: str) -> set[str]:
        return {one.code for one in findings(text, kind, **more)}

    assert codes("全场8折，{门店}", "service", message_class="notice") == {
        "promotion_in_notice",
        "promotion_in_care",
    } - {"promotion_in_care"}
    assert codes("全场8折，{门店}", "care") == {"promotion_in_care"}
    assert codes("药品8折，{门店}", "promotion", trade="pharmacy") == {"pharmacy"}
    assert codes("药品8折，{门店}", "promotion") == {"pharmacy"}, "nobody told what the shops sell"
    assert codes("药品8折，{门店}", "promotion", trade="fruit") == set()
    assert codes("天凉添衣", "care") == set(), "only advertising needs a contact"
    assert review(text="全场8折到周日", content_kind="promotion", has_contact=True) == []
    assert codes("处方药请凭处方领取，{门店}", "service") == set()


def test_a_long_text_is_told_with_what_can_be_cut() -> None:
    text = "尊敬的{称呼}，您好，感谢您一直以来的支持与信任，{门店}本周日前全场八折，欢迎光临选购，活动详情请咨询店员，祝您生活愉快。"
    [found] = [one for one in findings(text) if one.code == "long"]
    assert found.words == "感谢您一直以来的支持与信任，"
    assert found.proposal == ""
    cuts = trims(text=text)
    saved = sum(len(words) - len(shorter) for words, shorter in cuts)
    for words, shorter in cuts:
        assert words in text
        text = text.replace(words, shorter, 1)
    assert saved > 30
    assert text == "{称呼}，{门店}本周日前全场八折，，详询店员，"


@given(
    text=st.text(alphabet="亲本店最新鲜抢!！免费领赠¥9.送一份{}|称呼门店退订😀★回TD 积分清零", max_size=60),
)
def test_any_text_has_its_findings_where_it_says(text: str) -> None:
    found = findings(text)
    ends = 0
    for one in [one for one in found if one.code != "long"]:
        assert ends <= one.start <= one.end <= len(text)
        assert text[one.start : one.end] == one.words
        ends = one.end
    for words, shorter in trims(text=text):
        assert words in text
        assert len(shorter) < len(words)
    for one in found:
        names = [token for token in tokens(text=text) if token.start < one.end and one.start < token.end and token.name]
        assert all(token.fallback or token.name == "opt_out" for token in names), "no placeholder is taken for words"
        if one.words and one.proposal is not None:
            assert mended(text="　" * len(text), finding=one) == "　" * len(text), (
                "a text that has changed is left alone"
            )


@pytest.mark.parametrize("piece", ["9", "送", "最", " ", "(", "{", "感谢", "！"])
def test_a_hostile_text_is_read_quickly(piece: str) -> None:
    began = perf_counter()
    text = piece * (500 // len(piece))
    review(text=text, content_kind="promotion", blocked=WORDS)
    trims(text=text)
    assert perf_counter() - began < 1


def test_every_sort_is_said_in_both_languages_and_has_words() -> None:
    assert set(PHRASES) | {"blocked", "long"} == set(KINDS)
    for code, kind in KINDS.items():
        assert kind.zh.format(words="词") != kind.en.format(words="词"), code


def test_the_shipped_words_are_words() -> None:
    assert len({one.word for one in WORDS}) == len(WORDS) >= 120
    innocent = "第一次来，第一时间，最后一天，最好提前预约，首选，唯一，独家，降温，治安，今日降价，止步，家长，妈妈，酒店，积分，会员"
    for one in WORDS:
        assert one.source, one.word
        assert len(one.word) > 1 or not one.word.isalpha(), "a single letter stands in too many words"
        assert one.word not in innocent
        with pytest.raises(Refusal):
            check_wording(text=f"本店{one.word}", blocked=WORDS)


def test_the_shipped_texts_are_good() -> None:
    assert len({row["name"] for row in TEXTS}) == len(TEXTS) >= 70
    assert {row["trade"] for row in TEXTS} == {
        "fruit", "pharmacy", "supermarket", "baby", "bakery", "salon", "restaurant", "pet", "any",
    }  # fmt: skip
    for row in TEXTS:
        text, trade = row["text"], row["trade"].replace("any", "")
        check_wording(text=text, blocked=WORDS)
        assert review(text=text, content_kind=row["content_kind"], trade=trade, blocked=WORDS) == [], row["name"]
        assert parts(text="字" * estimated(text=text)) == 1, row["name"]
        assert row["occasion"]
        assert trade != "pharmacy" or row["content_kind"] != "promotion", "a pharmacy serves and cares"

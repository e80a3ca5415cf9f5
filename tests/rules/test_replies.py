"""What phones write, read: our words in any dress, and nothing that only holds one of them."""

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.refusals import Refusal
from rules.replies import (
    PLACEHOLDERS,
    Intent,
    answer_text,
    check_answer,
    kept_keyword,
    read_reply,
    storable,
)

OUT = [
    "R",
    "TD",
    "T",
    "N",
    "TD退订",
    "退订",
    "拒收",
    "取消",
    "退",
    "STOP",
    "STOPALL",
    "UNSUBSCRIBE",
    "END",
    "QUIT",
    "CANCEL",
]
ALL = ["全部退订", "全退订", "退订全部"]
FEWER = ["少发", "少发点", "少发一点"]
IN = ["恢复订阅", "订阅", "开启", "START", "UNSTOP"]
KEYWORDS = ["1", "2", "人工", "👍"]
MEANING = (
    dict.fromkeys(OUT, "opt_out") | dict.fromkeys(ALL, "opt_out_all") | dict.fromkeys(FEWER, "fewer") | dict.fromkeys(IN, "opt_in")
)  # fmt: skip

NOISE = st.text(" \t\n\u3000。，！？、.,!?~…“”\"'‘’()（）【】[]-—*#🙏\u200b\ufeff\u202a\u0301", max_size=6)


def _wide(character: str) -> str:
    return chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character


@st.composite
def dressed(draw: st.DrawFn, words: list[str]) -> tuple[str, str]:
    """A word, and the same with other letters, widths and whatever between and around them."""
    word = draw(st.sampled_from(words))
    letters = [
        draw(st.sampled_from([one.upper(), one.lower(), _wide(one.upper()), _wide(one.lower())])) for one in word
    ]
    gap = draw(st.sampled_from(["", " ", "　", "\u200b", ".", "-"]))
    return word, draw(NOISE) + gap.join(letters) + draw(NOISE)


@given(dressed(list(MEANING)))
def test_our_words_mean_the_same_in_any_dress(said: tuple[str, str]) -> None:
    word, text = said
    assert read_reply(text=text, keywords=KEYWORDS).kind == MEANING[word]


@given(
    dressed(OUT + ALL),
    st.sampled_from(["不要", "别", "怎么", "为什么", "谁", "99", "abc", "吗", "了吗", "2D2", "西瓜"]),
    st.sampled_from([0, 1]),
)
def test_a_text_that_only_holds_such_a_word_says_something_else(said: tuple[str, str], more: str, place: int) -> None:
    text = (more + said[1], said[1] + more)[place]
    assert read_reply(text=text, keywords=KEYWORDS) == Intent(kind="other")


@given(
    dressed(["退订", "拒收", "全部退订"]),
    st.sampled_from(["请", "麻烦", "我要", "您好，请帮我"]),
    st.sampled_from(["", "，谢谢", "，谢谢您！", "短信", "吧"]),
)
def test_a_polite_no_is_a_no(said: tuple[str, str], before: str, after: str) -> None:
    assert read_reply(text=before + said[1] + after, keywords=()).kind == MEANING[said[0]]


@pytest.mark.parametrize(
    "text",
    [
        "拒收请回复R",
        "回TD退订",
        "回复T",
        "退订T",
        "TD TD",
        "退订！退订！",
        "请不要再发了",
        "勿扰",
        "Please stop",
        "停止发送",
    ],
)
def test_other_ways_to_say_no(text: str) -> None:
    assert read_reply(text=text, keywords=()).kind == "opt_out"


@pytest.mark.parametrize(
    "text",
    ["不要退订", "R2D2", "取消退订", "取消，退订", "T_T", "No", "退货", "我要退", "取消订单", "谢谢", "请", "", "。。。", "Restart",
     "stop by tomorrow", "少糖", "1.5", "12", "1 2", "不是人工", "\ud800", "\x00"],
)  # fmt: skip
def test_free_text_stays_free_text(text: str) -> None:
    assert read_reply(text=text, keywords=KEYWORDS) == Intent(kind="other")


@pytest.mark.parametrize(
    ("text", "word"), [("1", "1"), ("１。", "1"), ("“2”", "2"), ("2️⃣", "2"), (" 人 工 ！", "人工"), (" 👍", "👍"), ("\ud83d1", "1")]
)  # fmt: skip
def test_keywords_are_found_as_they_are_stored(text: str, word: str) -> None:
    assert read_reply(text=text, keywords=KEYWORDS) == Intent(kind="keyword", word=word)


def test_our_words_come_before_keywords() -> None:
    assert read_reply(text="td", keywords=["TD", "订阅"]).kind == "opt_out"
    assert read_reply(text="订阅", keywords=["TD", "订阅"]).kind == "opt_in"
    for taken in ("R", "退订", "ｓｔｏｐ", "全部退订", "少发", "订阅"):
        with pytest.raises(Refusal) as no:
            kept_keyword(keyword=taken)
        assert no.value.code == "keyword_taken"
    assert kept_keyword(keyword=" １号ＶＩＰ ") == "1号VIP"
    with pytest.raises(Refusal, match="at most 20"):
        kept_keyword(keyword="长" * 21)


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=200))
def test_any_characters_are_read_and_can_be_stored(text: str) -> None:
    assert len(read_reply(text=text, keywords=KEYWORDS).word) <= 40
    kept = storable(text=text, longest=100)
    assert len(kept) <= 100
    assert "\0" not in kept.encode().decode()


@pytest.mark.parametrize(
    "unit", ["长", " ", "ﷺ", "\u0301\u0316", "退订", "谢谢", "请", "少发", "🍉", "\ud83d", "R ", "我要我想"]
)
def test_ten_thousand_characters_are_read_at_once(unit: str) -> None:
    began = perf_counter()
    for text in (unit * 10_000, unit * 30 + "x"):
        assert read_reply(text=text, keywords=KEYWORDS).kind == "other"
    assert perf_counter() - began < 0.5
    assert len(storable(text=unit * 10_000, longest=10_000)) <= 10_000


def test_halves_of_a_pair_are_made_whole_or_replaced() -> None:
    assert storable(text="a\ud83d\ude00b\ud83d\0", longest=99) == "a😀b\ufffd"


def test_an_answer_is_filled_or_there_is_none() -> None:
    values = {"store": "一店\n【假】", "hours": "9:00–21:00", "phone": ""}
    assert answer_text(text="{store}：{hours} ", values=values, signature="果多多") == "【果多多】一店 假：9:00–21:00"
    assert answer_text(text="{store}：{phone}", values=values, signature="果多多") is None
    assert answer_text(text="{balance}", values=values, signature="果多多") is None
    assert answer_text(text="{store}" * 130, values=values, signature="果多多") is None


def test_an_answer_holds_only_what_can_be_known() -> None:
    check_answer(text="".join(f"{{{name}}}" for name in PLACEHOLDERS))
    for text, code in (
        ("{name}", "unknown_placeholder"),
        ("【店】", "bracket_in_text"),
        ("{store", "unbalanced_brace"),
        (" ", "empty_text"),
    ):
        with pytest.raises(Refusal) as no:
            check_answer(text=text)
        assert no.value.code == code

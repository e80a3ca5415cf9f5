"""Which passwords will do: nothing that is tried first, and no rule that keeps good ones out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.passwords import LONGEST, SHORTEST, check_password
from rules.passwords_easy import COMMON, STEMS
from rules.refusals import Refusal

EASY = [
    "12345678", "88888888", "13912345678", "19900101", "5201314520", "1357924680123", "password", "Password1", "P@ssw0rd",
    "woaini1314", "WoAiNi520", "woaini!!2026", "admin@123", "Admin2026!", "qwertyuiop", "poiuytrewq", "asdfghjkl", "abcdefghij",
    "1qaz2wsx", "a123456789", "abc1abc1", "xy12xy12xy12", "aaaabbbb", "dianzhang2026", "huitouke888", "zhang123456", "", "x7#kQ2",
    "pbkdf2_sha256$1$a$b", "aB3$" * 40,
]  # fmt: skip
GOOD = [
    "correct horse 9",
    "kaihu-2026-ceshi",
    "mian bao 1987 x",
    "红烧肉要放八角和糖",
    "Tr0ub4dor&3x",
    "zhangwei ai chi mian",
    "9fK2mQ7x",
]


@pytest.mark.parametrize("password", EASY)
def test_what_is_tried_first_is_refused_without_being_quoted(password: str) -> None:
    with pytest.raises(Refusal) as no:
        check_password(password=password)
    assert no.value.code == "weak_password"
    sentence = no.value.zh + no.value.en
    assert password in {"", "password"} or password not in sentence


@pytest.mark.parametrize("password", ["wangfei1988", "WangFei1988", "wangfei1988!!", "1988wangfei1988", "wangfei2026"])
def test_the_username_with_something_added_is_refused(password: str) -> None:
    with pytest.raises(Refusal):
        check_password(password=password, username="wangfei1988")


@pytest.mark.parametrize("password", GOOD)
def test_good_ones_pass(password: str) -> None:
    check_password(password=password, username="wangfei")


@given(st.sampled_from(sorted(STEMS)), st.from_regex(r"[0-9!@#.]{2,6}", fullmatch=True))
def test_a_word_with_figures_hung_on_says_nothing_new(stem: str, more: str) -> None:
    with pytest.raises(Refusal):
        check_password(password=stem.title() + more)


def test_the_list_names_only_what_no_other_rule_finds_short() -> None:
    assert all(SHORTEST <= len(word) <= LONGEST and word == word.lower() for word in COMMON)

"""Codes: digits that follow from key and row, what people type, and texts that hide them."""

import pytest

from rules.codes import HIDDEN, code_digits, code_key, is_code, revealed, typed_code
from rules.notices import Addressee, Stationery, compose_code
from rules.refusals import Refusal
from rules.templates import check
from tests.shipped_templates import shipped

KEY = code_key(secret="0123456789abcdef")  # noqa: S106  the test's own
TEXT = {kind: text for kind, _, text in shipped()}["redeem_code"]


def composed(text: str = TEXT, *, store: str = "人民路店", signature: str = "回头客") -> str | None:
    paper = Stationery(signature=signature, phone="400", templates={"redeem_code": text, "frame": "外框{notices}"})
    return compose_code(
        stationery=paper, to=Addressee(name="张三", title="女士", tier="银卡"), store=store, minutes=5
    ).text


def test_digits_follow_from_key_and_row_alone() -> None:
    assert len(KEY) == 32
    assert code_digits(key=KEY, row=1) == code_digits(key=code_key(secret="0123456789abcdef"), row=1)  # noqa: S106
    many = [code_digits(key=KEY, row=row) for row in range(1, 1_001)]
    assert all(len(digits) == 6 and digits.isdigit() for digits in many)
    assert len(set(many)) > 990
    assert any(digits.startswith("0") for digits in many), "a code may begin with a nought"
    other = code_key(secret="0123456789abcdeg")  # noqa: S106
    assert [code_digits(key=other, row=row) for row in range(1, 1_001)] != many


def test_only_the_digits_of_that_row_are_right() -> None:
    right = code_digits(key=KEY, row=7)
    assert is_code(key=KEY, row=7, digits=right)
    assert not is_code(key=KEY, row=8, digits=right)
    assert not is_code(key=KEY, row=7, digits=right[:5])


@pytest.mark.parametrize("text", ["012345", " 012 345 ", "012-345", "０１２３４５", "012–345\n"])
def test_people_type_six_digits_in_many_ways(text: str) -> None:
    assert typed_code(text=text) == "012345"


@pytest.mark.parametrize(
    "text", ["", "12345", "1234567", "12345a", "一二三四五六", "٠١٢٣٤٥", "0" * 100_000, "1\x002345"]
)
def test_what_is_not_six_digits_is_no_code(text: str) -> None:
    assert typed_code(text=text) is None


def test_the_shipped_text_stands_alone_and_hides_its_digits() -> None:
    check(kind="redeem_code", text=TEXT)
    assert composed() == "【回头客】验证码******，您正在人民路店使用积分，5分钟内有效。请勿告知他人，店员核对时除外。"
    assert revealed(text=composed() or "", digits="012345") == (composed() or "").replace(HIDDEN, "012345")


def test_no_other_asterisks_are_taken_for_the_digits() -> None:
    kept = composed("***{code}***，{store}，{title_or_name}", store="******", signature="*客")
    assert kept == "【＊客】＊＊＊******＊＊＊，＊＊＊＊＊＊，张三女士"
    assert revealed(text=kept or "", digits="012345") == "【＊客】＊＊＊012345＊＊＊，＊＊＊＊＊＊，张三女士"
    assert revealed(text=composed("{code} {code}") or "", digits="012345") == "【回头客】012345 012345"


def test_without_a_template_there_is_no_text() -> None:
    paper = Stationery(signature="回头客", phone="", templates={})
    letter = compose_code(stationery=paper, to=Addressee(name="", title="", tier=""), store="S1", minutes=1)
    assert (letter.text, letter.reason) == (None, "no_template")


def test_a_text_without_a_place_for_the_digits_is_refused() -> None:
    with pytest.raises(Refusal) as refusal:
        check(kind="redeem_code", text="您正在{store}使用积分")
    assert refusal.value.code == "missing_placeholder"
    assert "{code}" in refusal.value.zh

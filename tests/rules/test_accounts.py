"""What an account at a gateway may be, as it is typed and as a row."""

from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest

from rules.account_fields import read_fields, read_settings
from rules.accounts import check_account, check_settings, check_template
from rules.refusals import Refusal

ROW: dict[str, Any] = {
    "name": "aliyun-1", "priority": 1, "classes": ["marketing"], "rate": None, "connections": 2, "opens": None, "closes": None,
    "opt_out_text": "拒收请回复R", "price": Decimal("0.045"), "low_balance": None, "failures_most": 5, "retry_seconds": 60,
}  # fmt: skip


def test_a_row_that_makes_sense_is_taken() -> None:
    check_account(row=ROW)
    check_account(row={**ROW, "rate": 1, "opens": time(9), "closes": time(20), "low_balance": Decimal(100)})
    check_account(row={**ROW, "classes": ["verification"], "opt_out_text": ""})
    check_account(row={"name": "a"})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": ""}, "bad_name"), ({"name": "Aliyun"}, "bad_name"), ({"name": "a/b"}, "bad_name"), ({"name": "阿里"}, "bad_name"),
        ({"name": "a" * 41}, "bad_name"), ({"name": "1a"}, "bad_name"), ({"name": "a\n"}, "bad_name"),
        ({"rate": 0}, "bad_rate"), ({"rate": -1}, "bad_rate"), ({"rate": 100_001}, "bad_rate"),
        ({"connections": 0}, "bad_number"), ({"connections": 33}, "bad_number"), ({"priority": 0}, "bad_number"),
        ({"failures_most": 0}, "bad_number"), ({"retry_seconds": 0}, "bad_number"), ({"priority": None}, "bad_number"),
        ({"price": Decimal("-0.01")}, "bad_price"), ({"low_balance": Decimal(-1)}, "bad_price"),
        ({"opens": time(9)}, "bad_hours"), ({"opens": time(9), "closes": time(9)}, "bad_hours"),
        ({"opens": time(21), "closes": time(8)}, "bad_hours"),
        ({"classes": []}, "bad_class"), ({"classes": None}, "bad_class"), ({"classes": ["spam"]}, "bad_class"),
        ({"opt_out_text": ""}, "bad_opt_out_text"), ({"opt_out_text": "回{T}"}, "bad_opt_out_text"),
        ({"opt_out_text": "【退】"}, "bad_opt_out_text"), ({"opt_out_text": "长" * 21}, "bad_opt_out_text"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_both_languages(change: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal) as no:
        check_account(row={**ROW, **change})
    assert no.value.code == code
    assert no.value.zh.endswith(("。", "。”"))


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"url": "x", "from": "1"}, None), ({"url": "x", "from": "1", "connections": 4}, None), ({"url": "x"}, "missing_settings"),
        ({}, "missing_settings"), ({"url": "x", "from": ""}, "missing_settings"), ({"url": "x", "from": "1", "password": "p"}, "bad_settings"),
        (["url"], "bad_settings"), (None, "bad_settings"), ({"url": {"a": 1}, "from": "1"}, "bad_settings"),
        ({"url": "x" * 501, "from": "1"}, "bad_settings"), ({"U R L": "x"}, "bad_settings"),
    ],
)  # fmt: skip
def test_settings(given: object, code: str | None) -> None:
    asked: dict[str, Any] = {"gateway": "kannel", "given": given, "needed": ("url", "from"), "sealed": ("password",)}
    if code is None:
        check_settings(**asked)
        return
    with pytest.raises(Refusal) as no:
        check_settings(**asked)
    assert no.value.code == code


@pytest.mark.parametrize(
    ("gateway", "text", "message_class", "good"),
    [
        ("aliyun", "您的验证码是${code}，请勿告知他人", "verification", True),
        ("aliyun", "尊敬的会员，${name}本周八折，拒收请回复R", "marketing", True),
        ("aliyun", "您的验证码是{1}", "verification", False), ("aliyun", "${a}和${a}", "notice", False),
        ("aliyun", "${a}${b}积分", "notice", False), ("aliyun", "【店】您好", "notice", False), ("aliyun", "${1a}", "notice", False),
        ("aliyun", "积分到期，拒收请回复R", "notice", False), ("aliyun", " ", "notice", False),
        ("tencent", "{1}您好，{2}积分将到期", "notice", True), ("tencent", "{2}您好，{1}", "notice", False),
        ("tencent", "{1}{2}", "notice", False), ("tencent", "${name}", "notice", False), ("tencent", "没有变量", "notice", True),
        ("kannel", "随便写 {anything}", "notice", True),
    ],
)  # fmt: skip
def test_a_vendors_text(gateway: str, text: str, message_class: str, *, good: bool) -> None:
    asked = {"gateway": gateway, "text": text, "message_class": message_class, "opt_out_text": "拒收请回复R"}
    if good:
        check_template(**asked)
        return
    with pytest.raises(Refusal) as no:
        check_template(**asked)
    assert no.value.code == "bad_vendor_text"


def test_what_is_typed_is_read() -> None:
    typed: dict[str, str | bool | None] = {
        "rate": "20", "priority": None, "classes": "notice，marketing", "hours": "8:30-20:00", "price": "0.045", "licence": " A-1 ",
        "valid_until": "2027-03-31", "failures": "3", "retry": "90", "international": True, "charges_failed": False, "low_balance": "none",
    }  # fmt: skip
    assert read_fields(typed=typed) == {
        "rate": 20, "classes": ["marketing", "notice"], "opens": time(8, 30), "closes": time(20), "price": Decimal("0.045"),
        "licence_no": "A-1", "valid_until": date(2027, 3, 31), "failures_most": 3, "retry_seconds": 90, "is_international": True,
        "charges_failed": False, "low_balance": None,
    }  # fmt: skip
    assert read_fields(typed={"rate": "none", "hours": "none"}) == {"rate": None, "opens": None, "closes": None}
    assert read_settings(given=["url=http://a/?b=c", " from = 1 ", "gone="]) == {
        "url": "http://a/?b=c",
        "from": "1",
        "gone": "",
    }


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ({"rate": "fast"}, "bad_number"), ({"price": "-1"}, "bad_price"), ({"price": "1e3"}, "bad_price"), ({"price": "0.00001"}, "bad_price"),
        ({"hours": "8-20"}, "bad_hours"), ({"hours": "25:00-26:00"}, "bad_hours"), ({"classes": "all"}, "bad_class"),
        ({"valid_until": "tomorrow"}, "bad_day"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(typed: dict[str, str | bool | None], code: str) -> None:
    with pytest.raises(Refusal) as no:
        read_fields(typed=typed)
    assert no.value.code == code


def test_a_number_that_no_column_holds_is_no_rate() -> None:
    with pytest.raises(Refusal) as no:
        check_account(row=read_fields(typed={"rate": "9" * 18}))
    assert no.value.code == "bad_rate"


@pytest.mark.parametrize("text", ["url", "=x", " =x"])
def test_a_setting_is_key_and_value(text: str) -> None:
    with pytest.raises(Refusal) as no:
        read_settings(given=[text])
    assert no.value.code == "bad_settings"

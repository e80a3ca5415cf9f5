"""What each kind of gateway has against a text, known without asking it."""

import pytest

from gateways.protocol import Account, VendorText
from gateways.registry import kinds

GOOD = "尊敬的会员，本店会员日满50元减10元，本月18日有效。"


def codes(gateway: str, text: str, message_class: str = "marketing") -> list[str]:
    found = kinds()[gateway].objections(text=text, message_class=message_class)
    for one in found:
        assert 0 <= one.start <= one.end <= len(text)
        assert one.zh != one.en
    return [one.code for one in found]


@pytest.mark.parametrize("gateway", ["simulator", "kannel", "bridge"])
def test_free_text_carries_what_clouds_refuse(gateway: str) -> None:
    assert codes(gateway, "{称呼}★问卷抽奖😀{短链}积分兑换{退订}") == []
    assert not kinds()[gateway].reviews_texts


@pytest.mark.parametrize(
    ("text", "aliyun", "tencent"),
    [
        (GOOD, [], []),
        (f"{GOOD}{{退订}}", [], []),
        (f"{GOOD}积分兑换开始", ["topic"], ["topic"]),
        (f"{GOOD}填问卷", ["topic"], ["topic"]),
        (f"{GOOD}好久不见", ["topic"], ["topic"]),
        (f"{GOOD}欢迎到店", [], ["topic"]),
        (f"{GOOD}领优惠券", [], ["topic"]),
        (f"{GOOD}①", ["symbol"], []),
        (f"{GOOD}¥9", ["symbol"], ["symbol"]),
        (f"{GOOD}A&B", [], ["symbol"]),
        (f"{GOOD}😀", ["symbol"], ["symbol"]),
        (f"{GOOD}看{{短链}}", ["link"], ["link"]),
        (f"{GOOD}{{等级}}用户", ["variable"], []),
        (f"{GOOD}{{门店}}见", ["variable"], ["variable_length"]),
        (f"{GOOD}{{积分}}{{等级}}用", ["adjacent", "variable", "variable"], ["adjacent"]),
        ("全场满50元减10元", ["member"], []),
        (f"{GOOD}见https://a.cn/x", ["address"], ["address"]),
    ],
)
def test_clouds_say_what_they_would_refuse(text: str, aliyun: list[str], tencent: list[str]) -> None:
    assert sorted(codes("aliyun", text)) == sorted(aliyun)
    assert sorted(codes("tencent", text)) == sorted(tencent)


def test_an_aliyun_notice_holds_no_opt_out_words() -> None:
    assert codes("aliyun", "您的积分将到期，拒收请回复R", "notice") == ["opt_out"]
    assert codes("aliyun", "{称呼}，您的积分将到期", "notice") == []
    assert sorted(codes("aliyun", "{称呼}{积分}。", "notice")) == ["adjacent", "only_variables"]


def test_a_cloud_knows_what_it_has_reviewed() -> None:
    account = Account(
        name="a", gateway="aliyun", signatures=("鲜果",), texts=(VendorText(code="SMS_1", text="${name}您好，会员日拒收请回复R"),)
    )  # fmt: skip
    kind = kinds()["aliyun"]
    assert kind.knows(text="【鲜果】会员您好，会员日拒收请回复R", account=account)
    assert not kind.knows(text="【鲜果】会员您好，周日拒收请回复R", account=account)
    assert not kind.knows(text="【别家】会员您好，会员日拒收请回复R", account=account)

"""What of a rule and of a text goes by a person's own behaviour: decided for everything there is."""

from typing import get_args

import pytest

from rules.personal import GENERAL, PERSONAL, PERSONAL_PLACEHOLDERS, is_personal
from rules.segments import parse
from rules.segments_fields import FIELDS
from rules.segments_tree import Bought, Consented, Event, Fact, Near, Reaction, Took, Wished
from rules.templates import PLACEHOLDERS

KINDS = {kind.__name__ for kind in (Bought, Consented, Near, Took, Wished)}


def test_each_condition_there_is_was_decided_once() -> None:
    assert not GENERAL.keys() & PERSONAL.keys()
    assert GENERAL.keys() | PERSONAL.keys() == {
        *FIELDS, *get_args(Event), *get_args(Fact), *get_args(Reaction), *KINDS,
    }  # fmt: skip
    assert PERSONAL_PLACEHOLDERS.keys() <= set(PLACEHOLDERS[None])


@pytest.mark.parametrize(
    ("text", "personal"),
    [
        ("门店 = S1 且 等级 >= 银卡 且 入会 30天内 且 生日在本月", False),
        ("同意 营销短信 或 积分 >= 100 或 30天内到期积分 >= 100 或 未收到短信", False),
        ('有标签 "宝妈" 且 属于人群 "高价值"', False),
        ("门店 = S1 且 非 (等级 >= 银卡 或 30天内消费过)", True),
        ("门店 = S1 或 点击过短信", True),
        ("未点击短信", True),
        ("90天未消费", True),
        ("从未消费", True),
        ("距本店 3公里内", True),
        ("称呼 = 女士", True),
        ("本季消费 >= 1000", True),
        ("常来时段 = 20", True),
        ("收藏", True),
        ("接受过 促销", True),
        ('买过 品类 "热带水果"', True),
    ],
)  # fmt: skip
def test_one_personal_condition_makes_a_rule_personal_wherever_it_stands(text: str, personal: bool) -> None:  # noqa: FBT001
    assert is_personal(rule=parse(text=text)) is personal

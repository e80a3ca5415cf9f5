"""What is too much money for messages, what is out of proportion, and what a year costs."""

from decimal import Decimal

import pytest

from rules.budgets import (
    activity_share,
    judge_activity,
    judge_high_value,
    judge_promotions,
    over_budget,
    yearly_cost,
)
from rules.refusals import Refusal


@pytest.mark.parametrize(
    ("share", "low"),
    [("0.0799", True), ("0.08", None), ("0.12", None), ("0.1201", False), ("0", True), ("3", False)],
)
def test_messages_are_8_to_12_percent_of_an_activity(share: str, low: bool | None) -> None:  # noqa: FBT001
    finding = judge_activity(share=Decimal(share))
    if low is None:
        assert finding is None
    else:
        assert finding is not None
        assert ("偏低" in finding.zh, "low:" in finding.en, finding.stops) == (low, low, False)


def test_without_a_budget_of_the_activity_there_is_no_share() -> None:
    assert activity_share(cost=Decimal(5), activity_budget=None) is None
    assert judge_activity(share=None) is None
    assert activity_share(cost=Decimal(5), activity_budget=Decimal(50)) == Decimal("0.1")


def test_high_value_gets_70_percent() -> None:
    assert judge_high_value(share=Decimal("0.7")) is None
    assert judge_high_value(share=None) is None
    finding = judge_high_value(share=Decimal("0.6999"))
    assert finding is not None
    assert "70%" in finding.zh


def test_stores_with_too_much_promotion_are_named_the_worst_first() -> None:
    assert judge_promotions(stores=[], limit=Decimal("0.3"), days=30) is None
    shares = [(f"{number}店", Decimal(9 - number) / 10) for number in range(1, 6)]
    few, many = (judge_promotions(stores=shares[:most], limit=Decimal("0.3"), days=30) for most in (2, 5))
    assert few is not None
    assert many is not None
    assert "上限 30%：1店 80%、2店 70%。" in few.zh
    assert "1店 80%、2店 70%、3店 60% 等 5 家门店。" in many.zh


def test_a_budget_stops_what_costs_a_cent_more_and_says_what_is_left() -> None:
    assert over_budget(whose="store", left=None, cost=Decimal(10**9)) is None
    assert over_budget(whose="store", left=Decimal("9.99"), cost=Decimal("9.99")) is None
    finding = over_budget(whose="store", left=Decimal("9.98"), cost=Decimal("9.99"))
    assert finding is not None
    assert finding.stops
    assert "¥9.99，超出门店本月短信预算（剩余 ¥9.98）" in finding.zh
    spent = over_budget(whose="chain", left=Decimal(-3), cost=Decimal(1))
    assert spent is not None
    assert "¥0.00" in spent.en


def test_a_year_of_messages() -> None:
    cost = yearly_cost(
        members=100_000, consent_share=Decimal("0.6"), messages_a_month=Decimal(2), parts=Decimal("1.25"), price=Decimal("0.045")
    )  # fmt: skip
    assert [cost.messages, cost.parts, cost.yuan, cost.per_member] == [1_440_000, 1_800_000, 81_000, Decimal("0.81")]
    nobody = yearly_cost(
        members=0, consent_share=Decimal(1), messages_a_month=Decimal(2), parts=Decimal(1), price=Decimal(1)
    )  # fmt: skip
    assert [nobody.yuan, nobody.per_member] == [0, 0]


@pytest.mark.parametrize("wrong", ["members", "consent_share", "messages_a_month", "parts", "price"])
@pytest.mark.parametrize("value", ["-1", "-0.1"])
def test_numbers_that_cannot_be_are_refused(wrong: str, value: str) -> None:
    names = ("consent_share", "messages_a_month", "parts", "price")
    given = {name: Decimal(value) if name == wrong else Decimal(1) for name in names}
    with pytest.raises(Refusal) as no:
        yearly_cost(members=-1 if wrong == "members" else 10, **given)
    assert no.value.code == "bad_value"

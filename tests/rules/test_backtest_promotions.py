"""Which multiplier a line of then has under other promotions."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from rules.backtest_events import Buyer
from rules.backtest_promotions import Ids, Promotions
from rules.program import PromotionRule

IDS = Ids(stores={"S1": 1, "S2": 2}, categories={"水果": 5, "牛奶": 6}, tags={"榴莲": 3})
TUESDAY = date(2026, 6, 2).toordinal()
SOMEBODY = Buyer(frozenset({3}), 6)


def promises(multiplier: str, **limits: Any) -> PromotionRule:
    terms = {"starts_on": date(2026, 6, 1), "ends_on": date(2026, 6, 30), **limits}
    return PromotionRule(name=str((multiplier, limits)), multiplier=Decimal(multiplier), **terms)


def by(
    *, today: list[PromotionRule], wanted: list[PromotionRule], then: str = "1", category: int = 5, day: int = TUESDAY,
    store: int = 1, buyer: Buyer = SOMEBODY,
) -> Decimal:  # fmt: skip
    """What one line of one yuan is multiplied by."""
    parts = [[category, int(Decimal(then) * 1_000), 100]]
    earns = Promotions(today=today, wanted=wanted, ids=IDS).earns(parts=parts, day=day, store=store, buyer=buyer)
    return Decimal(earns) / 100_000


@pytest.mark.parametrize(
    ("limits", "place"),
    [
        ({"weekdays": (1, 3)}, {}),
        ({"stores": ("S2",)}, {}),
        ({"categories": ("牛奶",)}, {}),
        ({"tag": "榴莲"}, {"buyer": Buyer(frozenset(), 6)}),
        ({"birthday_month": True}, {"buyer": Buyer(frozenset({3}), 7)}),
        ({"birthday_month": True}, {"buyer": Buyer(frozenset({3}), 0)}),
        ({}, {"category": -1}),
        ({}, {"day": date(2026, 5, 31).toordinal()}),
        ({}, {"day": date(2026, 7, 1).toordinal()}),
        ({"categories": ("水果",)}, {"category": 0}),
    ],
)
def test_a_promotion_holds_where_all_of_it_fits(limits: dict[str, Any], place: dict[str, Any]) -> None:
    good = {"weekdays": (2,), "stores": ("S1",), "categories": ("水果",), "tag": "榴莲", "birthday_month": True}
    assert by(today=[], wanted=[promises("3", **good)]) == 3
    assert by(today=[], wanted=[promises("3", **limits)], **place) == 1


def test_the_best_one_holds_and_they_do_not_stack() -> None:
    assert by(today=[], wanted=[promises("2"), promises("3", stores=("S1",)), promises("5", stores=("S2",))]) == 3


@pytest.mark.parametrize(
    ("today", "wanted", "then", "now"),
    [
        ("2", "2", "2", "2"),  # nothing changes
        ("2", "2", "4", "4"),  # nor where then promised more than today does
        ("2", "3", "2", "3"),  # it was today's promise, so it is the other one's now
        ("3", "1", "3", "1"),
        ("1", "2", "4", "4"),  # what was promised then stays
        ("1", "5", "4", "5"),  # but for something better
        ("3", "1", "1", "1"),  # today's promise was not made yet: there is nothing to lose
        ("3", "2", "1", "1"),
    ],
)
def test_history_stays_where_the_two_programs_say_the_same(today: str, wanted: str, then: str, now: str) -> None:
    assert by(today=[promises(today)], wanted=[promises(wanted)], then=then) == Decimal(now)


def test_only_the_days_of_what_changes_are_read() -> None:
    same = promises("2", starts_on=date(2020, 1, 1))
    changed = promises("3", starts_on=date(2026, 6, 10), ends_on=date(2026, 6, 20), tag="榴莲")
    promotions = Promotions(today=[same], wanted=[changed, same], ids=IDS)
    assert (promotions.first, promotions.last) == (date(2026, 6, 10).toordinal(), date(2026, 6, 20).toordinal())
    assert promotions.tags == [3]
    assert Promotions(today=[same], wanted=[same], ids=IDS).last == 0

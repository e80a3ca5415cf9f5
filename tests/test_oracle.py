"""The judge itself: the design's own examples and what was decided beside them, worked out by hand. No database."""

from datetime import date, datetime, time
from decimal import Decimal

import pytest

from tests.oracle import Receipt, Tier
from tests.oracle_ledger import DAY, Deed, Member, Policy
from tests.oracle_nights import ZONE
from tests.oracle_promotions import Promotion
from tests.oracle_refunds import Back, Refund, Refunds
from tests.oracle_restores import Reward

TODAY = date(2031, 3, 20)


def shop(policy: Policy | None = None, multiplier: str = "1") -> Refunds:
    """Members 1 and 2; A and B earn, B is never promoted, T earns nothing."""
    made = Refunds(
        policy=policy or Policy(valid_days=60), tiers=[Tier("铜卡", Decimal(0), Decimal(multiplier))],
        categories={"": (True, True), "A": (True, True), "B": (True, True), "T": (False, True)}, unpromotable=frozenset("B"),
    )  # fmt: skip
    made.members = {1: Member(1, 1), 2: Member(2, 1, referred_by=1)}
    return made


def at(day: date) -> datetime:
    return datetime.combine(day, time(12), ZONE)


def sell(
    it: Refunds,
    *lines: tuple[str, str],
    number: str = "R",
    day: date = TODAY,
    member: int = 1,
    points: int | None = None,
) -> None:
    said = tuple((category, Decimal(amount)) for category, amount in lines)
    assert it.sell([Receipt(1, number, member, at(day), said, points=points)]) == ["posted"]


def back(it: Refunds, amount: str | None, *lines: Back, day: date = TODAY, store: int = 1, receipt: str = "R") -> int:
    """The points taken back."""
    money = None if amount is None else Decimal(amount)
    refund = Refund(store, f"B{len(it.refunds)}", 1, receipt, at(day), money, tuple(lines))
    assert it.refund(refund) == "posted"
    return it.refunds[refund.store, refund.number].points


def spend(it: Refunds, points: int, *, day: date = TODAY, key: str = "K") -> None:
    assert it.redeem(member=1, store=1, key=key, day=day, points=points, reward=None) == "posted"


def stands(it: Refunds, member: int = 1) -> tuple[int, int, int]:
    """Balance, pending, debt."""
    who = it.members[member]
    return who.points(ready=True), who.points(ready=False), who.debt()


def test_three_thirds_of_an_odd_amount() -> None:
    it = shop(multiplier="1.5")
    sell(it, ("", "99.90"))
    assert stands(it) == (149, 0, 0)
    assert [back(it, "33.30") for _ in range(3)] == [50, 50, 49]
    assert it.refund(Refund(1, "B9", 1, "R", at(TODAY), Decimal("0.01"))) == "refund_exceeds"


def promoted() -> Refunds:
    it = shop()
    it.promotions = [
        Promotion(Decimal(2), TODAY, TODAY, categories=("A",)),
        Promotion(Decimal("1.5"), TODAY, TODAY, categories=("A", "B")),
    ]
    return it


def test_an_amount_is_spread_in_proportion_and_the_best_promotion_counts() -> None:
    it = promoted()
    sell(it, ("A", "100"), ("B", "100"))
    assert stands(it) == (300, 0, 0)
    assert back(it, "100") == 150


def test_lines_by_name_go_by_their_own_multiplier() -> None:
    it = promoted()
    sell(it, ("A", "100"), ("B", "100"))
    assert back(it, None, Back(Decimal(40), category="A")) == 80
    assert back(it, None, Back(Decimal(100), category="B")) == 100
    assert it.refund(Refund(1, "X", 1, "R", at(TODAY), None, (Back(Decimal(61), category="A"),))) == "refund_exceeds"
    assert back(it, None) == 120


def test_what_expired_out_of_the_lot_is_gone_and_not_owed() -> None:
    it = shop(Policy(valid_days=10))
    sell(it, ("", "100"))
    spend(it, 30)
    it.night(TODAY + 10 * DAY, at(TODAY + 11 * DAY))
    assert stands(it) == (0, 0, 0)
    assert back(it, None, day=TODAY + 12 * DAY) == 30
    assert stands(it) == (0, 0, 30)


def test_debts_are_paid_oldest_first_by_what_becomes_available() -> None:
    it = shop(Policy(valid_days=60, hold_days=2))
    for number in "PQ":
        sell(it, ("", "50"), number=number)
    spend(it, 100, day=TODAY + 2 * DAY)
    for number in "PQ":
        back(it, None, day=TODAY + 2 * DAY, receipt=number)
    assert stands(it) == (0, 0, 100)
    sell(it, ("", "70"), number="S", day=TODAY + 3 * DAY)
    assert stands(it) == (0, 70, 100)  # held points pay nothing yet
    it.night(TODAY + 4 * DAY, at(TODAY + 5 * DAY))
    assert stands(it) == (0, 0, 30)
    assert [entry.owed() for entry in it.members[1].entries if entry.kind == "refund"] == [0, 30]


def test_a_held_lot_gives_back_its_own_points() -> None:
    it = shop(Policy(valid_days=60, hold_days=5))
    sell(it, ("", "80"))
    assert back(it, "20") == 20
    assert stands(it) == (0, 60, 0)


def test_points_spent_on_a_sale_come_back_in_proportion_before_its_own_go() -> None:
    it = shop()
    it.credit(Deed(1, 1, "import", 50, "import", "opening:1", TODAY))
    sell(it, ("", "90"), points=50)
    assert stands(it) == (90, 0, 0)
    assert [back(it, "30"), it.refunds[1, "B0"].restored] == [30, 16]
    assert [back(it, None), it.refunds[1, "B1"].restored] == [60, 34]
    kinds = [(entry.kind, entry.points) for entry in it.members[1].entries[-4:]]
    assert kinds == [("restore", 16), ("refund", -30), ("restore", 34), ("refund", -60)]
    assert stands(it) == (50, 0, 0)


def test_the_last_lot_taken_is_the_first_to_come_back() -> None:
    it = shop(Policy(valid_days=60))
    ends = [TODAY + days * DAY for days in (20, 30)]
    for member_points, end in zip((10, 40), ends, strict=True):
        it.credit(Deed(1, 1, "adjust", member_points, "adjust", f"f{end}", TODAY, end))
    sell(it, ("", "100"), points=50)
    back(it, "50")  # 25 of the 50: all of them from the lot of 40
    assert [lot.left() for lot in it.members[1].lots] == [0, 25, 50]
    it.cancel(store=1, key="R", day=TODAY + 24 * DAY)  # 15 more of it good for 6 days, 10 of one that is over
    assert [(lot.left(), lot.expires_on) for lot in it.members[1].lots[3:]] == [(25, TODAY + 31 * DAY)]
    assert it.cancel(store=1, key="R", day=TODAY + 24 * DAY) == "known"


def test_a_reward_comes_back_to_its_store_once_all_of_it_is_restored() -> None:
    it = shop()
    it.rewards[1] = Reward(30, stock=2, places={1: 1, 2: None})
    it.credit(Deed(1, 1, "import", 90, "import", "opening:1", TODAY))
    receipt = Receipt(1, "R", 1, at(TODAY), (("", Decimal(60)),), reward=1)
    assert it.sell([receipt]) == ["posted"]
    assert it.redeem(member=1, store=1, key="K", day=TODAY, points=None, reward=1) == "out_of_stock"
    assert it.redeem(member=1, store=3, key="K", day=TODAY, points=None, reward=1) == "reward_not_allowed"
    back(it, "59.99")
    assert (it.rewards[1].stock, it.rewards[1].places) == (1, {1: 0, 2: None})
    back(it, None)
    assert (it.rewards[1].stock, it.rewards[1].places) == (2, {1: 1, 2: None})


def test_a_refund_counts_in_the_quarter_of_its_sale_from_its_own_date_on() -> None:
    it = shop()
    it.tiers += [Tier("银卡", Decimal(500), Decimal(1))]
    sell(it, ("", "500"))
    it.night(date(2031, 3, 31), at(date(2031, 4, 1)))
    assert (it.members[1].rank, it.members[1].valid_until) == (2, date(2031, 6, 30))
    back(it, "0.01", day=date(2031, 4, 5))
    it.night(date(2031, 4, 4), at(date(2031, 4, 5)))
    assert it.members[1].rank == 2
    it.night(date(2031, 4, 5), at(date(2031, 4, 6)))
    assert (it.members[1].rank, it.members[1].moves[-1]) == (1, (2, 1, date(2031, 4, 5)))


def test_a_referral_is_given_once_and_taken_back_with_the_whole_sale() -> None:
    it = shop(Policy(valid_days=60, newcomer_points=20, referrer_points=30))
    sell(it, ("", "0"), member=2, number="Z")
    assert (stands(it), stands(it, 2)) == ((0, 0, 0), (0, 0, 0))
    sell(it, ("", "10"), member=2)
    sell(it, ("", "10"), member=2, number="R2")
    assert (stands(it), stands(it, 2)) == ((30, 0, 0), (40, 0, 0))
    spend(it, 25)
    back(it, "4")
    assert (stands(it), stands(it, 2)) == ((5, 0, 0), (36, 0, 0))
    back(it, None)
    assert (stands(it), stands(it, 2)) == ((0, 0, 25), (10, 0, 0))


@pytest.mark.parametrize(
    ("promotion", "multiplier"),
    [
        ({}, 3),
        ({"weekdays": (4,)}, 3),  # 20 March 2031 is a Thursday
        ({"weekdays": (3, 5)}, 1),
        ({"stores": (2,)}, 1),
        ({"stores": (1, 2)}, 3),
        ({"categories": ("A",)}, 3),
        ({"categories": ("T",)}, 1),
        ({"tag": "老客"}, 1),
        ({"birthday_month": True}, 3),
        ({"active": False}, 1),
    ],
)
def test_a_promotion_matches_by_all_that_it_names(promotion: dict[str, object], multiplier: int) -> None:
    it = shop()
    it.members[1].birthday = date(1990, 3, 1)
    it.promotions = [Promotion(**{"multiplier": Decimal(3), "starts_on": TODAY, "ends_on": TODAY, **promotion})]  # type: ignore[arg-type]
    sell(it, ("A", "10"), ("B", "1"), ("T", "100"))
    assert stands(it)[0] == 10 * multiplier + 1


def test_a_line_below_zero_gives_its_share_back_too() -> None:
    it = shop()
    sell(it, ("", "100"), ("", "-10"))
    refund = Refund(1, "B", 1, "R", at(TODAY), Decimal(45))
    assert it.refund(refund) == "posted"
    assert [amount for _, amount, _ in it.refunds[1, "B"].taken] == [Decimal("50.00"), Decimal("-5.00")]
    assert it.refund(Refund(1, "C", 1, "R", at(TODAY), None, (Back(Decimal(50)),))) == "refund_exceeds"

"""A program played over one member's life: every figure by hand."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from rules.backtest import Player
from rules.backtest_events import (
    NEVER,
    Adjust,
    Bonus,
    BonusBack,
    Buyer,
    Cancel,
    Erased,
    Event,
    Extend,
    Life,
    Opening,
    Redeem,
    Refund,
    Sale,
)  # fmt: skip
from rules.backtest_promotions import Ids
from rules.backtest_tally import Tally, Window
from rules.backtest_terms import RewardKnown, make_terms, yuan_a_point
from rules.points import PointsPolicy
from rules.program import Program, RewardRule, TierRule

DAY = date(2026, 2, 2).toordinal()
FRUIT, CASH, GONE = 1, 2, 3
KNOWN = [
    RewardKnown(FRUIT, "果篮", None),
    RewardKnown(CASH, "十元", Decimal(10)),
    RewardKnown(GONE, "旧礼", Decimal("3.50")),
]
PROGRAM = Program(
    points=PointsPolicy(valid_days=60),
    tiers=(
        TierRule(rank=1, name="铜卡", quarterly_spend=Decimal(0)),
        TierRule(rank=2, name="银卡", quarterly_spend=Decimal(500), earn_multiplier=Decimal("1.5")),
    ),
    rewards=(
        RewardRule(name="果篮", kind="gift", points=50, min_tier=2),
        RewardRule(name="十元", kind="cash", points=100, value=Decimal(10)),
    ),
)


def sale(day: int, yuan: int, *, key: int = 1, closed: int | None = None) -> Sale:
    """Posted on its day, whose eve's night is closed."""
    return Sale(day - 1 if closed is None else closed, day, key, yuan * 100, yuan * 100, yuan * 100_000, 1, None)


def refund(day: int, yuan: int, *, whole: bool, key: int = 1) -> Refund:
    return Refund(day - 1, day, key, -yuan * 100, -yuan * 100, -yuan * 100_000, whole, None)


def ask(day: int, points: int, *, reward: int = 0, key: int = 90, sale_key: int = 0) -> Redeem:
    return Redeem(day - 1, day, key, points, reward, sale_key)


def play(
    *events: Event,
    program: Program = PROGRAM,
    first: int = 0,
    last: int = NEVER,
    nights: int = 400,
    erased: bool = False,
) -> Tally:
    refunded = frozenset(event.sale for event in events if isinstance(event, Refund))
    life = Life(7, DAY, erased, Buyer(frozenset(), 0), list(events), refunded)
    window = Window(first=first, last=last, first_night=DAY - 1, last_night=min(DAY + nights, last))
    terms = make_terms(program=program, today=PROGRAM, rewards=KNOWN, ids=Ids(stores={}, categories={}, tags={}))
    player = Player(terms=terms, window=window)
    player.play(life=life)
    return player.tally


def with_points(**fields: Any) -> Program:
    return replace(PROGRAM, points=replace(PROGRAM.points, **fields))


def test_points_are_floored_once_and_lapse_after_their_last_good_day() -> None:
    event = Sale(DAY - 1, DAY, 1, 9_990, 9_990, 9_990_000, 1, None)
    assert play(event, program=with_points(per_yuan=Decimal("1.5")), nights=59).alive == 149
    gone = play(event, program=with_points(per_yuan=Decimal("1.5")), nights=60)
    assert (gone.issued, gone.expired, gone.alive) == (149, 149, 0)
    assert play(event, program=with_points(valid_days=None)).expired == 0


def test_a_tier_is_reached_the_night_its_spend_is_and_lasts_through_the_next_quarter() -> None:
    events: list[Event] = [sale(DAY, 500), sale(DAY + 1, 100, key=2)]
    assert play(*events).issued == 500 + 150
    for night, rank in ((date(2026, 6, 29), 2), (date(2026, 6, 30), 1)):
        assert dict(play(*events, nights=night.toordinal() - DAY).members) == {rank: 1}
    assert play(sale(DAY, 499), sale(DAY + 1, 100, key=2)).issued == 599


def test_a_refund_undoes_the_tier_and_takes_back_what_its_sale_had_earned() -> None:
    tally = play(sale(DAY, 500), refund(DAY + 3, 500, whole=True), nights=10)
    assert (tally.issued, tally.taken_back, tally.alive, dict(tally.members)) == (500, 500, 0, {1: 1})


def test_what_has_expired_is_not_taken_back_and_what_is_missing_is_owed() -> None:
    lapsed = play(sale(DAY, 100), refund(DAY + 90, 100, whole=True))
    assert (lapsed.expired, lapsed.taken_back, lapsed.debt) == (100, 0, 0)
    owed = play(sale(DAY, 100), ask(DAY + 1, 70), refund(DAY + 2, 100, whole=True), nights=5)
    assert (owed.taken_back, owed.alive, owed.debt, owed.net()) == (100, 0, 70, -70)
    paid = play(sale(DAY, 100), ask(DAY + 1, 70), refund(DAY + 2, 100, whole=True), sale(DAY + 3, 90, key=2), nights=5)
    assert (paid.alive, paid.debt) == (20, 0)


@pytest.mark.parametrize(
    ("program", "event", "possible"),
    [
        (PROGRAM, ask(DAY + 1, 400), True),
        (PROGRAM, ask(DAY + 1, 401), False),
        (with_points(redeem_min=50), ask(DAY + 1, 49), False),
        (with_points(redeem_step=20), ask(DAY + 1, 50), False),
        (PROGRAM, ask(DAY + 1, 100, reward=CASH), True),
        (PROGRAM, ask(DAY + 1, 50, reward=FRUIT), False),  # for silver alone
        (replace(PROGRAM, rewards=()), ask(DAY + 1, 100, reward=CASH), False),
        (PROGRAM, ask(DAY + 1, 30, reward=GONE), True),  # neither program has it: as it was then
        (with_points(hold_days=2), ask(DAY + 1, 10), False),
    ],
)
def test_what_may_be_redeemed(program: Program, event: Redeem, *, possible: bool) -> None:
    tally = play(sale(DAY, 400), event, program=program, nights=5)
    assert (tally.redemptions, tally.refused) == ((1, 0) if possible else (0, 1))
    assert tally.redeemed == (event.points if possible else 0)
    assert tally.refused_points == (0 if possible else event.points)


def test_a_reward_costs_what_the_tried_program_says() -> None:
    dearer = replace(PROGRAM, rewards=(RewardRule(name="十元", kind="cash", points=250, value=Decimal(12)),))
    tally = play(sale(DAY, 400), ask(DAY + 1, 100, reward=CASH), program=dearer, nights=5)
    assert (tally.redeemed, tally.value, tally.unpriced, tally.alive) == (250, 1_200, 0, 150)


def test_a_cancelled_redemption_never_was() -> None:
    tally = play(sale(DAY, 400), ask(DAY + 1, 100, reward=CASH), Cancel(DAY + 1, DAY + 2, 90), nights=5)
    assert (tally.redemptions, tally.redeemed, tally.value, tally.alive) == (0, 0, 0, 400)
    never = play(sale(DAY, 40), ask(DAY + 1, 100, reward=CASH), Cancel(DAY + 1, DAY + 2, 90), nights=5)
    assert (never.refused, never.refused_points) == (0, 0)


def test_what_was_spent_on_a_sale_comes_back_in_proportion() -> None:
    events: list[Event] = [sale(DAY, 400), ask(DAY + 1, 100, reward=CASH, sale_key=2), sale(DAY + 1, 90, key=2)]
    part = play(*events, refund(DAY + 2, 30, whole=False, key=2), nights=5)
    assert (part.redeemed, part.value, part.redemptions, part.taken_back) == (67, 670, 1, 30)
    rest = play(*events, refund(DAY + 2, 30, whole=False, key=2), refund(DAY + 2, 60, whole=True, key=2), nights=5)
    assert (rest.redeemed, rest.value, rest.redemptions, rest.alive) == (0, 0, 0, 400)


def test_what_was_taken_last_comes_back_first() -> None:
    """100 points of the first lot and 20 of the second were spent; the second is good for longer than a week."""
    events: list[Event] = [
        sale(DAY, 100), sale(DAY + 40, 100, key=2), ask(DAY + 55, 120, sale_key=3), sale(DAY + 55, 120, key=3),
        refund(DAY + 56, 20, whole=False, key=3),
    ]  # fmt: skip
    assert play(*events, nights=80).alive == 80 + 20 + 100


def test_what_comes_back_late_is_good_for_a_week() -> None:
    events: list[Event] = [sale(DAY, 100), ask(DAY + 1, 100), Cancel(DAY + 57, DAY + 58, 90)]
    for nights, alive in ((60, 100), (64, 100), (65, 0)):
        assert play(*events, nights=nights).alive == alive


def test_adjustments_openings_and_extensions_are_those_of_then() -> None:
    short = play(sale(DAY, 40), Adjust(DAY, DAY + 1, -60), nights=5)
    assert (short.brought, short.alive, short.debt) == (-40, 0, 0)
    opened = play(Opening(DAY - 1, DAY, 30, DAY + 4), Adjust(DAY - 1, DAY, 5), nights=5)
    assert (opened.brought, opened.expired, opened.alive) == (35, 30, 5)
    longer: list[Event] = [sale(DAY, 40), Extend(DAY + 1, DAY + 2, DAY + 50, DAY + 70, DAY + 90)]
    assert play(*longer, nights=89).alive == 40
    assert play(*longer, nights=90).alive == 0


def test_who_came_and_who_brought_get_what_the_program_promises_and_give_it_back() -> None:
    promises = with_points(newcomer_points=20, referrer_points=8)
    came, brought = Bonus(DAY - 1, DAY, 7, brought=True), Bonus(DAY - 1, DAY, 9, brought=False)
    assert play(came, brought).issued == 0
    assert play(came, brought, program=promises, nights=5).issued == 28
    back = play(came, brought, BonusBack(DAY, DAY + 1, 7), program=promises, nights=5)
    assert (back.taken_back, back.alive) == (20, 8)


def test_only_the_window_is_told_and_all_before_it_is_played() -> None:
    events: list[Event] = [sale(DAY, 100), ask(DAY + 1, 40), sale(DAY + 10, 30, key=2), ask(DAY + 11, 80)]
    told = play(*events, first=DAY + 5, last=DAY + 20)
    assert (told.issued, told.redeemed, told.alive) == (30, 80, 10)
    assert play(*events[:3], first=DAY + 5, last=DAY + 62).expired == 60


def test_a_receipt_that_came_late_earns_by_the_tier_of_its_day_and_lapses_with_the_first_open_day() -> None:
    late = sale(DAY, 100, key=2, closed=DAY + 70)
    tally = play(sale(DAY, 500), late, nights=80, first=DAY + 71, last=DAY + 71)
    assert tally.expired == 100
    nights_behind = play(sale(DAY, 500), sale(DAY + 3, 100, key=2, closed=DAY - 1), nights=5)
    assert nights_behind.issued == 500 + 150


def test_who_was_erased_is_not_counted_and_moves_no_more() -> None:
    tally = play(sale(DAY, 500), Erased(DAY - 1), sale(DAY + 2, 100, key=2), erased=True, nights=5)
    assert (tally.issued, dict(tally.members)) == (600, {})


def test_the_price_of_a_point() -> None:
    assert yuan_a_point(program=PROGRAM) == (Decimal("0.1"), "十元")
    assert yuan_a_point(program=with_points(point_value=Decimal("0.05"))) == (Decimal("0.05"), "point_value")
    assert yuan_a_point(program=replace(PROGRAM, rewards=())) == (None, "")

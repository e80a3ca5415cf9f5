"""Programs: read, refused, written back, compared."""

import tomllib
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from rules.points import PointsPolicy
from rules.program import Program, RewardRule, TierRule, parse_program
from rules.program_export import program_difference, program_to_toml_dict
from rules.refusals import Refusal

TEXT = """
[points]
per_yuan = 1
valid_days = 60
round_expiry = "month"
hold_days = 2
remind_days = [15, 3]
[[tiers]]
rank = 2
name = "银卡"
quarterly_spend = 500.5
earn_multiplier = 1.2
benefits = "生日双倍积分\\n免运费"
[[tiers]]
rank = 1
name = "铜卡"
quarterly_spend = 0
earn_multiplier = "1"
[[rewards]]
name = "精品果篮"
kind = "gift"
points = 200
stock = 10
min_tier = 2
[[rewards]]
name = "10 元抵现"
kind = "cash"
points = 1000
value = 10
"""


def test_a_program_is_read_exactly_and_its_tiers_stand_in_order() -> None:
    assert parse_program(data=tomllib.loads(TEXT)) == Program(
        points=PointsPolicy(per_yuan=Decimal(1), valid_days=60, round_expiry="month", hold_days=2, remind_days=(15, 3)),
        tiers=(
            TierRule(rank=1, name="铜卡", quarterly_spend=Decimal(0)),
            TierRule(
                rank=2,
                name="银卡",
                quarterly_spend=Decimal("500.5"),
                earn_multiplier=Decimal("1.2"),
                benefits="生日双倍积分\n免运费",
            ),
        ),
        rewards=(
            RewardRule(name="精品果篮", kind="gift", points=200, stock=10, min_tier=2),
            RewardRule(name="10 元抵现", kind="cash", points=1000, value=Decimal(10)),
        ),
    )


def _changed(place: tuple[str | int, ...], value: object) -> dict[str, Any]:
    """The program above with one value put in (None: taken out)."""
    data: Any = deepcopy(tomllib.loads(TEXT))
    spot = data
    for step in place[:-1]:
        spot = spot[step]
    if value is None:
        del spot[place[-1]]
    else:
        spot[place[-1]] = value
    return data  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("place", "value", "named"),
    [
        (("points",), None, "points: it is missing"),
        (("tiers",), None, "tiers: the base tier"),
        (("tiers",), [], "tiers: the base tier"),
        (("tiers",), 3, "tiers: 3 will not do"),
        (("prizes",), [], "prizes: there is no such key"),
        (("points", "valid_day"), 60, "points.valid_day: there is no such key: did you mean valid_days?"),
        (("points", "per_yuan"), None, "points.per_yuan: it is missing"),
        (("points", "per_yuan"), 0, "points.per_yuan: 0 will not do"),
        (("points", "per_yuan"), True, "points.per_yuan"),
        (("points", "per_yuan"), float("nan"), "points.per_yuan"),
        (("points", "per_yuan"), "1e999999999", "points.per_yuan"),
        (("points", "per_yuan"), "1e-999999999", "points.per_yuan"),
        (("points", "per_yuan"), "0.1" + "0" * 40 + "1", "points.per_yuan"),
        (("points", "per_yuan"), "one", "points.per_yuan: 'one'"),
        (("points", "valid_days"), -1, "points.valid_days: -1"),
        (("points", "valid_days"), 0, "points.valid_days"),
        (("points", "valid_days"), 60.5, "points.valid_days: 60.5"),
        (("points", "valid_months"), 12, "points.valid_months: 12 will not do: points have one validity"),
        (("points", "hold_days"), 60, "points.hold_days: 60"),
        (("points", "hold_days"), 61, "points.hold_days: 61"),
        (("points", "hold_days"), -1, "points.hold_days"),
        (("points", "round_expiry"), "week", "points.round_expiry: 'week'"),
        (("points", "statement"), "some", "points.statement"),
        (("points", "remind_days"), [15, 15], "points.remind_days"),
        (("points", "remind_days"), [0], "points.remind_days"),
        (("points", "remind_days"), [True], "points.remind_days"),
        (("points", "remind_days"), 15, "points.remind_days: 15"),
        (("points", "code_away_from_home"), 1, "points.code_away_from_home"),
        (("tiers", 1, "quarterly_spend"), 1, "tiers: the base tier"),
        (("tiers", 0, "quarterly_spend"), 0, "tiers[1].quarterly_spend: 0"),
        (("tiers", 0, "quarterly_spend"), "500.555", "tiers[1].quarterly_spend: '500.555'"),
        (("tiers", 0, "quarterly_spend"), -1, "tiers[1].quarterly_spend"),
        (("tiers", 0, "quarterly_spend"), None, "tiers[1].quarterly_spend: it is missing"),
        (("tiers", 0, "rank"), 1, "tiers[2].rank: 1 will not do: tiers[1] has it already"),
        (("tiers", 0, "rank"), 0, "tiers[1].rank"),
        (("tiers", 1, "rank"), 3, "tiers: the base tier"),
        (("tiers", 0, "name"), "铜卡", "tiers[2].name"),
        (("tiers", 0, "name"), "  ", "tiers[1].name"),
        (("tiers", 0, "name"), "a\0b", "tiers[1].name"),
        (("tiers", 0, "benefits"), "a\0b", "tiers[1].benefits"),
        (("tiers", 0, "earn_multiplier"), 0, "tiers[1].earn_multiplier: 0"),
        (("tiers", 0, "earn_multiplier"), "-1.5", "tiers[1].earn_multiplier"),
        (("tiers", 0, "earn_multiplier"), "0.0001", "tiers[1].earn_multiplier"),
        (("tiers", 0, "earn_multiplier"), 100.001, "tiers[1].earn_multiplier"),
        (("rewards", 0, "kind"), "coupon", "rewards[1].kind: 'coupon'"),
        (("rewards", 0, "points"), 0, "rewards[1].points: 0"),
        (("rewards", 0, "stock"), -1, "rewards[1].stock: -1"),
        (("rewards", 0, "min_tier"), 3, "rewards[1].min_tier: 3 will not do: no tier has that rank"),
        (("rewards", 1, "name"), "精品果篮", "rewards[2].name"),
        (("rewards", 1, "value"), None, "rewards[2].value: a cash reward needs its worth"),
        (("rewards", 1, "value"), 0, "rewards[2].value: 0"),
    ],
)
def test_nonsense_is_refused_and_its_place_named(place: tuple[str | int, ...], value: object, named: str) -> None:
    with pytest.raises(Refusal) as caught:
        parse_program(data=_changed(place, value))
    assert caught.value.code == "bad_program"
    assert caught.value.en.startswith(named)
    assert caught.value.zh


def test_a_hold_is_measured_against_the_shortest_months() -> None:
    data: dict[str, Any] = _changed(("points", "valid_days"), None)
    data["points"] |= {"valid_months": 1, "hold_days": 28}
    with pytest.raises(Refusal, match="28 days"):
        parse_program(data=data)
    data["points"]["hold_days"] = 27
    assert parse_program(data=data).points.valid_months == 1


def _decimals(low: str, high: str, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(min_value=Decimal(low), max_value=Decimal(high), places=places)


NAMES = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=12)
POLICIES = st.builds(
    PointsPolicy,
    per_yuan=_decimals("0.001", "999.999", 3),
    valid_days=st.none() | st.integers(31, 36_500),
    round_expiry=st.sampled_from(["none", "month", "quarter", "year"]),
    hold_days=st.integers(0, 30),
    remind_days=st.lists(st.integers(1, 366), unique=True, max_size=4).map(tuple),
    remind_min_points=st.integers(0, 10**9),
    statement=st.sampled_from(["off", "moved", "all"]),
    redeem_code_from=st.none() | st.integers(0, 10**9),
    code_away_from_home=st.booleans(),
)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    names = draw(st.lists(NAMES, unique=True, min_size=1, max_size=5))
    steps = sorted(draw(st.sets(_decimals("0.01", "9999999999.99", 2), min_size=4, max_size=4)))
    multiplier, money = _decimals("0.001", "100", 3), _decimals("0.01", "9999999999.99", 2)
    tiers = tuple(
        TierRule(rank=rank, name=name, quarterly_spend=spend, earn_multiplier=draw(multiplier), benefits=draw(NAMES))
        for rank, (name, spend) in enumerate(zip(names, [Decimal(0), *steps], strict=False), start=1)
    )
    rewards = tuple(
        RewardRule(name=name, kind="cash", points=draw(st.integers(1, 10**9)), value=draw(money), min_tier=1)
        for name in draw(st.lists(NAMES, unique=True, max_size=3))
    )
    return Program(points=draw(POLICIES), tiers=tiers, rewards=rewards)


@given(programs())
def test_what_is_exported_and_applied_is_the_same_program(program: Program) -> None:
    text = tomli_w.dumps(program_to_toml_dict(program=program))
    again = parse_program(data=tomllib.loads(text))
    assert again == program
    assert program_difference(old=program, new=again) == []


def test_the_difference_names_what_is_added_removed_and_changed() -> None:
    old = parse_program(data=tomllib.loads(TEXT))
    bronze, silver = old.tiers
    gold = TierRule(rank=3, name="金卡", quarterly_spend=Decimal(2000))
    new = Program(
        points=replace(old.points, valid_days=None, valid_months=12),
        tiers=(bronze, replace(silver, earn_multiplier=Decimal("1.50")), gold),
        rewards=(replace(old.rewards[0], stock=None), RewardRule(name="雨伞", kind="gift", points=300)),
    )
    assert program_difference(old=old, new=new) == [
        "- points valid_days: 60",
        "+ points valid_months: 12",
        "~ tiers 2 银卡 earn_multiplier: 1.2 → 1.5",
        "+ tiers 3 金卡: quarterly_spend 2000, earn_multiplier 1",
        "- rewards 10 元抵现",
        "- rewards 精品果篮 stock: 10",
        "+ rewards 雨伞: kind gift, points 300",
    ]


def test_against_no_program_everything_is_added() -> None:
    lines = program_difference(old=None, new=parse_program(data=tomllib.loads(TEXT)))
    assert lines
    assert all(line.startswith("+") for line in lines)

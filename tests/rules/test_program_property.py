"""Any program: written back, it is the same program."""

import tomllib
from decimal import Decimal
from typing import Any

import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from rules.points import PointsPolicy
from rules.program import Program, PromotionRule, RewardRule, TierRule, parse_program
from rules.program_export import program_difference, program_to_toml_dict


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
    redeem_min=st.integers(1, 10**6).map(lambda steps: steps * 5),
    redeem_step=st.sampled_from([1, 5]),
    point_value=st.none() | _decimals("0.0001", "9999.9999", 4),
    adjust_limit=st.integers(0, 10**9),
    referrer_points=st.integers(0, 10**9),
    newcomer_points=st.integers(0, 10**9),
)


def _several(what: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.sets(what, max_size=4).map(lambda found: tuple(sorted(found)))


@st.composite
def promotions(draw: st.DrawFn, name: str) -> PromotionRule:
    starts_on = draw(st.dates())
    return PromotionRule(
        name=name,
        multiplier=draw(_decimals("1.001", "100", 3)),
        starts_on=starts_on,
        ends_on=draw(st.dates(min_value=starts_on)),
        weekdays=draw(_several(st.integers(1, 7))),
        stores=draw(_several(NAMES)),
        categories=draw(_several(NAMES)),
        tag=draw(st.none() | NAMES),
        birthday_month=draw(st.booleans()),
    )


PLACES = st.dictionaries(NAMES, st.none() | st.integers(0, 10**9), max_size=4).map(
    lambda places: tuple((code, places[code]) for code in sorted(places))
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
        RewardRule(
            name=name,
            kind="cash",
            points=draw(st.integers(1, 10**9)),
            value=draw(money),
            min_tier=1,
            stock=draw(st.none() | st.integers(0, 10**9)),
            stores=draw(PLACES),
        )
        for name in draw(st.lists(NAMES, unique=True, max_size=3))
    )
    offered = tuple(draw(promotions(name)) for name in draw(st.lists(NAMES, unique=True, max_size=3)))
    return Program(points=draw(POLICIES), tiers=tiers, rewards=rewards, promotions=offered)


@given(programs())
def test_what_is_exported_and_applied_is_the_same_program(program: Program) -> None:
    text = tomli_w.dumps(program_to_toml_dict(program=program))
    again = parse_program(data=tomllib.loads(text))
    assert again == program
    assert program_difference(old=program, new=again) == []

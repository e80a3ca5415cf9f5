"""Programs that make no sense: each is refused with its place and the remedy."""

import tomllib
from copy import deepcopy
from datetime import date, datetime
from typing import Any

import pytest

from rules.program import parse_program
from rules.refusals import Refusal
from tests.rules.program_text import TEXT


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
        (("points", "redeem_min"), 0, "points.redeem_min: 0"),
        (
            ("points", "redeem_min"),
            150,
            "points.redeem_min: 150 will not do: nobody can redeem 150 points in steps of 100",
        ),
        (("points", "redeem_min"), None, "points.redeem_step: 100 will not do: nobody can redeem 1 points"),
        (("points", "redeem_step"), 0, "points.redeem_step: 0"),
        (("points", "redeem_step"), 300, "points.redeem_min: 200 will not do"),
        (("points", "point_value"), 0, "points.point_value: 0"),
        (("points", "point_value"), 10000, "points.point_value: 10000"),
        (("points", "point_value"), "0.00001", "points.point_value"),
        (("points", "adjust_limit"), -1, "points.adjust_limit: -1"),
        (("points", "referrer_points"), -1, "points.referrer_points"),
        (("points", "newcomer_points"), 1.5, "points.newcomer_points"),
        (
            ("rewards", 0, "stores"),
            ["S1"],
            "rewards[1].stores: ['S1'] will not do: write each one as a table: stores = [{",
        ),
        (("rewards", 0, "stores"), [{"stock": 1}], "rewards[1].stores[1].code: it is missing"),
        (("rewards", 0, "stores"), [{"code": "S1", "stock": -1}], "rewards[1].stores[1].stock: -1"),
        (("rewards", 0, "stores"), [{"code": "S1", "left": 1}], "rewards[1].stores[1].left: there is no such key"),
        (("rewards", 0, "stores"), [{"code": "S1"}, {"code": "S1"}], "rewards[1].stores[2].code: 'S1' will not do"),
        (("promotions",), {}, "promotions: {} will not do"),
        (("promotions", 0, "name"), None, "promotions[1].name: it is missing"),
        (("promotions", 0, "name"), "长" * 101, "promotions[1].name"),
        (
            ("promotions", 1, "name"),
            "周末水果双倍",
            "promotions[2].name: '周末水果双倍' will not do: promotions[1] has it",
        ),
        (("promotions", 0, "multiplier"), 1, "promotions[1].multiplier: 1 will not do: write a number more than 1"),
        (("promotions", 0, "multiplier"), "100.001", "promotions[1].multiplier"),
        (("promotions", 0, "multiplier"), "1.0001", "promotions[1].multiplier"),
        (
            ("promotions", 0, "starts_on"),
            "2026-03-01",
            "promotions[1].starts_on: '2026-03-01' will not do: write a date",
        ),
        (("promotions", 0, "starts_on"), datetime(2026, 3, 1), "promotions[1].starts_on"),  # noqa: DTZ001  as TOML has it
        (("promotions", 0, "ends_on"), None, "promotions[1].ends_on: it is missing"),
        (
            ("promotions", 1, "ends_on"),
            date(2026, 4, 30),
            "promotions[2].ends_on: 2026-04-30 is before the start: write 2026",
        ),
        (("promotions", 0, "weekdays"), [0], "promotions[1].weekdays: [0]"),
        (("promotions", 0, "weekdays"), [8], "promotions[1].weekdays: [8]"),
        (("promotions", 0, "weekdays"), [6, 6], "promotions[1].weekdays"),
        (("promotions", 0, "weekdays"), [True], "promotions[1].weekdays"),
        (("promotions", 0, "weekdays"), 6, "promotions[1].weekdays: 6"),
        (("promotions", 0, "stores"), "S1", "promotions[1].stores: 'S1' will not do: write a list"),
        (("promotions", 0, "stores"), ["S1", ""], "promotions[1].stores[2]: '' will not do"),
        (("promotions", 0, "stores"), [1], "promotions[1].stores: [1]"),
        (("promotions", 0, "categories"), ["水果", "水果"], "promotions[1].categories"),
        (("promotions", 0, "tag"), "", "promotions[1].tag: ''"),
        (("promotions", 0, "birthday_month"), 3, "promotions[1].birthday_month: 3"),
        (("promotions", 0, "weekday"), [1], "promotions[1].weekday: there is no such key: did you mean weekdays?"),
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

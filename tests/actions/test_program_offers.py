"""What a program promises, in the tables: promotions, rewards with their stores, and what they name."""

import tomllib
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from actions.program import export_program
from rules.program import Program, PromotionRule, parse_program
from rules.refusals import Refusal
from tables.scope import scope
from tests.actions.test_program import BASKET, CASH, FULL, applied, stored
from tests.make import digest, execute, make_store, value

pytestmark = pytest.mark.usefixtures("shops")

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)
PLAIN = PromotionRule(name="三月", multiplier=Decimal("1.5"), starts_on=FIRST, ends_on=LAST)
NARROW = PromotionRule(
    name="周末", multiplier=Decimal(2), starts_on=FIRST, ends_on=LAST, weekdays=(6, 7), stores=("S1", "S2"), categories=("水果", "蔬菜"),
    tag="宝妈", birthday_month=True,
)  # fmt: skip
OFFERS = replace(
    FULL,
    promotions=(PLAIN, NARROW),
    rewards=(replace(BASKET, stores=(("S1", 3), ("S2", None))), replace(CASH, stores=(("S2", 0),))),
)


@pytest.fixture
async def shops(db: None) -> None:
    """What the offers name. S2 is the older one: codes stand in a file's order, whatever their ids."""
    for code in ("S2", "S1"):
        await make_store(code)
    await execute("INSERT INTO category (name) VALUES ('蔬菜'), ('水果'); INSERT INTO tag (name) VALUES ('宝妈')")


async def test_offers_are_read_back_as_they_were_and_again_change_nothing() -> None:
    lines = await applied(OFFERS)
    assert "+ promotions 周末: multiplier 2, starts_on 2026-03-01" in "\n".join(lines)
    assert await stored() == OFFERS
    before = await digest()
    assert await applied(OFFERS) == []
    async with scope(role="hq_viewer"):
        text = await export_program()
    again = parse_program(data=tomllib.loads(text))
    assert again == OFFERS
    assert await applied(again) == []
    assert await digest() == before
    assert await value("SELECT stores FROM points_promotion WHERE name = '周末'") == [1, 2]
    assert (
        await value("SELECT num_nonnulls(weekdays, stores, categories, tag) FROM points_promotion WHERE name = '三月'")
        == 0
    )


async def test_a_missing_promotion_is_switched_off_and_may_come_back() -> None:
    await applied(OFFERS)
    plain = await value("SELECT id FROM points_promotion WHERE name = $1", PLAIN.name)
    less = replace(OFFERS, promotions=(NARROW,))
    assert await applied(less) == ["- promotions 三月"]
    assert await stored() == less
    assert await value("SELECT is_active FROM points_promotion WHERE id = $1", plain) is False
    more = replace(OFFERS, promotions=(NARROW, replace(PLAIN, multiplier=Decimal(3), stores=("S2",))))
    await applied(more)
    assert set((await stored() or FULL).promotions) == set(more.promotions)
    assert await value("SELECT count(*) FROM points_promotion") == 2


async def test_of_promotions_with_one_name_the_newest_counts_and_the_others_end() -> None:
    await applied(OFFERS)
    await execute(
        "INSERT INTO points_promotion (name, multiplier, starts_on, ends_on) VALUES ('三月', 9, '2026-03-01', '2026-03-02'),"
        " ('没用', 1, '2026-03-01', '2026-03-02')"
    )
    [twin] = [rule for rule in (await stored() or FULL).promotions if rule.name == "三月"]
    assert twin.multiplier == 9
    assert await applied(OFFERS) == [
        "~ promotions 三月 multiplier: 9 → 1.5",
        "~ promotions 三月 ends_on: 2026-03-02 → 2026-03-31",
    ]
    assert await value("SELECT array_agg(multiplier) FROM points_promotion WHERE name = '三月' AND is_active") == [
        Decimal("1.5")
    ]
    assert await value("SELECT is_active FROM points_promotion WHERE name = '没用'") is False


async def test_a_stock_becomes_what_the_file_says_whatever_was_redeemed() -> None:
    await applied(OFFERS)
    await execute("UPDATE reward SET stock = 1 WHERE name = $1", BASKET.name)
    await execute("UPDATE reward_store SET stock = 2 WHERE stock = 3")
    basket, cash = (await stored() or FULL).rewards
    assert (basket.stock, basket.stores) == (1, (("S1", 2), ("S2", None)))
    assert await applied(OFFERS) == [
        "~ rewards 精品果篮 stock: 1 → 5",
        "~ rewards 精品果篮 stores: [S1 (2), S2] → [S1 (3), S2]",
    ]
    assert await stored() == OFFERS
    here = replace(OFFERS, rewards=(replace(basket, stock=5, stores=(("S2", 7),)), replace(cash, stores=())))
    await applied(here)
    assert await stored() == here
    assert await value("SELECT count(*) FROM reward_store") == 1


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (replace(FULL, promotions=(PLAIN, replace(PLAIN, name="b", stores=("S1", "S9")))), "promotions[2].stores: there is no store S9:"),
        (replace(FULL, promotions=(replace(PLAIN, categories=("肉",)),)), "promotions[1].categories: there is no category 肉:"),
        (replace(FULL, promotions=(replace(PLAIN, tag="老人"),)), "promotions[1].tag: there is no tag 老人:"),
        (replace(FULL, rewards=(BASKET, replace(CASH, stores=(("s1", 1),)))), "rewards[2].stores: there is no store s1:"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("dry_run", [True, False])
async def test_what_is_not_there_is_refused_with_its_place_and_nothing_written(
    program: Program, said: str, *, dry_run: bool
) -> None:
    before = await digest()
    with pytest.raises(Refusal) as no:
        await applied(program, dry_run=dry_run)
    assert no.value.code == "bad_program"
    assert no.value.en.startswith(said)
    assert await digest() == before

"""What an edit of the program must keep: what is edited can be exported and applied again."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from actions.program import apply_program, read_program
from tables.scope import scope
from tests import make
from tests.admin.edit_as import add, change, many, refused, remove, small_chain

pytestmark = pytest.mark.usefixtures("chain")

MARCH: dict[str, Any] = {"starts_on": date(2026, 3, 1), "ends_on": date(2026, 3, 31)}
DOUBLE: dict[str, Any] = {"name": "三月双倍", "multiplier": Decimal(2), **MARCH}


@pytest.fixture
async def chain(db: None) -> None:
    await small_chain()
    await make.make_store("S2")
    await make.execute("INSERT INTO tag (name) VALUES ('宝妈')")


async def test_the_rules_of_spending_make_sense_together() -> None:
    for nonsense in many(
        {"redeem_min": 0}, {"redeem_step": 0}, {"redeem_min": 150, "redeem_step": 100}, {"point_value": Decimal(0)},
        {"point_value": Decimal("0.00001")}, {"adjust_limit": -1}, {"referrer_points": -1}, {"newcomer_points": -5},
    ):  # fmt: skip
        assert (await refused(change("points_policy", 1, **nonsense))).code == "bad_program", nonsense
    said = await refused(change("points_policy", 1, redeem_min=150, redeem_step=100))
    assert said.zh == "“起兑积分”：150 不可用：以 100 为步长兑换不了 150 积分：请填写 起兑积分 = 200。"
    assert said.en.startswith("Redeem at least: 150 will not do: nobody can redeem 150 points in steps of 100")
    wanted: dict[str, Any] = {
        "redeem_min": 200, "redeem_step": 100, "point_value": Decimal("0.0125"), "adjust_limit": 0, "referrer_points": 50,
    }  # fmt: skip
    assert await change("points_policy", 1, **wanted) == wanted


@pytest.mark.parametrize(
    ("nonsense", "zh", "en"),
    [
        ({"ends_on": date(2026, 2, 1)}, "“结束日期”：2026-02-01 早于开始日期：请填写 2026-03-01 ", "Ends on: 2026-02-01 is before"),
        ({"multiplier": Decimal(1)}, "“倍数”：'1' 不可用：请填写大于 1、", "Multiplier: '1' will not do: write a number more than 1"),
        ({"multiplier": Decimal("100.5")}, "“倍数”", "Multiplier"),
        ({"weekdays": [0]}, "“星期”请选择：周一", "Weekdays: choose one of Monday"),
        ({"weekdays": [8]}, "“星期”请选择：周一", "Weekdays: choose one of Monday"),
        ({"stores": [1, 9, 8]}, "“门店”中没有编号 8, 9：请更正。", "Stores: there is no 8, 9"),
        ({"categories": [9]}, "“品类”中没有编号 9：请更正。", "Categories: there is no 9"),
        ({"name": " "}, "“名称”不能为空。", "Name is missing"),
        ({"starts_on": None}, "“开始日期”不能为空。", "Starts on is missing"),
    ],
)  # fmt: skip
async def test_a_promotion_that_makes_no_sense_is_refused_in_both_languages(
    nonsense: dict[str, Any], zh: str, en: str
) -> None:
    said = await refused(add("points_promotion", **{**DOUBLE, **nonsense}))
    assert said.zh.startswith(zh)
    assert said.en.startswith(en)
    key = await add("points_promotion", **DOUBLE)
    assert (await refused(change("points_promotion", key, **nonsense))).zh == said.zh


async def test_empty_lists_mean_all_and_what_is_edited_is_exported_and_applied_again() -> None:
    narrow = await add(
        "points_promotion", **DOUBLE, weekdays=[7, 6, 6], stores=[2, 1, 2], categories=[1], tag=1, birthday_month=True
    )
    wide = await add("points_promotion", **{**DOUBLE, "name": "全场"}, weekdays=[], stores=[], categories=[])
    rows = await make.fetch("SELECT weekdays, stores, categories FROM points_promotion WHERE id = $1", narrow)
    assert rows == [{"weekdays": [6, 7], "stores": [1, 2], "categories": [1]}]
    rows = await make.fetch("SELECT weekdays, stores, categories FROM points_promotion WHERE id = $1", wide)
    assert rows == [{"weekdays": None, "stores": None, "categories": None}]
    assert (await change("points_promotion", narrow, stores=[]))["stores"] is None
    async with scope(role="hq_admin"):
        program = await read_program()
        assert program is not None
        assert [rule.name for rule in program.promotions] == ["三月双倍", "全场"]
        assert await apply_program(program=program) == []


async def test_two_active_promotions_have_two_names() -> None:
    first = await add("points_promotion", **DOUBLE)
    said = await refused(add("points_promotion", **DOUBLE))
    assert (said.code, said.en) == ("taken", "Another active promotion has this name: choose another.")
    await change("points_promotion", first, is_active=False)
    await add("points_promotion", **DOUBLE)
    assert (await refused(change("points_promotion", first, is_active=True))).code == "taken"


async def test_what_was_wrong_before_can_still_be_switched_off() -> None:
    await make.execute(
        "INSERT INTO points_promotion (name, multiplier, starts_on, ends_on) VALUES ('旧', 1, '2026-01-01', '2026-01-02')"
    )
    assert (await refused(change("points_promotion", 1, name="新"))).code == "bad_program"
    assert await change("points_promotion", 1, is_active=False) == {"is_active": False}
    await remove("points_promotion", 1)


async def test_a_reward_has_its_stores_each_once_and_never_below_nothing() -> None:
    key = await add("reward_store", reward=1, store=1, stock=3)
    await add("reward_store", reward=1, store=2, stock=None)
    said = await refused(add("reward_store", reward=1, store=2, stock=-1))
    assert said.zh == "“门店剩余数量”不能小于 0；留空则不单独限量。"
    assert said.en == "Stock of the store is not below 0; empty: no limit of its own."
    assert (await refused(change("reward_store", key, stock=-5))).zh == said.zh
    assert (await refused(change("reward_store", key, store=2))).code == "fixed"
    assert (await refused(change("reward_store", key, reward=2))).code == "fixed"
    assert await change("reward_store", key, stock=0) == {"stock": 0}
    assert "还有 2 条兑换项门店库存" in (await refused(remove("reward", 1))).zh
    assert "还有 1 条兑换项门店库存" in (await refused(remove("store", 2))).zh
    await remove("reward_store", key)
    async with scope(role="hq_viewer"):
        program = await read_program()
    assert program is not None
    assert program.rewards[0].stores == (("S2", None),)


async def test_a_store_in_the_list_of_a_promotion_stays() -> None:
    await add("points_promotion", **DOUBLE, stores=[2], categories=[1])
    assert "1 个积分促销" in (await refused(remove("store", 2))).zh
    assert "1 个积分促销" in (await refused(remove("category", 1))).zh

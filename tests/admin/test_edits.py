"""What an edit in the back office must keep, through the stock panel's own configuration."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from starlette.exceptions import HTTPException

from admin.refused import NotHere
from admin.registry import SCREENS
from tests import make
from tests.admin.edit_as import add, change, config, many, refused, remove, request, small_chain

pytestmark = pytest.mark.usefixtures("chain")


@pytest.fixture
async def chain(db: None) -> None:
    await small_chain()


async def test_every_screen_becomes_a_configuration() -> None:
    for name, screen in SCREENS.items():
        made = config(name)
        assert made.get_visible_column_names() == screen.shown
        assert made.menu_group == screen.group.zh


async def test_a_read_only_table_is_read_and_nothing_is_replaced_as_a_whole() -> None:
    for name, screen in SCREENS.items():
        validators = config(name).validators
        assert validators is not None
        if screen.read_only:
            only_reads: Any = validators.every[0]
            await only_reads(piccolo_crud=None, request=request(method="GET"))
            with pytest.raises(NotHere, match="查看"):
                await only_reads(piccolo_crud=None, request=request(method="PATCH"))
        else:
            no_put: Any = validators.put_single[0]
            with pytest.raises(HTTPException) as no:
                await no_put(piccolo_crud=None, request=request(method="PUT"))
            assert no.value.status_code == 405


async def test_a_higher_rank_costs_more_whichever_of_the_two_is_edited() -> None:
    await add("tier", rank=4, name="钻石", quarterly_spend=Decimal(3000), earn_multiplier=Decimal(2))
    for key, spend in ((2, 1200), (3, 500), (4, 1200), (1, 1)):
        said = await refused(change("tier", key, quarterly_spend=Decimal(spend)))
        assert said.code == "bad_program"
        assert "tiers[" not in said.zh + said.en, said.zh
    await change("tier", 2, quarterly_spend=Decimal(600))
    said = await refused(change("tier", 2, earn_multiplier=Decimal(0)))
    assert said.zh.startswith("“积分倍数”：")
    assert "另一行" in (await refused(change("tier", 2, rank=3))).zh
    assert (await refused(change("tier", 2, name=" "))).code == "missing"


async def test_a_tier_goes_only_when_nobody_has_it_and_the_first_never() -> None:
    await make.make_member(store=1)
    await make.execute("UPDATE member SET tier = 2")
    assert "还有 1 位会员" in (await refused(remove("tier", 2))).zh
    assert "级别 1" in (await refused(remove("tier", 1))).zh
    await remove("tier", 3)


async def test_the_policy_is_one_row_that_makes_sense() -> None:
    for nonsense in many(
        {"valid_months": 12}, {"hold_days": 60}, {"remind_days": [0]}, {"remind_days": [3, 3]}, {"per_yuan": Decimal(0)},
        {"round_expiry": "week"}, {"valid_days": 0}, {"remind_every_days": 2**40},
    ):  # fmt: skip
        assert (await refused(change("points_policy", 1, **nonsense))).code in {"bad_program", "bad_value"}, nonsense
    assert await change("points_policy", 1, valid_days=None, valid_months=12) == {
        "valid_days": None,
        "valid_months": 12,
    }
    assert (await refused(add("points_policy"))).code == "not_here"
    assert (await refused(remove("points_policy", 1))).code == "not_here"


async def test_a_promotion_has_an_order_of_days_and_names_what_there_is() -> None:
    good: dict[str, Any] = {
        "name": "周末双倍", "multiplier": Decimal(2), "starts_on": date(2026, 3, 1), "ends_on": date(2026, 3, 31),
    }  # fmt: skip
    for nonsense in many(
        {"ends_on": date(2026, 2, 1)}, {"multiplier": Decimal(1)}, {"weekdays": [0]}, {"weekdays": [8]}, {"stores": [9]},
        {"categories": [9]}, {"name": ""}, {"starts_on": None},
    ):  # fmt: skip
        await refused(add("points_promotion", **{**good, **nonsense}))
    key = await add("points_promotion", **good, weekdays=[7, 6, 6], stores=[1], categories=[])
    [row] = await make.fetch("SELECT weekdays, stores, categories FROM points_promotion WHERE id = $1", key)
    assert row == {"weekdays": [6, 7], "stores": [1], "categories": None}
    assert "1 个积分促销" in (await refused(remove("store", 1))).zh


async def test_a_reward_costs_something_and_cash_has_a_value() -> None:
    for nonsense in many({"points": 0}, {"kind": "cash"}, {"stock": -1}, {"tier": 9}, {"kind": "wish"}):
        await refused(change("reward", 1, **nonsense))
    assert await change("reward", 1, kind="cash", value=Decimal(10), tier=2) == {"kind": "cash", "value": 10, "tier": 2}
    await remove("reward", 1)


async def test_a_template_holds_the_placeholders_of_its_kind() -> None:
    good: dict[str, Any] = {"name": "升级", "kind": "tier_up", "message_class": "notice"}
    assert (await refused(add("template", **good, text="您有 {points} 分"))).code == "unknown_placeholder"
    assert (await refused(add("template", **good, text=""))).code == "missing"
    assert (await refused(add("template", **{**good, "message_class": "x"}, text="{tier}"))).code == "bad_value"
    await add("template", **good, text="您已是{tier}")
    await add("template", name="自由", kind="", message_class="marketing", text="你好")


async def test_a_store_stands_somewhere_and_stays_while_something_is_its_own() -> None:
    for nonsense in many(
        {"code": "S 1"}, {"code": ""}, {"name": "\x00"}, {"latitude": Decimal(31)}, {"kind": "castle"},
        {"latitude": Decimal(91), "longitude": Decimal(0)}, {"latitude": Decimal(0), "longitude": Decimal(181)},
    ):  # fmt: skip
        await refused(change("store", 1, **nonsense))
    assert await change("store", 1, name=" 一店 ", code="S1") == {"name": "一店"}
    member = await make.make_member(store=1)
    await make.sell("R1", at=make.noon(date(2026, 3, 2)), member=member)
    said = (await refused(remove("store", 1))).zh
    assert "1 位会员" in said
    assert "1 笔消费" in said
    await add("store", code="S2", name="二店")
    await remove("store", 2)


async def test_a_member_is_edited_and_never_made_moved_up_or_deleted_here() -> None:
    member = await make.make_member(store=1)
    everything = (await make.fetch("SELECT * FROM member WHERE id = $1", member))[0]
    for name in ("id", "phone_masked"):
        everything.pop(name)
    # The screen sends every field: what stays as it was is no change.
    assert await change("member", member, **{**everything, "title": "张女士"}) == {"title": "张女士"}
    for fixed in many(
        {"phone": "+8613900000009"}, {"tier": 2}, {"joined_on": date(2020, 1, 1)}, {"tier_valid_until": date(2030, 1, 1)},
    ):  # fmt: skip
        assert (await refused(change("member", member, **fixed))).code == "fixed", fixed
    for nonsense in many(
        {"birthday": date(2999, 1, 1)}, {"preferences": "[1]"}, {"preferences": "{"}, {"phone_status": "lost"},
        {"latitude": Decimal(31)}, {"name": ""},
    ):  # fmt: skip
        await refused(change("member", member, **nonsense))
    assert "开通会员" in (await refused(add("member", phone="+8613900000009", home_store=1, tier=1))).zh
    assert (await refused(remove("member", member))).code == "not_here"


async def test_what_hangs_on_a_member_says_who_did_it() -> None:
    member = await make.make_member(store=1)
    await add("tag", name="宝妈")
    key = await add("member_tag", member=member, tag=1, source="rule")
    assert await make.value("SELECT source FROM member_tag WHERE id = $1", key) == "manual"
    assert "还有 1 位会员" in (await refused(remove("tag", 1))).zh
    await remove("member_tag", key)
    days: dict[str, Any] = {"valid_from": date(2026, 3, 1), "valid_until": date(2026, 2, 1)}
    await refused(add("tier_grant", member=member, tier=2, reason="生日", **days))
    days["valid_until"] = date(2026, 6, 30)
    await refused(add("tier_grant", member=member, tier=2, reason="", **days))
    grant = await add("tier_grant", member=member, tier=2, reason="生日", **days)
    await change("tier_grant", grant, valid_until=date(2026, 5, 31))
    given: dict[str, Any] = {"member": member, "purpose": "marketing_sms", "granted": True, "source": "电话"}
    await refused(add("consent", **given))
    consent = await add("consent", **given, text_version="1")
    assert await make.value("SELECT array[t.staff, c.staff] FROM tier_grant t, consent c") == [1, 1]
    assert (await refused(change("consent", consent, granted=False))).code == "not_here"

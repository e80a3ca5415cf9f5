"""The program in the tables: applied, compared, refused, exported."""

import tomllib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from actions.program import apply_program, export_program, load_program, read_program
from rules.points import PointsPolicy
from rules.program import Program, RewardRule, TierRule, parse_program
from rules.refusals import Refusal
from tables.scope import scope
from tests.make import execute, make_member, make_store, value

pytestmark = pytest.mark.usefixtures("db")

BRONZE = TierRule(rank=1, name="铜卡", quarterly_spend=Decimal(0))
SILVER = TierRule(rank=2, name="银卡", quarterly_spend=Decimal(1000), earn_multiplier=Decimal("1.2"), benefits="早鸟")
GOLD = TierRule(rank=3, name="金卡", quarterly_spend=Decimal("3000.50"), earn_multiplier=Decimal("1.5"))
BASKET = RewardRule(name="精品果篮", kind="gift", points=200, stock=5, description="节日\n装")
CASH = RewardRule(name="十元", kind="cash", points=1000, value=Decimal(10), min_tier=2)
FULL = Program(
    points=PointsPolicy(
        per_yuan=Decimal("1.5"), valid_days=60, hold_days=2, remind_days=(15, 3), redeem_code_from=500,
        redeem_min=20, redeem_step=10, point_value=Decimal("0.0125"), adjust_limit=0, referrer_points=50,
    ),
    tiers=(BRONZE, SILVER, GOLD),
    rewards=(BASKET, CASH),
)  # fmt: skip


async def applied(program: Program, *, dry_run: bool = False) -> list[str]:
    async with scope(role="hq_admin"):
        return await apply_program(program=program, dry_run=dry_run)


async def stored() -> Program | None:
    async with scope(role="hq_viewer"):
        return await read_program()


async def a_member(*, phone: str = "+8613900000001", rank: int) -> int:
    store = await value("SELECT id FROM store") or await make_store()
    member = await make_member(phone, store=store)
    await execute("UPDATE member SET tier = (SELECT id FROM tier WHERE rank = $1) WHERE id = $2", rank, member)
    return member


async def test_before_the_first_one_there_is_none() -> None:
    assert await stored() is None


async def test_what_is_applied_is_read_back_as_it_was() -> None:
    lines = await applied(FULL)
    assert await stored() == FULL
    assert any(line.startswith("+ tiers 3 金卡") for line in lines)


async def test_again_it_changes_nothing_and_writes_nothing() -> None:
    await applied(FULL)
    versions = "SELECT string_agg(xmin::text, ',') FROM (SELECT xmin FROM tier UNION ALL SELECT xmin FROM reward) v"
    before = await value(versions)
    assert await applied(FULL) == []
    assert await value(versions) == before


async def test_a_dry_run_says_the_same_and_writes_nothing() -> None:
    dry = await applied(FULL, dry_run=True)
    assert await stored() is None
    assert await applied(FULL) == dry


async def test_a_changed_threshold_is_said_with_both_values() -> None:
    await applied(FULL)
    dearer = replace(GOLD, quarterly_spend=Decimal(5000))
    lines = await applied(replace(FULL, tiers=(BRONZE, SILVER, dearer)))
    assert lines == ["~ tiers 3 金卡 quarterly_spend: 3000.5 → 5000"]


async def test_two_tiers_swap_their_names_and_stay_who_they_are() -> None:
    await applied(FULL)
    gold = await value("SELECT id FROM tier WHERE rank = 3")
    swapped = replace(FULL, tiers=(BRONZE, replace(SILVER, name="金卡"), replace(GOLD, name="银卡")))
    await applied(swapped)
    assert await stored() == swapped
    assert await value("SELECT id FROM tier WHERE name = '银卡'") == gold


async def test_three_names_move_around() -> None:
    await applied(FULL)
    names = ("银卡", "金卡", "铜卡")
    moved = replace(FULL, tiers=tuple(replace(tier, name=name) for tier, name in zip(FULL.tiers, names, strict=True)))
    await applied(moved)
    assert await stored() == moved


async def test_a_tier_that_nobody_has_is_removed_with_its_name_free_again() -> None:
    await applied(FULL)
    fewer = replace(FULL, tiers=(BRONZE, replace(SILVER, name="金卡")))
    assert "- tiers 3 金卡" in await applied(fewer)
    assert await stored() == fewer


@pytest.mark.parametrize("rank", [2, 3])
async def test_a_tier_with_members_stays_and_so_does_everything_else(rank: int) -> None:
    await applied(FULL)
    await a_member(rank=rank)
    await a_member(phone="+8613900000002", rank=rank)
    cheaper = replace(FULL.points, per_yuan=Decimal(2))
    kept = tuple(tier for tier in FULL.tiers if tier.rank != rank)
    with pytest.raises(Refusal, match="2 members have it") as no:
        await applied(Program(points=cheaper, tiers=kept))
    assert no.value.code == "tier_in_use"
    assert await stored() == FULL


CHANGED = """
INSERT INTO tier_change (member, from_tier, to_tier, reason, business_date)
SELECT $1, t.id, b.id, 'lapse', '2026-01-01' FROM tier t, tier b WHERE t.rank = 3 AND b.rank = 1
"""
GRANTED = """
INSERT INTO tier_grant (member, tier, valid_from, valid_until, reason)
SELECT $1, id, '2020-01-01', '2020-03-31', 'import' FROM tier WHERE rank = 3
"""


@pytest.mark.parametrize("use", [CHANGED, GRANTED])
async def test_a_tier_of_the_past_stays_too(use: str) -> None:
    await applied(FULL)
    await execute(use, await a_member(rank=1))
    with pytest.raises(Refusal) as no:
        await applied(replace(FULL, tiers=(BRONZE, SILVER)), dry_run=True)
    assert no.value.code == "tier_in_use"


async def test_a_missing_reward_is_no_longer_offered_and_may_come_back() -> None:
    await applied(FULL)
    basket = await value("SELECT id FROM reward WHERE name = $1", BASKET.name)
    less = replace(FULL, rewards=(CASH,))
    assert await applied(less) == ["- rewards 精品果篮"]
    assert await stored() == less
    assert await value("SELECT is_active FROM reward WHERE id = $1", basket) is False
    assert (await applied(FULL))[0].startswith("+ rewards 精品果篮")
    assert await value("SELECT id FROM reward WHERE name = $1 AND is_active", BASKET.name) == basket


async def test_a_reward_that_is_not_offered_does_not_keep_a_tier_alive() -> None:
    await applied(replace(FULL, rewards=(replace(CASH, min_tier=3),)))
    await applied(replace(FULL, rewards=()))
    await applied(replace(FULL, tiers=(BRONZE, SILVER), rewards=()))
    assert await value("SELECT tier FROM reward") is None


async def test_an_export_applied_again_is_no_difference() -> None:
    await applied(FULL)
    async with scope(role="hq_viewer"):
        text = await export_program()
    assert parse_program(data=tomllib.loads(text)) == FULL
    assert "[[tiers]]\nrank = 2\n" in text


async def test_there_is_nothing_to_export_before_the_first_one() -> None:
    with pytest.raises(Refusal) as no:
        async with scope(role="hq_viewer"):
            await export_program()
    assert no.value.code == "no_program"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[points\n", "at line 1"),
        ("[points]\nper_yuan = 1 # 积分".encode("gb18030"), "not UTF-8"),
        (b"[points]\nper_yuan = -1\n", r"points\.per_yuan"),
        (b"\xef\xbb\xbf[points]\nper_yuan = 1\n", "the base tier is missing"),
    ],
)
async def test_a_wrong_file_is_refused_by_its_name_and_the_place(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "program.toml"
    file.write_bytes(content)
    with pytest.raises(Refusal, match=said) as no:
        load_program(path=file)
    assert no.value.en.startswith(f"{file}: ")


async def test_numbers_of_a_file_are_taken_as_written(tmp_path: Path) -> None:
    file = tmp_path / "program.toml"
    file.write_text('[points]\nper_yuan = 1.005\n[[tiers]]\nrank = 1\nname = "铜卡"\nquarterly_spend = 0.0\n', "utf-8")
    assert load_program(path=file).points.per_yuan == Decimal("1.005")

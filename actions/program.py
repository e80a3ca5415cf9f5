"""The program in the tables: read, changed as a whole, written out again."""

import tomllib
from dataclasses import asdict, astuple, fields
from decimal import Decimal
from pathlib import Path

import asyncpg
import tomli_w

from actions.program_offers import check_offers, read_promotions, read_rewards, write_promotions, write_rewards
from rules.points import PointsPolicy
from rules.program import Program, TierRule, parse_program
from rules.program_export import LISTS, program_difference, program_to_toml_dict
from rules.refusals import Refusal
from tables.scope import current

_POLICY = [field.name for field in fields(PointsPolicy)]

_READ_TIERS = "SELECT rank, name, quarterly_spend, earn_multiplier, benefits FROM tier ORDER BY rank"
_USES_OF_OTHERS = """
SELECT t.id, t.rank, t.name,
    (SELECT count(*) FROM member m WHERE m.tier = t.id) AS members,
    (SELECT count(*) FROM tier_change c WHERE c.from_tier = t.id OR c.to_tier = t.id) AS changes,
    (SELECT count(*) FROM tier_grant g WHERE g.tier = t.id) AS grants
FROM tier t WHERE t.rank <> ALL ($1::int[]) ORDER BY t.rank
"""
_WRITE_POLICY = f"""
INSERT INTO points_policy (id, {", ".join(_POLICY)})
VALUES (1, {", ".join(f"${number}" for number in range(1, len(_POLICY) + 1))})
ON CONFLICT (id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _POLICY)}
"""
# Names are unique at every moment: who holds the coming name of another lends it first. No file can hold chr(1).
_LEND_NAMES = """
UPDATE tier t SET name = chr(1) || t.id FROM unnest($1::int[], $2::text[]) AS coming(rank, name)
WHERE t.name = coming.name AND t.rank <> coming.rank
"""
_WRITE_TIER = """
INSERT INTO tier (rank, name, quarterly_spend, earn_multiplier, benefits) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (rank) DO UPDATE SET name = excluded.name, quarterly_spend = excluded.quarterly_spend,
    earn_multiplier = excluded.earn_multiplier, benefits = excluded.benefits
"""


def load_program(*, path: Path) -> Program:
    """The program of a TOML file; a Refusal names the file, the place in it and the remedy."""
    try:
        return parse_program(data=tomllib.loads(path.read_text(encoding="utf-8-sig"), parse_float=Decimal))
    except Refusal as refusal:
        en, zh = refusal.en, refusal.zh
    except UnicodeDecodeError:
        en, zh = "it is not UTF-8: save it as UTF-8.", "文件不是 UTF-8：请另存为 UTF-8 编码。"
    except tomllib.TOMLDecodeError as error:
        en, zh = f"it is not TOML: {error}.", f"不是有效的 TOML：{error}。"
    raise Refusal(code="bad_program", en=f"{path}: {en}", zh=f"{path}：{zh}")


async def read_program() -> Program | None:
    """The chain's program; None as long as there is none. Promotions that are switched off and rewards that are not offered
    any more are left out.
    """
    connection = current()
    policy = await connection.fetchrow(f"SELECT {', '.join(_POLICY)} FROM points_policy WHERE id = 1")
    tiers = await connection.fetch(_READ_TIERS)
    if policy is None or not tiers:
        return None
    return Program(
        points=PointsPolicy(**{**policy, "remind_days": tuple(policy["remind_days"])}),
        tiers=tuple(TierRule(**row) for row in tiers),
        rewards=await read_rewards(),
        promotions=await read_promotions(),
    )


async def apply_program(*, program: Program, dry_run: bool = False) -> list[str]:
    """Make the chain's program this one and say what that changes, a line each; nothing to say = nothing written.

    A tier is known by its rank. One that is missing here is removed when nobody ever had it, else Refusal
    `tier_in_use`; a promotion that is missing is switched off; a reward that is missing is no longer offered, and stays for
    the redemptions that name it. The stock of a reward becomes what the program says, however much was redeemed meanwhile.
    Raises Refusal `bad_program` where it names a store, category or tag that there is not.
    """
    connection = current()
    # Two at once: the second compares with what the first has made.
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('regulars program', 0))")
    lines = program_difference(old=await read_program(), new=program)
    if not lines:
        return []
    await check_offers(program=program)
    unused = await _removable_tiers(program=program)
    if dry_run:
        return lines
    await _remove_tiers(ids=unused)
    await _write_tiers(tiers=program.tiers)
    await connection.execute(_WRITE_POLICY, *asdict(program.points).values())
    await write_promotions(promotions=program.promotions)
    await write_rewards(rewards=program.rewards)
    return lines


async def export_program() -> str:
    """The chain's program as the TOML file that `apply_program` takes back without a change."""
    program = await read_program()
    if program is None:
        raise Refusal(
            code="no_program",
            en="There is no program yet: run `regulars program apply program.toml` first.",
            zh="还没有会员方案：请先运行 regulars program apply program.toml。",
        )
    whole = program_to_toml_dict(program=program)
    # Table by table: the writer would put short tiers on one line each, which nobody likes to edit.
    parts = ["[points]\n" + tomli_w.dumps(whole["points"])]
    parts += [f"[[{kind}]]\n" + tomli_w.dumps(row) for kind in LISTS for row in whole[kind]]
    return "\n".join(parts)


async def _removable_tiers(*, program: Program) -> list[int]:
    ranks = [tier.rank for tier in program.tiers]
    connection = current()
    # Locked before they are counted: nobody gets such a tier in between.
    await connection.execute("SELECT 1 FROM tier WHERE rank <> ALL ($1::int[]) ORDER BY id FOR UPDATE", ranks)
    others = await connection.fetch(_USES_OF_OTHERS, ranks)
    for tier in others:
        if tier["members"] or tier["changes"] or tier["grants"]:
            raise _tier_in_use(tier)
    return [tier["id"] for tier in others]


async def _remove_tiers(*, ids: list[int]) -> None:
    if ids:
        connection = current()
        # Rewards of the file get theirs again; one that is not offered must not keep a tier alive.
        await connection.execute("UPDATE reward SET tier = NULL WHERE tier = ANY ($1::bigint[])", ids)
        await connection.execute("DELETE FROM tier WHERE id = ANY ($1::bigint[])", ids)


async def _write_tiers(*, tiers: tuple[TierRule, ...]) -> None:
    connection = current()
    await connection.execute(_LEND_NAMES, [tier.rank for tier in tiers], [tier.name for tier in tiers])
    await connection.executemany(_WRITE_TIER, [astuple(tier) for tier in tiers])


def _tier_in_use(tier: asyncpg.Record) -> Refusal:
    rank, name = tier["rank"], tier["name"]
    members, changes, grants = tier["members"], tier["changes"], tier["grants"]
    return Refusal(
        code="tier_in_use",
        en=f"Tier {rank} {name} cannot be removed: {members} members have it, {changes} tier changes and {grants} tier "
        "grants name it. Keep it in the file; its name and threshold may change, its rank may not.",
        zh=f"第 {rank} 级“{name}”不能删除：{members} 位会员属于该等级，"
        f"{changes} 条等级变动和 {grants} 条等级授予引用了它。"
        "请在文件中保留它；名称和门槛可以修改，级别（rank）不能改。",
    )

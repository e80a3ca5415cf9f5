"""Who may post what: a store role in its own stores alone, a manager up to a limit, nobody past the doors."""

from datetime import date
from typing import Any

import asyncpg
import pytest

from actions.points import Posted, adjust, cancel_redemption, redeem
from rules.refusals import Refusal
from tables.access import Role
from tables.scope import scope
from tests import make

MONDAY = date(2031, 3, 3)
LIMIT = 500  # the policy's, unless headquarters changes it
BASKET = 1


@pytest.fixture(autouse=True)
async def shop(db: None) -> None:
    """Stores 1 and 2, member 1 with 100 points, a reward."""
    await make.make_program()
    await make.make_member(store=await make.make_store())
    await make.make_store("S2")
    await make.execute("INSERT INTO reward (name, kind, points) VALUES ('果篮', 'gift', 40)")
    await make.sell("A", at=make.noon(MONDAY))


async def spend(
    points: int | None = None, *, reward: int | None = None, store: int = 1, role: Role = "cashier"
) -> Posted:
    async with scope(role=role, stores=[1]):
        return await redeem(member=1, store=store, reference="x", points=points, reward=reward, business_date=MONDAY)


async def back(*, store: int = 1, role: Role = "cashier") -> Posted:
    async with scope(role=role, stores=[1]):
        return await cancel_redemption(store=store, reference="r", business_date=MONDAY)


async def code(deed: Any) -> str:
    with pytest.raises(Refusal) as refusal:
        await deed
    return refusal.value.code


async def test_every_deed_is_refused_in_a_foreign_store_and_to_a_foreign_role() -> None:
    async with scope(role="job"):
        await redeem(member=1, store=2, reference="r", points=10, business_date=MONDAY)
    for role in ("cashier", "store_manager"):
        for deed in (spend(10, store=2, role=role), spend(reward=BASKET, store=2, role=role), back(store=2, role=role)):
            assert await code(deed) == "foreign_store"
    assert await code(by_hand(10, role="store_manager", store=2)) == "foreign_store"
    for deed in (spend(10, role="hq_viewer"), spend(reward=BASKET, role="hq_marketing"), back(role="hq_viewer")):
        assert await code(deed) == "not_allowed"
    assert await code(spend(10, store=99, role="hq_admin")) == "unknown_store"


async def by_hand(points: int, *, role: Role, store: int = 1) -> Posted:
    async with scope(role=role, stores=[1]):
        return await adjust(
            member=1, store=store, form=f"{role}{points}", points=points, reason="补", business_date=MONDAY
        )


async def test_a_manager_adjusts_up_to_a_limit_headquarters_freely_a_cashier_not_at_all() -> None:
    for points in (LIMIT, -LIMIT):
        assert (await by_hand(points, role="store_manager")).points == points
        beyond = points + points // abs(points)
        assert await code(by_hand(beyond, role="store_manager")) == "over_limit"
        assert (await by_hand(beyond, role="hq_admin")).points == beyond
        for small in (points, points // abs(points)):
            assert await code(by_hand(small, role="cashier")) == "not_allowed"


@pytest.mark.parametrize(
    ("function", "kind", "points", "source", "role"),
    [
        ("points_credit", "earn", 9, "purchase", "store_manager"),
        ("points_credit", "restore", 9, "restore", "store_manager"),
        ("points_credit", "import", 9, "import", "store_manager"),
        ("points_credit", "adjust", 9, "import", "store_manager"),
        ("points_debit", "expire", -9, "night", "store_manager"),
        ("points_debit", "redeem", -9, "redeem", "store_manager"),
    ],
)
async def test_the_database_holds_store_roles_to_adjustments(
    function: str, kind: str, points: int, source: str, role: Role
) -> None:
    posting = f"ROW(1, 1, '{kind}', {points}, '{source}', 'x', NULL, NULL, NULL, $1, $1, NULL)::deed.posting"
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="may not post"):
        async with scope(role=role, stores=[1]) as connection:
            await connection.fetch(f"SELECT * FROM deed.{function}(ARRAY[{posting}])", MONDAY)


async def test_nobody_reaches_the_arithmetic_behind_the_doors() -> None:
    """With a reward's name on it and without its stock, say."""
    for call in ("points_take('{}', 3, NULL)", "points_add('{}')", "points_settle('{}')"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with scope(role="hq_admin") as connection:
                await connection.fetch(f"SELECT * FROM deed.{call}")

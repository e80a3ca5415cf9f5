"""Who is told of a member's points: head office of everybody's, a store of those whose home it is."""

from datetime import date

import asyncpg
import pytest

from queries.points import PointsExplained, explain, member_of
from rules.refusals import Refusal
from tables.access import Role
from tables.scope import scope
from tests import make

DAY = date(2031, 3, 3)


@pytest.fixture(autouse=True)
async def shop(db: None) -> None:
    """Member 1 of store 1, member 2 of store 2."""
    await make.make_program()
    for n in (1, 2):
        await make.make_member(f"+861390000000{n}", store=await make.make_store(f"S{n}"))


async def told(member: int = 1, *, role: Role = "cashier", stores: tuple[int, ...] = (1,)) -> PointsExplained:
    async with scope(role=role, stores=stores):
        return await explain(member=member, today=DAY)


async def test_a_home_store_is_told_of_all_stores_entries_though_it_sees_only_its_own() -> None:
    await make.sell("A", at=make.noon(DAY), store=2)
    for role in ("cashier", "store_manager"):
        assert len((await told(role=role)).entries) == 1
        async with scope(role=role, stores=[1]) as connection:
            assert await connection.fetchval("SELECT count(*) FROM points_entry") == 0


@pytest.mark.parametrize(
    ("role", "stores", "phone"),
    [
        ("hq_admin", (), "+8613900000001"),
        ("hq_viewer", (), "139****0001"),
        ("store_manager", (2, 1), "+8613900000001"),
        ("cashier", (1,), "139****0001"),
    ],
)
async def test_who_may_see_the_member_is_told_with_the_phone_in_their_form(
    role: Role, stores: tuple[int, ...], phone: str
) -> None:
    account = await told(role=role, stores=stores)
    assert (account.name, account.phone, account.tier, account.erased) == ("张三", phone, "铜卡", False)


@pytest.mark.parametrize("role", ["store_manager", "cashier", "hq_marketing", "door", "till"])
async def test_who_may_not_see_the_member_gets_the_answer_of_no_member(role: Role) -> None:
    await make.execute("INSERT INTO member_lookup (member, weight, at) VALUES (1, 1, now())")  # a look-up tells less
    said = set()
    for member in (1, 99, 0, -1, 2**63):
        with pytest.raises(Refusal) as no:
            await told(member, role=role, stores=(2,))
        said.add((no.value.code, no.value.zh, no.value.en))
    assert len(said) == 1


async def test_an_erased_member_is_told_of_without_a_phone_to_those_who_saw_them() -> None:
    await make.sell("A", at=make.noon(DAY))
    await make.execute("UPDATE member SET phone = NULL, name = '', erased_at = now() WHERE id = 1")
    for role in ("hq_admin", "cashier"):
        account = await told(role=role)
        assert (account.erased, account.phone, account.balance) == (True, None, 100)
    with pytest.raises(Refusal):
        await told(stores=(2,))


async def test_nobody_reaches_the_parts_behind_the_deed() -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with scope(role="cashier", stores=[1]) as connection:
            await connection.fetch("SELECT deed.totals_told(2, $1)", DAY)


async def test_a_member_is_found_by_phone_as_people_write_it() -> None:
    async with scope(role="hq_admin"):
        assert await member_of(phone="139 0000 0002") == 2
        for phone, code in (("13800000000", "unknown_member"), ("123", "bad_phone")):
            with pytest.raises(Refusal) as no:
                await member_of(phone=phone)
            assert no.value.code == code

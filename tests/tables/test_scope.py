"""The one door: what a role sees, and that nothing set means nothing seen."""

import asyncpg
import pytest
from piccolo.engine.exceptions import TransactionError

from config.piccolo_conf import DB
from tables.access import MASKED_ROLES, Role
from tables.members import Member
from tables.scope import current, scope
from tests import make

MASKED = {"139****0001", "139****0002"}


@pytest.fixture
async def two_stores(db: None) -> tuple[int, int]:
    await make.make_program()
    here, there = await make.make_store("S1"), await make.make_store("S2")
    await make.make_member("+8613900000001", store=here)
    await make.make_member("+8613900000002", store=there)
    return here, there


async def test_nothing_set_is_nothing_seen(two_stores: tuple[int, int]) -> None:
    connection = await DB.get_new_connection()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.fetch("SELECT * FROM member")
    await connection.close()


async def test_a_store_role_sees_its_own_members_alone(two_stores: tuple[int, int]) -> None:
    here, _ = two_stores
    for role in ("cashier", "store_manager"):
        async with scope(role=role, stores=[here]) as connection:
            assert [row["home_store"] for row in await connection.fetch("SELECT home_store FROM member")] == [here]
            assert await connection.fetchval("SELECT count(*) FROM points_account") == 1
            assert [row["home_store"] for row in await Member.select(Member.home_store)] == [here]
    async with scope(role="hq_viewer") as connection:
        assert await connection.fetchval("SELECT count(*) FROM member") == 2
    async with scope(role="cashier", stores=[]) as connection:
        assert await connection.fetchval("SELECT count(*) FROM member") == 0


@pytest.mark.parametrize("role", MASKED_ROLES)
async def test_a_masked_role_reads_a_masked_phone_and_no_other(two_stores: tuple[int, int], role: Role) -> None:
    async with scope(role=role, stores=two_stores) as connection:
        assert {row["phone_masked"] for row in await connection.fetch("SELECT phone_masked FROM member")} == MASKED
    for sql in (
        "SELECT phone FROM member",
        "SELECT id FROM member WHERE phone > '+8613'",
        "SELECT max(m::text) FROM member m",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with scope(role=role, stores=two_stores) as connection:
                await connection.fetch(sql)


async def test_everyone_changes_their_own_password_and_nothing_else(db: None) -> None:
    for name in ("a", "b"):
        await make.execute(
            "INSERT INTO staff (username, password, role, active, admin) VALUES ($1, 'x', 'cashier', true, true)", name
        )
    async with scope(role="cashier", staff=1) as connection:
        assert await connection.execute("UPDATE staff SET password = 'y'") == "UPDATE 1"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with scope(role="cashier", staff=1) as connection:
            await connection.execute("UPDATE staff SET role = 'hq_admin'")


async def test_a_foreign_row_cannot_be_changed_or_taken(two_stores: tuple[int, int]) -> None:
    here, there = two_stores
    async with scope(role="store_manager", stores=[here]) as connection:
        assert await connection.execute("UPDATE member SET name = 'x' WHERE home_store = $1", there) == "UPDATE 0"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with scope(role="store_manager", stores=[here]) as connection:
            await connection.execute("UPDATE member SET home_store = $1", there)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with scope(role="cashier", stores=[here]) as connection:
            await connection.execute("UPDATE member SET name = 'x'")


@pytest.mark.parametrize("table", ["points_entry", "points_lot", "points_allocation", "purchase", "send_log"])
@pytest.mark.parametrize("role", ["hq_admin", "store_manager", "cashier"])
async def test_staff_cannot_write_the_ledger_by_hand(two_stores: tuple[int, int], table: str, role: str) -> None:
    for verb in (f"DELETE FROM {table}", f"UPDATE {table} SET id = id", f"INSERT INTO {table} DEFAULT VALUES"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with scope(role=role, stores=[two_stores[0]]) as connection:  # type: ignore[arg-type]
                await connection.execute(verb)


async def test_a_deed_in_a_foreign_store_is_refused(two_stores: tuple[int, int]) -> None:
    here, there = two_stores
    posting = "ARRAY[ROW(1, $1, 'adjust', -1, 'adjust', 'a', NULL, NULL, NULL, '2026-01-01', NULL, NULL)::deed.posting]"
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="may not do that"):
        async with scope(role="store_manager", stores=[here]) as connection:
            await connection.fetch(f"SELECT * FROM deed.points_debit({posting})", there)
    async with scope(role="store_manager", stores=[here]) as connection:
        assert (await connection.fetch(f"SELECT outcome FROM deed.points_debit({posting})", here))[0][
            "outcome"
        ] == "short"


async def test_the_role_ends_with_the_scope_even_after_an_error(two_stores: tuple[int, int]) -> None:
    with pytest.raises(RuntimeError, match="stop"):
        async with scope(role="job") as connection:
            await connection.execute("UPDATE member SET name = 'changed'")
            raise RuntimeError("stop")
    assert await make.value("SELECT count(*) FROM member WHERE name = 'changed'") == 0
    assert DB.pool is not None
    async with DB.pool.acquire() as connection:
        assert await connection.fetchval("SELECT current_user") == "regulars_app"
        assert await connection.fetchval("SELECT current_setting('app.stores', true)") == ""
    with pytest.raises(RuntimeError, match="no scope"):
        current()


async def test_scopes_do_not_nest(two_stores: tuple[int, int]) -> None:
    with pytest.raises(TransactionError):
        async with scope(role="job"), scope(role="job"):
            pass

"""Who may manage whom, over a raw connection of the log-in role: giver × person × deed × own and foreign store."""

import asyncio
from collections.abc import Sequence

import asyncpg
import pytest

from actions.staff_deeds import add_colleague, give_password, place, set_active
from queries.staff_list import colleagues, managed_stores
from rules.refusals import Refusal
from tables.access import ROLES, Role
from tables.scope import Connection, scope
from tests import make
from tests.actions.staff_world import BY_BOSS, BY_MANAGER, DEEDS, HASHED, OK, PEOPLE, placed, statement, world

MONA, PEER, ANNA, BOTH, BERT = 3, 4, 5, 6, 7
NOES = {"denied", "not_allowed"}


@pytest.fixture(autouse=True)
async def _world(db: None) -> None:
    await world()


async def said(connection: Connection, sql: str, arguments: Sequence[object]) -> str:
    """What the database answers, taken back at once: ok, a reason, or `denied` where the role may not even call it."""
    await connection.execute("SAVEPOINT attempt")
    try:
        await connection.execute(sql, *arguments)
    except (asyncpg.InsufficientPrivilegeError, asyncpg.CheckViolationError) as error:
        return error.detail or "denied"
    else:
        return OK
    finally:
        await connection.execute("ROLLBACK TO attempt")


@pytest.mark.parametrize(("giver", "table"), [(MONA, BY_MANAGER), (1, BY_BOSS)])
async def test_who_may_do_what_to_whom(giver: int, table: dict[int, dict[str, str]]) -> None:
    _, role, stores = PEOPLE[giver]
    before, found = await make.digest(), {}
    async with scope(role=role, stores=stores, staff=giver) as connection:
        for person in PEOPLE:
            cases = {deed: statement(deed, person, reach=set(stores) or {1, 2}) for deed in DEEDS}
            found[person] = {deed: await said(connection, *case) for deed, case in cases.items()}
    assert found == table
    assert await make.digest() == before


OTHERS: tuple[Role, ...] = tuple(role for role in ROLES if role not in {"hq_admin", "store_manager"})


async def test_nobody_else_manages_anybody() -> None:
    new = ("neu", HASHED, "", "", "cashier", [1])
    for role in OTHERS:
        async with scope(role=role, stores=[1], staff=1) as connection:
            for deed in DEEDS:
                assert await said(connection, *statement(deed, ANNA, reach={1})) in NOES, (role, deed)
            assert await said(connection, "SELECT deed.staff_add($1, $2, $3, $4, $5, $6)", new) in NOES, role


ADDED: list[tuple[str, dict[str, object]]] = [
    (OK, {}), (OK, {"wanted": "store_manager"}),
    ("above_role", {"wanted": "hq_viewer", "shops": []}), ("above_role", {"wanted": "hq_admin"}),
    ("unknown_role", {"wanted": "owner"}), ("unknown_role", {"wanted": "job"}), ("unknown_role", {"wanted": None}),
    ("foreign_store", {"shops": [2]}), ("foreign_store", {"shops": [1, 2]}), ("foreign_store", {"shops": [99]}),
    ("foreign_store", {"shops": [None]}), ("store_missing", {"shops": []}), ("store_missing", {"shops": None}),
    ("username_taken", {"named": "ANNA"}), ("username_taken", {"named": "bert"}),
    ("bad_username", {"named": "an na"}), ("bad_username", {"named": ""}), ("bad_username", {"named": "a" * 101}),
    ("bad_password", {"hashed": "plain text 1"}), ("bad_password", {"hashed": None}),
]  # fmt: skip
BY_HEAD_OFFICE: list[tuple[str, dict[str, object]]] = [
    ("store_not_wanted", {"wanted": "hq_viewer"}), ("unknown_store", {"shops": [99]}), (OK, {"shops": [2, 2]}),
]  # fmt: skip


async def test_a_manager_adds_people_of_store_roles_to_own_stores() -> None:
    usual: dict[str, object] = {
        "named": "neu",
        "hashed": HASHED,
        "family": "",
        "given": "",
        "wanted": "cashier",
        "shops": [1],
    }
    async with scope(role="store_manager", stores=[1], staff=MONA) as connection:
        for code, changed in ADDED:
            values = tuple({**usual, **changed}.values())
            assert await said(connection, "SELECT deed.staff_add($1, $2, $3, $4, $5, $6)", values) == code, changed
    async with scope(role="hq_admin", staff=1) as connection:
        for code, changed in BY_HEAD_OFFICE:
            values = tuple({**usual, **changed}.values())
            assert await said(connection, "SELECT deed.staff_add($1, $2, $3, $4, $5, $6)", values) == code, changed


async def test_a_claim_to_more_stores_role_or_person_than_one_has_gives_nothing() -> None:
    async with scope(role="store_manager", stores=[1, 2], staff=MONA) as connection:
        assert await said(connection, *statement("leave", BERT, reach={1})) == "unknown_staff"
        assert await said(connection, *statement("leave", BOTH, reach={1})) == "elsewhere"
        assert {one.username for one in (await colleagues())[0]} == {"mona", "peer", "anna", "both"}
        for table in (
            "UPDATE staff SET active = false WHERE id = 5",
            "DELETE FROM staff_store",
            "DELETE FROM second_factor",
        ):
            assert await said(connection, table, ()) in {"denied", OK}
    claims: tuple[tuple[Role, int | None], ...] = (("hq_admin", MONA), ("store_manager", ANNA), ("store_manager", None))
    for role, person in claims:
        async with scope(role=role, stores=[1], staff=person) as connection:
            assert await said(connection, *statement("leave", PEER, reach={1})) == "not_allowed", (role, person)
    assert await make.value("SELECT count(*) FROM staff WHERE active") == len(PEOPLE)


async def test_a_manager_is_told_of_own_people_and_of_own_stores_alone() -> None:
    async with scope(role="store_manager", stores=[1], staff=MONA) as connection:
        found, more = await colleagues()
        told = {one.username: (one.stores, one.elsewhere) for one in found}
        assert (told, more) == (
            {"anna": ((1,), False), "both": ((1,), True), "mona": ((1,), False), "peer": ((1,), False)},
            False,
        )
        assert [one.username for one in (await colleagues(named="OT"))[0]] == ["both"]
        assert ((await colleagues(named="S2"))[0], (await colleagues(staff=BERT))[0]) == ([], [])
        assert [store.code for store in await managed_stores()] == ["S1"]
        for secret in (
            "SELECT password FROM staff WHERE id = 5",
            "SELECT credentials FROM second_factor WHERE staff = 5",
        ):
            assert await connection.fetch(secret) == []
        columns = await connection.fetch("SELECT * FROM deed.staff_list(NULL, '', 1)")
        assert not {"password", "credentials", "hashes"} & set(columns[0].keys())
    async with scope(role="hq_admin", staff=1):
        assert [one.username for one in (await colleagues(named="s2"))[0]] == ["bert", "both", "rita"]


async def test_of_two_managers_who_change_one_person_at_once_the_second_is_told() -> None:
    async def change(giver: int, deed: str) -> str:
        was_role, seen, role, stores = placed(deed, ANNA, reach={1})
        try:
            async with scope(role="store_manager", stores=[1], staff=giver):
                await place(staff=ANNA, was_role=was_role, was_stores=seen, role=role, stores=stores)
        except Refusal as no:
            return no.code
        return OK

    assert sorted(await asyncio.gather(change(MONA, "promote"), change(PEER, "promote"))) == ["changed_meanwhile", OK]
    assert await make.value("SELECT role FROM staff WHERE id = $1", ANNA) == "store_manager"


async def test_of_two_managers_who_dismiss_each_other_one_stays() -> None:
    async def dismiss(giver: int, person: int) -> str:
        try:
            async with scope(role="store_manager", stores=[1], staff=giver):
                await set_active(staff=person, active=False)
        except Refusal as no:
            return no.code
        return OK

    assert sorted(await asyncio.gather(dismiss(MONA, PEER), dismiss(PEER, MONA))) == ["not_allowed", OK]
    assert await make.value("SELECT count(*) FROM staff WHERE id IN (3, 4) AND active") == 1


async def test_one_name_is_added_once_at_once() -> None:
    async def added(giver: int, username: str) -> str:
        try:
            async with scope(role="store_manager", stores=[1], staff=giver):
                await add_colleague(
                    username=username, hashed=HASHED, last_name="", first_name="", role="cashier", stores=[1]
                )
        except Refusal as no:
            return no.code
        return OK

    assert sorted(await asyncio.gather(added(MONA, "Neu"), added(PEER, "neu"))) == [OK, "username_taken"]


async def test_who_left_gets_no_password_and_comes_back_as_they_were() -> None:
    async with scope(role="store_manager", stores=[1], staff=MONA):
        await set_active(staff=ANNA, active=False)
    with pytest.raises(Refusal, match="bring them back"):
        async with scope(role="store_manager", stores=[1], staff=MONA):
            await give_password(staff=ANNA, hashed=HASHED)
    async with scope(role="store_manager", stores=[1], staff=MONA):
        await set_active(staff=ANNA, active=True)
        [anna] = (await colleagues(staff=ANNA))[0]
    assert (anna.active, anna.role, anna.stores) == (True, "cashier", (1,))
    await make.execute("DELETE FROM staff_store WHERE staff = $1", BERT)
    await make.execute("UPDATE staff SET active = false WHERE id = $1", BERT)
    with pytest.raises(Refusal, match="at least one"):
        async with scope(role="hq_admin", staff=1):
            await set_active(staff=BERT, active=True)

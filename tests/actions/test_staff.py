"""Staff: who may be let in, with which password."""

from collections.abc import Sequence
from typing import Any

import pytest

from actions.staff import add_staff
from rules.refusals import Refusal
from tables.access import STAFF_ROLES, STORE_ROLES
from tables.scope import scope
from tables.staff import Staff
from tests.make import fetch, make_store, value

pytestmark = pytest.mark.usefixtures("db")

GOOD = "correct horse 9"


@pytest.fixture(autouse=True)
async def _stores(db: None) -> None:
    for code in ("S1", "S2", "S3"):
        await make_store(code)


@pytest.fixture(autouse=True)
def _quick_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Staff, "_pbkdf2_iteration_count", 1)


async def added(
    username: str = "anna", *, role: str = "cashier", stores: Sequence[str] = ("S1",), password: str | None = GOOD
) -> str | None:
    async with scope(role="hq_admin"):
        return await add_staff(username=username, role=role, stores=stores, password=password)


async def rows() -> list[dict[str, Any]]:
    return await fetch("SELECT * FROM staff ORDER BY id")


async def logs_in(username: str, password: str) -> bool:
    """Checked as Piccolo's log-in does it, which itself may only write `last_login`."""
    stored = await value("SELECT password FROM staff WHERE username = $1 AND active AND admin", username)
    _, iterations, salt, _ = Staff.split_stored_password(stored)
    return bool(Staff.hash_password(password, salt, int(iterations)) == stored)


async def test_a_given_password_is_kept_and_need_not_be_changed() -> None:
    assert await added(password=GOOD) is None
    [anna] = await rows()
    assert anna["password_is_temporary"] is False
    assert await logs_in("anna", GOOD)
    assert not await logs_in("anna", GOOD + "x")


async def test_a_made_password_is_returned_once_and_is_temporary() -> None:
    made = await added(password=None)
    assert made is not None
    [anna] = await rows()
    assert anna["password_is_temporary"] is True
    assert made not in anna["password"]
    assert await logs_in("anna", made)
    assert await added("ben", password=None) != made


async def test_every_role_gets_its_rights_and_only_hq_admin_is_superuser() -> None:
    for role in STAFF_ROLES:
        await added(role, role=role, stores=["S2", "S1", "S2"] if role in STORE_ROLES else [])
    assert [(row["role"], row["active"], row["admin"]) for row in await rows()] == [
        (r, True, True) for r in STAFF_ROLES
    ]
    assert [row["role"] for row in await rows() if row["superuser"]] == ["hq_admin"]
    named = await fetch(
        "SELECT p.role, array_agg(s.code ORDER BY s.code) AS codes FROM staff_store t"
        " JOIN store s ON s.id = t.store JOIN staff p ON p.id = t.staff GROUP BY p.role"
    )
    assert {row["role"]: row["codes"] for row in named} == {role: ["S1", "S2"] for role in STORE_ROLES}


NOES: list[tuple[str, dict[str, Any]]] = [
    ("unknown_role", {"role": "owner"}),
    ("unknown_role", {"role": "job"}),
    ("store_missing", {"role": "cashier", "stores": []}),
    ("store_missing", {"role": "store_manager", "stores": []}),
    ("store_not_wanted", {"role": "hq_viewer", "stores": ["S1"]}),
    ("unknown_store", {"stores": ["S1", "S9"]}),
    ("bad_username", {"username": ""}),
    ("bad_username", {"username": "an na"}),
    ("bad_username", {"username": "anna\n"}),
    ("bad_username", {"username": "a" * 101}),
    ("weak_password", {"password": ""}),
    ("weak_password", {"password": "Short 1"}),
    ("weak_password", {"password": "Password1"}),
    ("weak_password", {"password": "aaaaaaaab"}),
    ("weak_password", {"username": "annabella", "password": "AnnaBella"}),
    ("weak_password", {"password": "x1y2" * 50}),
]


async def test_a_no_leaves_nobody_behind() -> None:
    for code, asked in NOES:  # in one database: making a fresh one for each costs more than all of them
        with pytest.raises(Refusal) as no:
            await added(**asked)
        assert no.value.code == code, asked
    assert await rows() == []


async def test_a_username_belongs_to_one_person() -> None:
    await added("anna")
    for again in ("anna", "ANNA"):
        with pytest.raises(Refusal) as no:
            await added(again, stores=["S2"])
        assert no.value.code == "username_taken"
    assert len(await rows()) == 1


async def test_the_audit_log_knows_it_without_the_password() -> None:
    await added()
    after = await value("SELECT after FROM audit_log WHERE table_name = 'staff'")
    assert '"anna"' in after
    assert "pbkdf2" not in after


async def test_only_hq_admin_may() -> None:
    with pytest.raises(Exception, match="permission denied"):
        async with scope(role="hq_viewer"):
            await add_staff(username="anna", role="cashier", stores=["S1"], password=GOOD)

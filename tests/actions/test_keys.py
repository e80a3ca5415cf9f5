"""API keys: shown once, kept as a digest, good until they are revoked."""

import hashlib
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from actions.keys import KeyIdentity, add_key, identify, revoke_key
from queries.keys import all_keys
from rules.refusals import Refusal
from tables.access import STAFF_ROLES, Role
from tables.scope import scope
from tests import make

pytestmark = pytest.mark.usefixtures("stores")

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)


@pytest.fixture
async def stores(db: None) -> None:
    for code in ("S1", "S2", "S3"):
        await make.make_store(code)
    await make.execute("UPDATE store SET is_active = false WHERE code = 'S3'")


async def added(name: str = "till", store: str | None = "S1") -> str:
    async with scope(role="hq_admin"):
        return await add_key(name=name, store=store, hq=store is None)


async def revoked(name: str, now: datetime = NOW) -> None:
    async with scope(role="hq_admin"):
        await revoke_key(name=name, now=now)


async def test_a_stores_key_speaks_for_its_store_and_headquarters_for_those_that_are_open() -> None:
    till, hq, closed = await added("till", "S2"), await added("hq", None), await added("closed", "S3")
    assert await identify(key=till, now=NOW) == KeyIdentity(id=1, name="till", store=2, stores={"S2": 2})
    assert await identify(key=hq, now=NOW) == KeyIdentity(id=2, name="hq", store=None, stores={"S1": 1, "S2": 2})
    assert await identify(key=closed, now=NOW) == KeyIdentity(id=3, name="closed", store=3, stores={"S3": 3})


async def test_a_key_of_headquarters_in_a_chain_without_stores() -> None:
    await make.execute("UPDATE store SET is_active = false")
    found = await identify(key=await added("hq", None), now=NOW)
    assert found is not None
    assert found.stores == {}


async def test_only_a_digest_is_kept() -> None:
    key = await added()
    assert key.startswith("rg_")
    assert len(key) >= 43
    assert key != await added("another")
    [row] = await make.fetch("SELECT * FROM api_key WHERE name = 'till'")
    assert row["hash"] == hashlib.sha256(key.encode()).hexdigest()
    everything = await make.fetch(
        "SELECT (SELECT string_agg(k::text, '') FROM api_key k) AS keys, string_agg(a::text, '') AS log FROM audit_log a"
    )
    assert key not in str(everything)


async def test_what_is_not_a_key_opens_nothing() -> None:
    key = await added()
    for wrong in (
        "",
        "rg_",
        key + "x",
        key[:-1],
        key.upper(),
        key.removeprefix("rg_"),
        " " + key,
        "rg_" + "x" * 10_000,
        "rg_\x00é",
    ):
        assert await identify(key=wrong, now=NOW) is None, wrong[:40]
    assert await identify(key=key, now=NOW) is not None


async def test_a_revoked_key_opens_nothing_and_stays_so() -> None:
    key, other = await added(), await added("other")
    await revoked("till")
    assert await identify(key=key, now=NOW) is None
    assert await identify(key=other, now=NOW) is not None
    await revoked("till", NOW + timedelta(days=1))
    async with scope(role="hq_admin"):
        shown = await all_keys()
    assert [(one.name, one.store, one.revoked_at) for one in shown] == [("other", "S1", None), ("till", "S1", NOW)]


async def test_when_a_key_was_last_used_is_true_to_the_minute_and_no_news_for_the_audit() -> None:
    key, other = await added(), await added("other")
    for seconds, noted in ((0, 0), (59, 0), (60, 60), (90, 60)):
        assert await identify(key=key, now=NOW + timedelta(seconds=seconds)) is not None
        assert await make.value("SELECT last_used_at FROM api_key WHERE name = 'till'") == NOW + timedelta(
            seconds=noted
        )
    await revoked("other")
    assert await identify(key=other, now=NOW) is None
    async with scope(role="hq_admin"):
        shown = {one.name: one.last_used_at for one in await all_keys()}
    assert shown == {"till": NOW + timedelta(minutes=1), "other": None}
    assert await make.value("SELECT count(*) FROM audit_log WHERE table_name = 'api_key' AND action = 'update'") == 1


@pytest.mark.parametrize(("store", "hq"), [(None, False), ("S1", True)])
async def test_a_key_for_nothing_in_particular_is_refused(store: str | None, *, hq: bool) -> None:
    with pytest.raises(Refusal) as no:
        async with scope(role="hq_admin"):
            await add_key(name="whose", store=store, hq=hq)
    assert no.value.code == "no_scope"
    assert await make.value("SELECT count(*) FROM api_key") == 0


async def test_what_is_refused() -> None:
    await added()
    for code, name, store in (
        ("name_taken", "till", "S2"),
        ("name_taken", " till ", "S2"),
        ("bad_name", "  ", "S1"),
        ("bad_name", "x" * 61, "S1"),
        ("unknown_store", "b", "S9"),
    ):
        with pytest.raises(Refusal) as no:
            await added(name, store)
        assert no.value.code == code
    with pytest.raises(Refusal) as no:
        await revoked("nobody")
    assert no.value.code == "unknown_key"
    assert await make.value("SELECT count(*) FROM api_key") == 1


async def test_the_audit_knows_who_was_let_in_and_not_how() -> None:
    await added()
    await revoked("till")
    rows = await make.fetch(
        "SELECT action, role, before, after FROM audit_log WHERE table_name = 'api_key' ORDER BY id"
    )
    assert [(row["action"], row["role"]) for row in rows] == [
        ("insert", "regulars_hq_admin"),
        ("update", "regulars_hq_admin"),
    ]
    assert "hash" not in str(rows)
    assert '"revoked_at": "2026-03-02' in rows[1]["after"]


@pytest.mark.parametrize("role", [*(role for role in STAFF_ROLES if role != "hq_admin"), "till", "job"])
async def test_nobody_else_sees_or_makes_keys(role: Role) -> None:
    await added()
    for sql in (
        "SELECT hash FROM api_key",
        "SELECT id FROM api_key",
        "INSERT INTO api_key (name, hash) VALUES ('x', 'y')",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with scope(role=role, stores=[1]) as connection:
                await connection.fetch(sql)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with scope(role="door") as connection:
            await connection.execute("UPDATE api_key SET revoked_at = NULL")

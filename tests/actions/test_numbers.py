"""A member's new number, and a number with a new owner: whoever holds the phone, and nobody else."""

from datetime import datetime
from typing import Any

import pytest

from actions.numbers import ask_number, prove_number
from actions.privacy import erase
from config.settings import settings
from queries.invariants import check_all
from tables.access import STAFF_ROLES, Role
from tables.scope import scope
from tests import make
from tests.actions.code_desk import MINUTE, NOW, ask, at_desk, handed, read_out, shop, verify, wrong
from tests.actions.privacy_dump import dump

OLD, NEW, OTHER = "13900000001", "13955550001", "13900000002"


@pytest.fixture(autouse=True)
async def chain(db: None) -> None:
    """Member 1 of store 1 with 100 points, member 2 of store 2."""
    await shop()
    await make.make_member(f"+86{OTHER}", store=2)


async def asks(
    phone: str = NEW, now: datetime = NOW, *, role: Role = "store_manager", member: int = 1, store: int = 1
) -> Any:
    return await at_desk(
        lambda: ask_number(member=member, store=store, phone=phone, now=now), role=role, stores=(store,)
    )


async def proves(code: str, phone: str = NEW, now: datetime = NOW, *, member: int = 1, store: int = 1) -> Any:
    return await at_desk(
        lambda: prove_number(member=member, store=store, phone=phone, code=code, now=now),
        role="store_manager", stores=(store,),
    )  # fmt: skip


async def numbers() -> list[tuple[str | None, str]]:
    rows = await make.fetch("SELECT phone, phone_status FROM member ORDER BY id")
    return [(row["phone"], row["phone_status"]) for row in rows]


async def test_a_code_to_the_new_number_moves_the_member_and_tells_the_old_one() -> None:
    await make.execute(
        "INSERT INTO consent (member, purpose, granted, source, text_version) VALUES (1, 'marketing_sms', false, 'x', '')"
    )
    consents = (await make.digest())["consent"]
    assert await asks() == NOW + 5 * MINUTE
    pretend = await handed()
    assert [(one.phone, "您正在S1核实会员手机号" in one.text) for one in pretend.left] == [(f"+86{NEW}", True)]
    assert "张三" not in pretend.left[0].text, "nobody knows yet whose number it is"
    code = read_out(pretend)
    assert await proves(code) == "moved"
    assert await numbers() == [(f"+86{NEW}", "valid"), (f"+86{OTHER}", "unknown")]
    told = (await handed(pretend)).left[-1]
    assert told.phone == f"+86{OLD}"
    assert told.text.startswith("【回头客】您的会员手机号已更换为尾号0001的号码。")
    assert (await make.digest())["consent"] == consents
    assert await proves(code) == "code_expired", "a code is good once"


async def test_who_guesses_has_five_tries_and_only_in_time() -> None:
    await asks()
    code = read_out(await handed())
    assert await proves("12") == "code_wrong"
    for n in range(4):
        assert await proves(wrong(code, n + 1)) == "code_wrong"
    assert await proves(code, now=NOW + 5 * MINUTE) == "code_expired"
    assert await proves(wrong(code, 5)) == "code_wrong"
    assert await proves(code) == "code_expired"
    assert (await numbers())[0] == (f"+86{OLD}", "unknown")


async def test_codes_of_redemptions_and_of_numbers_are_not_each_other_s() -> None:
    await asks()
    code = read_out(await handed())
    assert await verify(code) == "code_expired"
    await ask(NOW + MINUTE)
    redeems = read_out(await handed(now=NOW + MINUTE))
    assert await proves(redeems, now=NOW + MINUTE) == "code_wrong"
    assert await proves(code, OTHER) == "code_expired"
    assert await proves(code, now=NOW + MINUTE) == "moved"


async def test_a_number_of_another_member_is_refused_until_its_new_owner_released_it() -> None:
    assert await asks(OTHER) == "number_taken"
    assert await asks(OTHER, member=2, store=2) == NOW + 5 * MINUTE
    await make.execute(
        "INSERT INTO send_log (member, phone, store, message_class, dedupe_key, state, next_at, scheduled_at)"
        " VALUES (2, '+86' || $1, 2, 'marketing', 'k', 'queued', $2, $2)", OTHER, NOW + 60 * MINUTE,
    )  # fmt: skip
    assert await proves(read_out(await handed()), OTHER, member=2, store=2) == "released"
    assert (await numbers())[1] == (None, "unknown")
    assert await make.value("SELECT state || ' ' || reason FROM send_log WHERE dedupe_key = 'k'") == "skipped no_phone"
    assert await asks(OTHER, NOW + 2 * MINUTE) == NOW + 7 * MINUTE
    code = read_out(await handed(now=NOW + 2 * MINUTE))
    assert await proves(code, OTHER, NOW + 2 * MINUTE) == "moved"
    assert await numbers() == [(f"+86{OTHER}", "valid"), (None, "unknown")]
    assert [finding.name for finding in await check_all(progress=lambda *_: None) if finding.rows] == []


async def test_one_number_gets_one_code_a_minute_and_five_a_day() -> None:
    assert isinstance(await asks(), datetime)
    assert await asks(now=NOW + MINUTE / 2) == "too_many"
    for n in range(1, 5):
        assert isinstance(await asks(now=NOW + n * MINUTE), datetime)
    assert await asks(now=NOW + 9 * MINUTE) == "too_many"
    later = NOW + 24 * 60 * MINUTE
    assert isinstance(await asks(now=later), datetime)
    for n in range(19):
        assert isinstance(await asks(f"139555510{n:02}", later), datetime)
    assert await asks("13955559999", later) == "too_many"


@pytest.mark.parametrize("role", STAFF_ROLES)
async def test_managers_at_the_home_store_and_headquarters_alone_do_it(role: Role) -> None:
    said = await asks(role=role)
    if role in {"hq_admin", "store_manager"}:
        assert isinstance(said, datetime)
    else:
        assert said == "not_allowed"
    assert await asks(OTHER, role=role, member=2, store=1) == {"hq_admin": NOW + 5 * MINUTE, "store_manager": "foreign_store"}.get(
        role, "not_allowed"
    )  # fmt: skip
    assert await asks(role="hq_admin", member=99) == "unknown_member"


async def test_whoever_is_forgotten_takes_their_old_numbers_along() -> None:
    await asks()
    await proves(read_out(await handed()))
    await handed()
    await asks("13955550002", NOW + 2 * MINUTE)
    async with scope(role="hq_admin"):
        await erase(who=NEW, secret=settings().secret, now=NOW)
    held = await dump()
    assert not [phone for phone in (OLD, NEW, "13955550002", "张三1") if phone in held]

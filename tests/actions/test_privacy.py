"""Who forgets a member, and what becomes of the number, of its no, and of what waited."""

from pathlib import Path

import asyncpg
import pytest

from actions.members import import_members
from actions.members_register import register
from actions.privacy import Erased, erase
from config.settings import settings
from rules.refusals import Refusal
from rules.suppression import phone_hmac
from tables.access import STAFF_ROLES, Role
from tables.scope import scope
from tests import make
from tests.actions.privacy_world import DAY, HOUR, NOW, join, open_chain, why_not

PHONE = "13900000001"
DIGEST = phone_hmac(secret=settings().secret, phone=f"+86{PHONE}")


@pytest.fixture(autouse=True)
async def chain(db: None) -> None:
    await open_chain()


async def forget(who: str, *, role: Role = "hq_admin") -> Erased:
    async with scope(role=role, staff=1):
        return await erase(who=who, secret=settings().secret, now=NOW + 2 * HOUR)


async def comes_back(*, agrees: bool | None) -> int:
    async with scope(role="hq_admin", staff=1):
        made = await register(
            phone=PHONE, name="新人", store=1, consents={} if agrees is None else {"marketing_sms": agrees}, text_version="1",
            source="柜台", now=NOW + 3 * HOUR, business_date=DAY,
        )  # fmt: skip
    assert not made.known
    return made.member


@pytest.mark.parametrize(
    ("no", "yes", "reason"), [(True, None, "opted_out"), (True, True, None), (False, None, "no_consent")]
)
async def test_the_number_joins_again_as_somebody_new_and_its_no_still_holds(
    *, no: bool, yes: bool | None, reason: str | None
) -> None:
    old = await join(phone=PHONE, name="诸葛澜", agrees=True)
    if no:
        async with scope(role="job") as connection:
            await connection.execute("SELECT deed.opt_out($1, $2, false, 'reply', 'R')", old, NOW + HOUR)
    assert (await forget(PHONE)).still_no is no
    assert await make.value("SELECT array_agg(phone_hmac::text) FROM suppression") == ([DIGEST] if no else None)
    member = await comes_back(agrees=yes)
    assert member != old
    assert await why_not(member, at=NOW + 4 * HOUR) == reason


async def test_a_list_cannot_undo_the_no_of_a_number(tmp_path: Path) -> None:
    await make.execute("INSERT INTO suppression (phone_hmac, since, source) VALUES ($1, $2, 'erased')", DIGEST, NOW)
    file = tmp_path / "members.csv"
    file.write_text(
        f"phone,name,home_store,marketing_consent\n{PHONE},甲,S1,yes\n13900000008,乙,S1,yes\n", encoding="utf-8"
    )
    await import_members(path=file, dry_run=False, today=DAY, consent_source="旧系统")
    assert await make.fetch("SELECT m.name FROM consent c JOIN member m ON m.id = c.member") == [{"name": "乙"}]


async def test_what_waits_does_not_leave_and_chunks_count_it() -> None:
    member = await join(phone=PHONE, name="诸葛澜")
    chunk = await make.value(
        "INSERT INTO send_chunk (message_class, campaign, due_at, size) VALUES ('marketing', 1, $1, 1) RETURNING id",
        NOW,
    )
    await make.execute(
        "INSERT INTO send_log (member, phone, store, message_class, dedupe_key, state, chunk, campaign, step)"
        " VALUES ($1, '+86' || $2, 1, 'marketing', 'k', 'queued', $3, 1, 1)", member, PHONE, chunk,
    )  # fmt: skip
    done = await forget(PHONE)
    assert done == Erased(member=member, known=False, cancelled=2, still_no=False)  # the welcome waited too
    assert await make.value("SELECT array_agg(DISTINCT state || ' ' || reason) FROM send_log") == ["skipped erased"]
    assert await make.value("SELECT skipped FROM send_chunk") == 1
    assert await make.value("SELECT array_agg(DISTINCT state || ' ' || reason) FROM notice") == ["skipped erased"]
    [line] = await make.fetch("SELECT staff, store, row_id FROM audit_log WHERE action = 'erase'")
    assert line == {"staff": 1, "store": 1, "row_id": member}


@pytest.mark.parametrize("role", [role for role in STAFF_ROLES if role != "hq_admin"])
async def test_headquarters_alone_forgets(role: Role) -> None:
    member = await join(phone=PHONE, name="诸葛澜")
    before = await make.digest()
    with pytest.raises((Refusal, asyncpg.InsufficientPrivilegeError)):
        await forget(f"#{member}", role=role)
    assert await make.digest() == before


async def test_a_stranger_s_number_is_refused_with_a_sentence() -> None:
    with pytest.raises(Refusal, match="No member has this phone number"):
        await forget("13900000009")


@pytest.mark.parametrize("role", ["hq_admin", "job"])
async def test_history_yields_to_no_caller_who_only_says_so(role: Role) -> None:
    await join(phone=PHONE, name="诸葛澜")
    async with make.as_owner() as connection:
        await connection.execute("SELECT set_config('app.forgets', 'yes', false)")
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute("UPDATE consent SET source = ''")
        await connection.execute("RESET app.forgets")
    with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.RestrictViolationError)):
        async with scope(role=role, staff=1) as scoped:
            await scoped.execute("SELECT set_config('app.forgets', 'yes', true)")
            await scoped.execute("UPDATE consent SET source = ''")

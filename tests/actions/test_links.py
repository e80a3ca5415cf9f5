"""Links: made, followed, counted, and the no that each of them takes."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any
from unittest.mock import Mock

import asyncpg
import pytest
from structlog.testing import capture_logs

from actions import links
from actions.links import _FOLLOWING, Link, Opened, create_link, open_link, opt_out, short_link
from rules.links import Visitor
from rules.refusals import Refusal
from tables.access import ROLES
from tables.scope import Connection, scope
from tests import make

pytestmark = pytest.mark.usefixtures("db")

NOW = make.noon(date(2031, 3, 3))
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
PERSON, LOOKER = Visitor("phone", is_preview=False), Visitor("other", is_preview=True)


async def shop() -> None:
    """Member 1 of store 1 in step 1 of campaign 1, whose text left at NOW."""
    await make.make_program()
    await make.make_member(store=await make.make_store())
    await make.execute("""
        INSERT INTO chain (name, signature, phone) VALUES ('鲜果连锁', '鲜果', '400-100-2000') ON CONFLICT DO NOTHING;
        UPDATE store SET name = '人民路店', address = '人民路 1 号', phone = '021 5555', opening_hours = '8:00–21:00';
        UPDATE member SET title = '女士'; INSERT INTO campaign (name) VALUES ('榴莲节');
    """)
    await make.execute(
        "INSERT INTO campaign_step (campaign, text, landing, scheduled_at, send_before) VALUES (1, 't', '榴莲 8 折', $1, $2)",
        NOW, NOW + DAY,
    )  # fmt: skip
    await make.execute(
        "INSERT INTO send_log (member, phone, store, message_class, dedupe_key, campaign, step, state, handed_at, business_date)"
        " VALUES (1, '+8613900000001', 1, 'marketing', 'step:1:1', 1, 1, 'accepted', $1, $2)",
        NOW, NOW.date(),
    )  # fmt: skip


async def made(**given: Any) -> Link:
    async with scope(role="job"):
        whole: dict[str, Any] = {"member": 1, "campaign": 1, "step": 1, "now": NOW} | given
        return await short_link(**whole)


async def clicks() -> list[tuple[Any, ...]]:
    """All that were answered."""
    await asyncio.gather(*_FOLLOWING)
    rows = await make.fetch("SELECT link, at, device, is_preview, seconds_after FROM click ORDER BY id")
    return [tuple(row.values()) for row in rows]


async def test_a_members_link_opens_their_page_and_the_click_is_counted() -> None:
    await shop()
    link = await made()
    assert re.fullmatch(r"[A-Za-z0-9]{10}", link.code)
    assert link.address.endswith(f"/s/{link.code}")
    assert await open_link(code=link.code, visitor=PERSON, now=NOW + 95 * SECOND) == Opened(
        personal=True, name="张三", title="女士", offer="榴莲 8 折", chain="鲜果连锁", service="400-100-2000", store="人民路店",
        address="人民路 1 号", phone="021 5555", hours="8:00–21:00",
    )  # fmt: skip
    assert await clicks() == [(link.id, NOW + 95 * SECOND, "phone", False, 95)]


@pytest.mark.parametrize(
    ("after", "is_preview", "told"), [(0, True, 0), (1.9, True, 1.9), (2, False, 2), (-5, True, 0)]
)
async def test_p23_within_two_seconds_after_its_text_left_it_was_a_programme(
    after: float, *, is_preview: bool, told: float
) -> None:
    await shop()
    await open_link(code=(await made()).code, visitor=PERSON, now=NOW + after * SECOND)
    ((_, _, _, found, seconds),) = await clicks()
    assert (found, float(seconds)) == (is_preview, told)


async def test_p23_a_programme_stays_one_however_late_and_who_only_asks_is_not_written() -> None:
    await shop()
    link = await made()
    await open_link(code=link.code, visitor=LOOKER, now=NOW + DAY)
    assert await open_link(code=link.code, visitor=None, now=NOW + DAY) is not None
    assert [click[2:4] for click in await clicks()] == [("other", True)]


async def test_nobody_waits_for_the_disk_and_a_click_that_was_lost_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    await shop()
    code = (await made()).code

    @asynccontextmanager
    async def failing(**given: Any) -> AsyncIterator[Connection]:
        async with scope(**given) as connection:
            yield connection
            raise ConnectionResetError

    monkeypatch.setattr(links, "scope", failing)
    with capture_logs() as said:
        assert await open_link(code=code, visitor=PERSON, now=NOW) is not None
        assert await clicks() == []
    assert said == [{"event": "click lost", "error": "ConnectionResetError", "log_level": "warning"}]


async def test_while_the_database_is_away_whoever_waits_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "scope", Mock(side_effect=ConnectionRefusedError))
    with pytest.raises(ConnectionRefusedError):
        await open_link(code="AAAAAAAAAA", visitor=PERSON, now=NOW)


async def test_a_link_with_a_target_leads_there() -> None:
    await shop()
    link = await made(url="https://example.cn/榴莲")
    found = await open_link(code=link.code, visitor=PERSON, now=NOW + DAY)
    assert found == Opened(url="https://example.cn/%E6%A6%B4%E8%8E%B2")
    assert len(await clicks()) == 1


async def test_a_campaigns_own_link_is_of_nobody() -> None:
    await shop()
    async with scope(role="job"):
        link = await create_link(url=None, campaign=1, now=NOW)
    found = await open_link(code=link.code, visitor=PERSON, now=NOW + DAY)
    assert found == Opened(chain="鲜果连锁", service="400-100-2000", offer="榴莲 8 折")
    assert [click[4] for click in await clicks()] == [None], "nobody's message, no time after it"
    way = await opt_out(code=link.code, choice="marketing", address="", now=NOW)
    assert way is not None
    assert way.outcome == "nobody"
    assert await make.value("SELECT count(*) FROM consent") == 0


async def test_a_link_that_is_over_tells_nothing_and_counts_nothing() -> None:
    await shop()
    link = await made(expires_at=NOW + DAY)
    assert (await open_link(code=link.code, visitor=PERSON, now=NOW + DAY - SECOND) or Opened()).name == "张三"
    assert await open_link(code=link.code, visitor=PERSON, now=NOW + DAY) == Opened(is_over=True)
    other = await made(url="https://example.cn")
    await make.execute("UPDATE member SET phone = NULL, erased_at = now()")
    assert await open_link(code=other.code, visitor=PERSON, now=NOW) == Opened(is_over=True)
    way = await opt_out(code=other.code, choice="marketing", address="", now=NOW)
    assert (way.outcome if way else None) == "nobody"
    assert len(await clicks()) == 1


async def test_foreign_codes_lead_nowhere() -> None:
    await shop()
    code = (await made()).code
    for foreign in (code.swapcase(), "AAAAAAAAAA", ""):
        assert await open_link(code=foreign, visitor=PERSON, now=NOW) is None
        assert await opt_out(code=foreign, choice="everything", address="", now=NOW) is None
    assert (await clicks(), await make.value("SELECT count(*) FROM consent")) == ([], 0)


async def test_codes_are_never_the_same() -> None:
    await shop()
    codes = {row["code"] for row in await make.fetch("SELECT deed.link_code() AS code FROM generate_series(1, 10000)")}
    assert len(codes) == 10_000
    assert all(re.fullmatch(r"[A-Za-z0-9]{10}", code) for code in codes)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"url": "javascript:alert(1)"}, "bad_url"),
        ({"expires_at": NOW}, "bad_time"),
        ({"campaign": 99, "step": None}, "unknown_campaign"),
        ({"member": 99}, "unknown_campaign"),
    ],
)
async def test_what_cannot_be_a_link_is_refused(given: dict[str, Any], code: str) -> None:
    await shop()
    with pytest.raises(Refusal) as refusal:
        await made(**given)
    assert refusal.value.code == code
    assert await make.value("SELECT count(*) FROM short_link") == 0


async def test_a_visitor_reads_nothing_and_others_do_not_follow_links() -> None:
    await shop()
    for table in ("short_link", "click", "member", "consent", "campaign_step"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with scope(role="visitor") as connection:
                await connection.fetch(f"SELECT * FROM {table}")
    for role in set(ROLES) - {"visitor", "job"}:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with scope(role=role) as connection:
                await connection.fetch("SELECT * FROM deed.link_open('AAAAAAAAAA', now(), 'phone', false, true)")

"""HTML and script in every name and text that people or members may write: shown as text, everywhere, in a real browser."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from playwright.async_api import ConsoleMessage, Page, expect

from config.settings import OWNER, Settings
from tests.browser.conftest import Site, log_in

SHOWN = "<img src=x onerror=owned=1>"
EVIL = f"{SHOWN}{{{{7*7}}}}\"'><svg onload=owned=1>"
# Tables and the texts in them that somebody types.
TYPED = {
    "member": "name title", "store": "name region address", "tag": "name", "reward": "name description", "tier": "name benefits",
    "category": "name", "product": "name", "segment": "name note", "template": "name text", "keyword_reply": "keyword text",
    "blocked_word": "word", "points_promotion": "name", "signature": "text", "campaign": "name", "campaign_step": "text",
    "campaign_variant": "text", "reply": "text note", "complaint": "note", "send_log": "text", "points_entry": "reason",
    "purchase": "receipt_no", "api_key": "name", "tier_grant": "reason", "gateway_template": "text note", "staff": "first_name last_name",
}  # fmt: skip
PLANTED = """
INSERT INTO campaign (id, name, store, state) VALUES (900, 'x', 1, 'draft');
INSERT INTO campaign_step (id, campaign, text, scheduled_at, send_before)
    VALUES (900, 900, 'x', '2099-03-04T01:00Z', '2099-03-04T10:00Z');
INSERT INTO campaign_variant (id, step, label, share, text) VALUES (900, 900, 'A', 0.5, 'x');
INSERT INTO reply (id, gateway, gateway_reply_id, phone, member, store, text, said_at, at)
    SELECT 900, 'simulator', 'x', phone, id, home_store, 'x', now(), now() FROM member WHERE home_store = 1 ORDER BY id LIMIT 1;
INSERT INTO complaint (id, source, phone, member, store, note, at)
    SELECT 900, '12321', phone, id, home_store, 'x', now() FROM member WHERE home_store = 1 ORDER BY id LIMIT 1;
INSERT INTO send_log (id, member, phone, store, message_class, dedupe_key, state, text)
    SELECT 900000, id, phone, home_store, 'notice', 'planted', 'failed', 'x' FROM member WHERE home_store = 1 ORDER BY id LIMIT 1;
INSERT INTO short_link (id, member, code, url, campaign, created_at)
    SELECT 900, id, 'AAAAAAAAAA', 'javascript:owned=1', 900, now()
    FROM member WHERE home_store = 1 ORDER BY id LIMIT 1;
"""
_LONGEST = """
SELECT coalesce(character_maximum_length, 1000) FROM information_schema.columns WHERE table_name = $1 AND column_name = $2
"""
MADE = ("short_link", "send_log", "complaint", "reply", "campaign_variant", "campaign_step", "campaign")
OWN_PAGES = (
    "messages", "settlement", "audit", "simulator", "campaigns", "campaigns/segments", "campaigns/calendar", "campaigns/budget",
    "campaigns/900/content", "campaigns/900/people", "campaigns/900/check", "members/{member}/points",
)  # fmt: skip
# The panel draws every list alike; these have cells of our own, or the words of strangers.
LISTS = ("member", "reply", "tag", "campaign", "complaint", "send_log")
ROWS = {"member", "reply", "tag"}
COUNTER = ("messages", "members/{member}/points")


@pytest.fixture
async def planted(site: Site, chain_folder: Path) -> AsyncIterator[int]:
    """A member in whose chain everybody wrote the same; afterwards it is as it was."""
    dsn = Settings(data_dir=chain_folder).owner_dsn.replace(OWNER, "postgres", 1)
    connection = await asyncpg.connect(dsn)
    await connection.execute("SET session_replication_role = replica")
    await connection.execute(PLANTED)
    before = {}
    for table, columns in TYPED.items():
        names = columns.split()
        own = "home_store = 1" if table == "member" else "true"
        row = await connection.fetchrow(
            f"SELECT id, {', '.join(names)} FROM {table} WHERE {own} ORDER BY id DESC LIMIT 1"
        )
        if row is not None:
            before[table] = row
            for name in names:
                longest = await connection.fetchval(_LONGEST, table, name)
                evil = EVIL[:longest]
                await connection.execute(f"UPDATE {table} SET {name} = $1 WHERE id = $2", evil, row["id"])
    yield int(before["member"]["id"])
    for table, row in before.items():
        places = ", ".join(f"{name} = ${number}" for number, name in enumerate(list(row.keys())[1:], 2))
        await connection.execute(f"UPDATE {table} SET {places} WHERE id = $1", *row.values())
    for table in MADE:
        await connection.execute(
            f"DELETE FROM {table} WHERE id >= 900 AND {'true' if table != 'send_log' else 'id = 900000'}"
        )
    await connection.close()


class Watched:
    """What went wrong on a page: dialogs, scripts of others, and what the browser's policy had to stop."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wrong: list[str] = []
        page.on("console", self._said)
        page.on("dialog", lambda dialog: self.wrong.append(f"dialog {dialog.message}"))

    def _said(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "Refused to" in message.text:
            self.wrong.append(message.text)

    async def look(self, address: str) -> str:
        """What is to be read there."""
        assert await self.page.evaluate("window.owned") is None, address
        links = await self.page.locator('a[href^="javascript:" i], area[href], iframe, object, embed').count()
        assert (links, self.wrong) == (0, []), (address, self.wrong)
        made = await self.page.locator('img[src="x"], svg[onload]').count()
        assert made == 0, address
        return await self.page.locator("body").inner_text()


async def lists_of(site: Site, username: str, tables: tuple[str, ...], *, found: set[str]) -> None:
    async with site.visitor(username) as page:
        watched = Watched(page)
        for table in tables:
            await page.goto(f"{site.url}/admin/#/{table}/?__order=-id")
            await expect(
                page.locator("#result_count").or_(page.get_by_text("没有符合条件的记录")).first
            ).to_be_visible()
            if SHOWN in await watched.look(table):
                found.add(table)
            first = page.locator(".table_wrapper tbody tr").filter(has_text=SHOWN).locator("td .link a").first
            if table in ROWS:
                await first.click()
                await expect(page.locator("form").first).to_be_visible()
                await watched.look(f"{table} row")


async def pages_of(site: Site, username: str, paths: tuple[str, ...], *, member: int) -> dict[str, str]:
    told = {}
    async with site.visitor(username) as page:
        watched = Watched(page)
        for path in paths:
            answer = await page.goto(f"{site.url}/{path.format(member=member)}")
            assert answer is not None
            assert answer.status == 200, (path, answer.status)
            told[path] = await watched.look(path)
    return told


async def test_what_people_write_is_text_everywhere(site: Site, planted: int) -> None:
    found: set[str] = set()
    async with asyncio.TaskGroup() as group:
        office = group.create_task(pages_of(site, "hq", OWN_PAGES, member=planted))
        counter = group.create_task(pages_of(site, "shouyin", COUNTER, member=planted))
        group.create_task(lists_of(site, "hq", LISTS, found=found))
    await lists_of(site, "shouyin", LISTS[:1], found=set())
    told = office.result()
    assert found == set(LISTS)
    points = "members/{member}/points"
    for text in (
        told["campaigns"],
        told["campaigns/900/content"],
        told[points],
        told["audit"],
        counter.result()[points],
    ):
        assert SHOWN in text
    assert not [path for path, text in told.items() if f"{SHOWN}49" in text], "a template ran"


async def test_the_back_office_of_one_person_saves_nothing_as_another(site: Site) -> None:
    async with site.visitor("hq") as page:
        await page.goto(f"{site.url}/admin/#/tier/1/")
        benefits = page.locator("form [name=benefits]").first
        before = await benefits.input_value()
        await log_in(page.context, url=site.url, username="yunying")
        await benefits.fill("全部免费")
        await page.get_by_role("button", name="保存").click()
        await expect(page.locator("#regulars_bar")).to_contain_text("当前登录的是“yunying”")
        await page.reload()
        await expect(benefits).to_have_value(before)

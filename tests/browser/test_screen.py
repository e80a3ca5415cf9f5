"""The back office as people see it: a real browser on a running chain."""

import asyncio
import re

from playwright.async_api import Page, expect

from tests.browser.conftest import PASSWORD, Site

# English that may stand on a Chinese screen: codes, addresses and figures.
ENGLISH = re.compile(r"[A-Za-z]{3,}")
SAID = "h1, th, label, button, .buttons, #sidebar_wrapper, #pagination, #page_size, #result_count"


async def open_table(page: Page, site: Site, table: str) -> None:
    await page.goto(f"{site.url}/admin/#/{table}/")
    await expect(page.locator("#result_count")).to_be_visible()


async def field(page: Page, name: str, value: str) -> None:
    await page.locator(f"form [name={name}]").first.fill(value)


async def test_a_wrong_password_gets_a_sentence_and_the_right_one_the_menu(site: Site) -> None:
    async with site.visitor() as page:
        await page.goto(f"{site.url}/admin/#/login/")
        await field(page, "username", "hq")
        await field(page, "password", "wrong-wrong")
        await page.get_by_role("button", name="登录").click()
        await expect(page.get_by_text("用户名或密码不正确")).to_be_visible()
        await field(page, "password", PASSWORD)
        await page.get_by_role("button", name="登录").click()
        await expect(page.get_by_role("link", name="积分流水").first).to_be_visible()


async def test_members_are_found_by_full_number_last_digits_and_name(site: Site) -> None:
    async with site.visitor("hq") as page:
        await open_table(page, site, "member")
        row = await page.locator(".table_wrapper tbody tr").first.inner_text()
        found = re.search(r"1[3-9]\d{9}", row.replace(" ", "").replace("+86", ""))
        assert found, row
        name = row.split()[0].removesuffix("积分明细")  # the link to the member's points stands beside the name
        await page.get_by_text("显示筛选").click()
        for column, typed in (("phone", found[0]), ("phone", found[0][-6:]), ("name", name)):
            await page.get_by_role("button", name="清除筛选").click()
            await page.locator(f"form input[name={column}]").fill(typed)
            await page.get_by_role("button", name="应用").click()
            await expect(page.locator(".table_wrapper tbody tr", has_text=name).first).to_be_visible()
            await expect(page.locator(".table_wrapper tbody tr").filter(has_not_text=name)).to_have_count(0)


async def test_an_edit_is_kept_and_a_wrong_one_explained(site: Site) -> None:
    async with site.visitor("hq") as page:
        await open_table(page, site, "tier")
        await page.locator(".table_wrapper tbody tr", has_text="银卡").locator("td .link a").click()
        await field(page, "benefits", "生日当天双倍积分")
        await page.get_by_role("button", name="保存").click()
        await expect(page.get_by_text("已保存").locator("visible=true").first).to_be_visible()
        await page.reload()
        await expect(page.locator("form [name=benefits]").first).to_have_value("生日当天双倍积分")
        await field(page, "quarterly_spend", "999999")
        await page.get_by_role("button", name="保存").click()
        await expect(page.locator("#regulars_bar")).to_contain_text("第 3 级的消费额必须高于第 2 级")
        await page.reload()
        await expect(page.locator("form [name=quarterly_spend]").first).not_to_have_value("999999")


async def no_english(site: Site, pages: list[tuple[str, str]]) -> None:
    """Looked for on each page, named in the menu as in its own head line, when its content is there."""
    async with site.visitor("hq") as page:
        for href, name in pages:
            await page.goto(f"{site.url}/admin/{href}")
            await expect(page.locator("h1").get_by_text(name, exact=True)).to_be_visible()
            content = page.locator("#result_count, form label").or_(page.get_by_text("没有符合条件的记录"))
            await expect(content.locator("visible=true").first).to_be_visible()
            for said in await page.locator(SAID).locator("visible=true").all_inner_texts():
                assert not ENGLISH.search(said.replace("SKU", "").replace("CSV", "")), (href, said)


async def test_no_english_is_left_on_a_chinese_screen(site: Site) -> None:
    async with site.visitor("hq") as page:
        await page.goto(f"{site.url}/admin/")
        links = page.locator("a[href^='#/']")
        await expect(links.first).to_be_visible()
        menu = {await link.get_attribute("href") or "": await link.inner_text() for link in await links.all()}
        assert not ENGLISH.search(await page.locator("body").inner_text())
    del menu["#/"]
    assert len(menu) > 20
    # Side by side: most of a page's time is waiting.
    pages = sorted(menu.items())
    await asyncio.gather(*(no_english(site, pages[n::4]) for n in range(4)))


async def stores_seen(page: Page) -> set[str]:
    """Codes of the demo's stores in the rows on the screen."""
    return set(re.findall(r"XGL-[A-Z]{2}", await page.locator(".table_wrapper tbody").inner_text()))


async def test_store_staff_see_their_own_store_alone(site: Site) -> None:
    async with site.visitor("hq") as page:
        for table in ("member", "purchase"):
            await open_table(page, site, table)
            assert len(await stores_seen(page)) > 1, "head office sees several, else the rest proves nothing"
        await expect(page.get_by_role("link", name="操作记录", exact=True)).to_have_count(1)
        await open_table(page, site, "tier")
        await expect(page.get_by_role("link", name="新增")).to_be_visible()
    async with site.visitor("shouyin") as page:
        for table in ("member", "purchase"):
            await open_table(page, site, table)
            assert await stores_seen(page) == {"XGL-YP"}
        await expect(page.get_by_role("link", name=re.compile("操作记录"))).to_have_count(0)
        await open_table(page, site, "tier")
        await expect(page.get_by_role("link", name="新增")).to_be_hidden()

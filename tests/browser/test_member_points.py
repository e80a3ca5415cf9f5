"""A member's points as people find and read them: from the list and from the row, on a desk, a phone and paper."""

import re

from playwright.async_api import Page, expect

from tests.browser.conftest import Site

WITHIN, BESIDE = "a.regulars_page.within", "a.regulars_page.beside"


async def members(page: Page, site: Site) -> None:
    await page.goto(f"{site.url}/admin/#/member/")
    await expect(page.locator("#result_count")).to_be_visible()


async def rows_lead_to_themselves(page: Page) -> None:
    """Each link stands once, in its own row, whatever record the row showed before."""
    for row in await page.locator(".table_wrapper tbody tr").all():
        number = await row.locator("input[type=checkbox]").get_attribute("value")
        await expect(row.locator(WITHIN)).to_have_attribute("href", f"/members/{number}/points")


async def test_a_cashier_opens_a_members_points_from_the_list_and_from_the_row(site: Site) -> None:
    async with site.visitor("shouyin") as page:
        await members(page, site)
        await rows_lead_to_themselves(page)
        await page.locator("#pagination a, #pagination button").last.click()
        await expect(page.locator("#pagination input")).to_have_value("2")
        await rows_lead_to_themselves(page)
        name = (await page.locator(".table_wrapper tbody td .link a").first.inner_text()).strip()
        await page.locator(WITHIN).first.click()
        await expect(page.locator("h1")).to_contain_text(name)
        await expect(page.locator("h1")).to_contain_text("****")
        await page.get_by_role("link", name="返回会员资料").click()
        await page.locator(BESIDE).click()
        await expect(page).to_have_url(re.compile(r"/members/\d+/points$"))


async def test_a_line_opens_and_paper_shows_all_of_it(site: Site) -> None:
    async with site.visitor("shouyin") as page:
        await members(page, site)
        await page.locator(WITHIN).last.click()
        line = page.locator("details.line").first
        await expect(line.locator(".details")).to_be_hidden()
        await line.locator("summary").click()
        await expect(line.locator(".details")).to_be_visible()
        await line.locator("summary").click()
        await page.set_viewport_size({"width": 360, "height": 700})
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        await page.emulate_media(media="print")
        await expect(line.locator(".details p").first).to_be_visible()


async def test_who_may_not_look_is_led_nowhere_and_told_nothing(site: Site) -> None:
    async with site.visitor("hq") as page:
        await members(page, site)
        await expect(page.locator(WITHIN).first).to_be_visible()
        rows = page.locator(".table_wrapper tbody tr", has_not_text="XGL-YP")
        foreign = await rows.first.locator("input[type=checkbox]").get_attribute("value")
        await page.goto(f"{site.url}/admin/#/points_lot/")
        await expect(page.locator("#result_count")).to_be_visible()
        await expect(page.locator(".regulars_page")).to_have_count(0)
    async with site.visitor("yunying") as page:
        await members(page, site)
        await expect(page.locator(".regulars_page")).to_have_count(0)
    async with site.visitor("shouyin") as page:
        said = set()
        for number in (foreign, "987654321"):
            answer = await page.goto(f"{site.url}/members/{number}/points")
            assert answer is not None
            said.add((answer.status, await answer.text()))
        assert [status for status, _ in said] == [404]
    async with site.visitor() as page:
        await page.goto(f"{site.url}/members/{foreign}/points")
        await expect(page).to_have_url(re.compile("/admin/#/login/"))

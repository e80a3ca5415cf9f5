"""The whole path of a campaign in a browser: a segment, a text with a finding, two versions and a holdout, a test, the canary, the
send, a click on the pretend phone, a purchase, the result.
"""

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from playwright.async_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.test_counter import submit
from tests.operator_site import daytime

SOON = 25_000  # milliseconds; the clock looks every five seconds
# A member's own phone; the tests' browser says that it is a programme, whose openings are no clicks.
PHONE_BROWSER = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Mobile/15E148 Safari/604.1"
NAME, SEGMENT = "榴莲周末", "常来的会员"


async def _segment(page: Page, site: Site) -> None:
    """A rule with a slip is mended by one press, and kept under a name."""
    await page.goto(f"{site.url}/campaigns/segments/new")
    await page.fill("#name", SEGMENT)
    await page.fill("#rule", "消費次數 >= 1")
    await page.get_by_role("button", name=re.compile("改为")).first.click()
    await expect(page.locator("#rule")).to_have_value(re.compile("^消费次数"))
    await expect(page.locator("#look")).to_contain_text(re.compile(r"符合的会员\s*[1-9]"), timeout=SOON)
    await page.locator("button[name=act][value=save]").click()
    await expect(page.locator(".notice.good")).to_be_visible()


async def _written(page: Page, site: Site) -> str:
    """Steps 1 and 2; returns the campaign's own address."""
    await page.goto(f"{site.url}/campaigns/new")
    await page.fill("#name", NAME)
    await page.get_by_role("button", name="保存，下一步").click()
    await page.wait_for_url("**/content**")
    await page.fill("#text_A", "{称呼}，全国最好的榴莲到店，详情{短链}，门店{门店}")
    await expect(page.locator("#look-A .findings")).to_contain_text("最好")
    await page.locator("#look-A").get_by_role("button").first.click()
    await expect(page.locator("#text_A")).not_to_have_value(re.compile("最好"))
    await page.fill("#landing_A", "凭此页榴莲九折，到11月30日")
    await page.locator("button[value=add_version]").click()
    await page.fill("#text_B", "{称呼}，{常买|水果}新到，{门店}等您，详情{短链}")
    await page.fill("[name=share_A]", "60")
    await page.fill("[name=share_B]", "60")
    await page.get_by_role("button", name="保存，下一步").click()
    await expect(page.locator(".error").filter(has_text="100")).to_be_visible()
    await page.fill("[name=share_B]", "40")
    await page.get_by_role("button", name="保存，下一步").click()
    await page.wait_for_url("**/people**")
    return page.url.split("/people")[0]


async def _planned(page: Page, own: str) -> None:
    """Steps 3 to 6, up to the button that lets it go."""
    await (
        page.get_by_role("button", name=f"选用 {SEGMENT}").or_(page.locator(f"[value='pick:{SEGMENT}']")).first.click()
    )
    await expect(page.locator("#rule")).to_have_value(re.compile(SEGMENT))
    await page.locator("button[name=act][value=save]:visible").click()
    await page.wait_for_url("**/check**")
    await expect(page.locator("#report .notice.good")).to_be_visible(timeout=SOON)
    await page.get_by_role("button", name="下一步").or_(page.get_by_role("link", name="下一步")).first.click()
    await page.wait_for_url("**/test**")
    await page.get_by_label("yunying").check()
    await page.get_by_role("button", name=re.compile("发")).first.click()
    await expect(page.locator("#tests .chip").first).to_have_text(re.compile("送达|提交"), timeout=SOON)
    await page.goto(f"{own}/send")
    now = datetime.now(ZoneInfo(daytime()))
    await page.fill("[name=from_1]", f"{now:%Y-%m-%dT%H:%M}")
    await page.fill("[name=until_1]", f"{now + timedelta(hours=6):%Y-%m-%dT%H:%M}")
    await page.fill("#holdout", "20")
    await page.select_option("#canary", "1000")
    await expect(page.locator("#sentence")).to_contain_text(re.compile(r"\d"), timeout=SOON)


async def _link_of(page: Page, site: Site) -> dict[str, Any]:
    """Somebody's message of the campaign that reached its phone."""
    listed = await page.request.get(
        f"{site.url}/admin/api/tables/send_log/?state=delivered&message_class=marketing&__page_size=100"
    )
    rows = (await listed.json())["rows"]
    return next(row for row in rows if row["text"] and "/s/" in row["text"])


async def _clicked(page: Page, site: Site, *, address: str) -> None:
    """The member opens the link, again while it counts as a programme: within two seconds after the message left."""
    member = await site.browser.new_context(user_agent=PHONE_BROWSER)
    phone = await member.new_page()
    for _ in range(30):
        await phone.goto(address)
        await expect(phone.locator("h1")).to_be_visible()
        clicks = await (await page.request.get(f"{site.url}/admin/api/tables/click/?is_preview=false")).json()
        if clicks["rows"]:
            break
    await member.close()


async def test_from_an_idea_to_a_measured_result(site: Site) -> None:
    async with site.visitor("hq") as page:
        await _segment(page, site)
        own = await _written(page, site)
        await _planned(page, own)
        await (
            page.locator("button[name=do][value=schedule]")
            .or_(page.get_by_role("button", name=re.compile("排期|发送")))
            .first.click()
        )
        await page.goto(f"{own}/live")
        await expect(page.locator("#live .counts")).to_contain_text(re.compile(r"送达 [1-9]"), timeout=SOON)
        await expect(page.locator("main")).to_contain_text("对照组")
        row = await _link_of(page, site)
        code = re.search(r"/s/(\w+)", row["text"])
        assert code is not None
        await _clicked(page, site, address=f"{site.url}/s/{code[1]}")
        said = await submit(page, site, "记消费", phone=row["phone"], store="XGL-YP", receipt_no="LL-1", amount="88.00")
        assert "¥88.00" in said
        await page.goto(f"{own}/results")
        await expect(page.locator("#funnel")).to_contain_text(re.compile("点击.*1", re.DOTALL))
        await expect(page.locator("#compare")).to_contain_text("对照")

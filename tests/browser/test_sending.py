"""A text arrives on a pretend phone, the phone replies, and head office sees it: through worker, gateway and back."""

import re

from playwright.async_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.test_counter import submit

PHONE = "13700137022"
SHOWN = "137****7022"
SOON = 15_000  # milliseconds; the clock looks every few seconds


async def ask_codes_from(page: Page, site: Site, *, points: int) -> None:
    """A code leaves at any hour, unlike what else members are told."""
    token = next(cookie["value"] for cookie in await page.context.cookies() if cookie["name"] == "csrftoken")
    answer = await page.request.patch(
        f"{site.url}/admin/api/tables/points_policy/1/",
        data={"redeem_code_from": points},
        headers={"X-CSRFToken": token},
    )
    assert answer.ok, await answer.text()


async def test_a_text_arrives_and_the_phones_reply_opts_out(site: Site) -> None:
    async with site.visitor("hq") as page:
        await ask_codes_from(page, site, points=1000)
        await submit(page, site, "开通会员", phone=PHONE, name="林小雨", store="XGL-YP", marketing_sms="true")
        said = await submit(page, site, "调整积分", phone=PHONE, store="XGL-YP", points="1000", reason="果品补偿")
        assert "1,000 积分" in said or "1000 积分" in said, said
        assert "验证码" in await submit(page, site, "兑换", phone=PHONE, store="XGL-YP", points="1000")
        await page.goto(f"{site.url}/simulator")
        phone = page.get_by_label(SHOWN, exact=True)
        await expect(phone.locator(".bubble").filter(has_text=re.compile(r"【.+】验证码\d{6}"))).to_be_visible(
            timeout=SOON
        )
        await phone.get_by_placeholder("回复短信").fill(" ｒ。")
        await phone.get_by_role("button").click()
        await expect(phone.locator(".said .bubble")).to_have_text("ｒ。")
        await page.goto(f"{site.url}/messages")
        reply = page.locator("#replies .reply").filter(has_text=SHOWN)
        await expect(reply).to_have_text(re.compile("ｒ。.*退订营销", re.DOTALL), timeout=SOON)


async def test_pausing_an_account_keeps_the_focus_while_the_page_renews_itself(site: Site) -> None:
    async with site.visitor("hq") as page:
        await page.goto(f"{site.url}/messages")
        accounts = page.locator("#accounts")
        await accounts.get_by_role("button", name="暂停 simulator").click()
        await expect(accounts.locator(".chip")).to_have_text("已暂停")
        resume = accounts.get_by_role("button", name="恢复 simulator")
        await resume.focus()
        await page.evaluate("document.querySelector('#accounts .chip').textContent = 'old'")
        await expect(accounts.locator(".chip")).to_have_text("已暂停")
        await expect(resume).to_be_focused()
        await resume.press("Enter")
        await expect(accounts.locator(".chip")).to_have_text("正常")


async def test_what_somebody_types_stays_while_the_phones_renew_themselves(site: Site) -> None:
    async with site.visitor("hq") as page:
        await page.goto(f"{site.url}/simulator")
        field = page.locator("#stranger").get_by_label("回复短信")
        await field.fill("还没写完")
        async with page.expect_response(re.compile("part=live")):
            pass
        await page.evaluate("document.querySelector('#faults b').textContent = 'old'")
        await expect(page.locator("#faults b")).to_have_text("故障开关")
        await expect(field).to_have_value("还没写完")

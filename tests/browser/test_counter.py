"""Each form of the counter, filled in by the cashier and the manager of one store."""

import re

from playwright.async_api import Page, expect

from tests.browser.conftest import Site

PHONE = "13700137001"


async def submit(page: Page, site: Site, form: str, *, clicks: int = 1, **fields: str) -> str:
    """Fills a form in and sends it; returns what the screen says then."""
    await page.goto(f"{site.url}/admin/#/forms/{form}/")
    await page.reload()
    button = page.get_by_role("button", name="提交")
    await expect(button).to_be_visible()
    await expect(page.locator("form input[name=form]")).to_be_hidden()
    for name, value in fields.items():
        box = page.locator(f"form [name={name}]")
        await (box.select_option(value) if name in {"marketing_sms", "personalisation"} else box.fill(value))
    async with page.expect_response(lambda answer: answer.request.method == "POST") as answered:
        await button.click(click_count=clicks)
    body = await (await answered.value).json()
    said = body.get("custom_form_success") or body["zh"]
    await expect(page.get_by_text(said).locator("visible=true").first).to_be_visible()
    return str(said)


async def test_a_member_joins_buys_redeems_and_takes_it_back(site: Site) -> None:
    async with site.visitor("shouyin") as page:
        said = await submit(page, site, "开通会员", phone=PHONE, name="周小满", title="女士", marketing_sms="true")
        assert "周小满" in said
        assert "已是会员" in await submit(page, site, "开通会员", phone=PHONE, name="周小满")
        said = await submit(page, site, "记消费", phone=PHONE, receipt_no="T-1", amount="258.00", clicks=2)
        assert re.search(r"¥258\.00.*258 积分.*铜卡.*再消费 ¥\d", said), said
        assert "此前已记录" in await submit(page, site, "记消费", phone=PHONE, receipt_no="T-1", amount="258.00")
        assert "258" in await submit(page, site, "查会员", phone=PHONE)
        said = await submit(page, site, "兑换", phone=PHONE, reward="精品果篮")
        assert "58 积分" in said, said
        assert "不足" in await submit(page, site, "兑换", phone=PHONE, points="5000")
        assert "258 积分" in await submit(page, site, "撤销兑换", phone=PHONE)


async def test_a_manager_adjusts_with_a_reason_and_a_cashier_has_no_such_form(site: Site) -> None:
    async with site.visitor("dianzhang") as page:
        assert "原因" in await submit(page, site, "调整积分", phone=PHONE, points="20")
        assert "278 积分" in await submit(page, site, "调整积分", phone=PHONE, points="20", reason="果品补偿")
        assert "最多" in await submit(page, site, "调整积分", phone=PHONE, points="5000", reason="果品补偿")
    async with site.visitor("shouyin") as page:
        await page.goto(f"{site.url}/admin/#/")
        await expect(page.get_by_role("link", name="记消费")).to_be_visible()
        await expect(page.get_by_role("link", name="调整积分")).to_have_count(0)


async def test_a_phone_that_nobody_has_gets_a_sentence(site: Site) -> None:
    async with site.visitor("shouyin") as page:
        said = await submit(page, site, "查会员", phone="13700137999")
        assert "没有" in said
        assert "手机号" in await submit(page, site, "查会员", phone="12345")

"""The README's pictures, from a running demo chain: `python -m tests.browser.pictures URL PASSWORD FOLDER`."""

import asyncio
import sys
from pathlib import Path

from playwright.async_api import Page, async_playwright

from tests.browser.conftest import CHROMIUM, FLAGS, log_in

PICTURES = {
    "hq": {
        "members": "#/member/", "points-entries": "#/points_entry/", "send-log": "#/send_log/", "job-runs": "#/job_run/",
        "form": "#/forms/记消费/", "tiers": "#/tier/",
    },
    "dianzhang": {"manager-members": "#/member/"},
    "shouyin": {"cashier-members": "#/member/"},
}  # fmt: skip
# Pages of ours, as head office sees them.
PAGES = {"simulator": "/simulator", "audit": "/audit"}


async def _of_a_receipt(page: Page) -> None:
    """Filled in, not sent: pictures change nothing."""
    filled = {"phone": "13800138000", "receipt_no": "20261122-0001", "amount": "58.00"}
    for name, value in filled.items():
        await page.locator(f"form [name={name}]").fill(value)


async def take(*, url: str, password: str, folder: Path) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for username, pictures in PICTURES.items():
            context = await browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
            await log_in(context, url=url, username=username, password=password)
            page = await context.new_page()
            for name, place in pictures.items():
                await page.goto(f"{url}/admin/{place}")
                await page.reload()
                await page.wait_for_load_state("networkidle")
                if name == "form":
                    await _of_a_receipt(page)
                await page.screenshot(path=folder / f"{name}.png")
            if username == "hq":
                for name, place in PAGES.items():
                    await page.goto(f"{url}{place}")
                    await page.screenshot(path=folder / f"{name}.png")
            await context.close()
        await browser.close()


if __name__ == "__main__":
    Path(sys.argv[3]).mkdir(parents=True, exist_ok=True)
    asyncio.run(take(url=sys.argv[1], password=sys.argv[2], folder=Path(sys.argv[3])))

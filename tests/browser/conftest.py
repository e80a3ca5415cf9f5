"""A running chain as `regulars up` starts it, and a real browser in front of it."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from config.settings import Settings
from tests.installed import copied, served
from tests.operator_site import daytime
from tests.ports import free_port

REPOSITORY = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium")
PASSWORD = "kaihu-2026-ceshi"  # noqa: S105  of the test's own chain
PATIENCE = 60
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass
class Site:
    """Where it runs; `foreign` collects every address that a page asked for elsewhere, `errors` what the console said."""

    url: str
    browser: Browser
    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def visitor(self, username: str | None = None) -> AsyncIterator[Page]:
        """A page of a browser of one's own, logged in when a username is given."""
        context = await self.browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        context.on("request", self._watch)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        try:
            if username is not None:
                await log_in(context, url=self.url, username=username)
            yield page
        finally:
            await context.close()

    def _watch(self, request: Any) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and address.netloc != urlsplit(self.url).netloc:
            self.foreign.append(request.url)


async def log_in(context: BrowserContext, *, url: str, username: str, password: str = PASSWORD) -> None:
    """Without the screen, for tests of something else."""
    await context.request.get(f"{url}/admin/")
    token = next(cookie["value"] for cookie in await context.cookies() if cookie["name"] == "csrftoken")
    answer = await context.request.post(
        f"{url}/admin/public/login/",
        data={"username": username, "password": password},
        headers={"X-CSRFToken": token},
    )
    assert answer.ok, await answer.text()


@pytest.fixture(scope="session")
def chain_folder(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the chain that runs."""
    return copied(migrated, to=tmp_path_factory.mktemp("chain") / "d")


@pytest.fixture(scope="session")
def running_chain(chain_folder: Path) -> Iterator[str]:
    """The address of `regulars up` on a data folder of its own."""
    folder = chain_folder
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("REGULARS_", "PG"))}
    port = free_port()
    environment = {**kept, "REGULARS_DATA_DIR": str(folder), "REGULARS_PORT": str(port), "REGULARS_TIMEZONE": daytime()}
    small = [sys.executable, "-m", "tests.browser.small_demo", PASSWORD]
    with served(Settings(data_dir=folder), redis=True):
        subprocess.run(small, cwd=REPOSITORY, env=environment, check=True)
    up = [sys.executable, "-m", "cli", "up"]
    with subprocess.Popen(up, cwd=REPOSITORY, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said: list[str] = []
        for line in process.stderr:
            said.append(line)
            if line.startswith("Running:"):
                break
        else:
            pytest.fail("".join(said))
        # What it goes on saying must not fill the pipe.
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield f"http://localhost:{port}"
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0


@pytest.fixture(scope="session")
async def site(request: pytest.FixtureRequest, migrated: Path) -> AsyncIterator[Site]:
    if CHROMIUM is None:
        pytest.skip("needs the package chromium")
    url = request.getfixturevalue("running_chain")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        visited = Site(url=url, browser=browser)
        yield visited
        await browser.close()
    assert visited.foreign == [], "a page asked another host"
    assert visited.errors == [], "a page broke"

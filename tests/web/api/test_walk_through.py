"""docs/api.md: its commands are run as they stand, by a shell and curl, against a server."""

import asyncio
import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from config.settings import settings
from queries.invariants import check_all
from tests import make
from tests.web.api.conftest import Shops
from tests.web.api.serving import serving
from tests.web.api.tills import application
from web.api.problems import CODES

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
MARK = "-- answered --"

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl: apt install curl")


def script() -> tuple[str, int]:
    """All commands of the page one after the other, a mark after each, and how many there are."""
    blocks: list[str] = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    regulars = f'regulars() {{ "{sys.executable}" -m cli "$@"; }}'
    return "\n".join(["set -euo pipefail", regulars, *(f"{block}\necho '{MARK}'" for block in blocks)]), len(blocks)


def shown() -> list[dict[str, Any]]:
    return [json.loads(block) for block in re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)]


@needs_curl
async def test_the_page_can_be_followed(shops: Shops) -> None:
    commands, many = script()
    async with serving(application()) as url:
        environment = {**os.environ, "URL": url, "REGULARS_DATA_DIR": str(settings().data_dir)}
        shell = await asyncio.create_subprocess_exec(
            "bash", "-c", commands, cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )  # fmt: skip
        out, err = await asyncio.wait_for(shell.communicate(), timeout=60)
    assert shell.returncode == 0, out.decode() + err.decode()
    parts = [part.strip() for part in out.decode().split(MARK)][:-1]
    answers = [json.loads(part) for part in parts if part]
    assert len(parts) == many
    for wanted in shown():
        assert any(holds(answer, wanted) for answer in answers), (wanted, answers)
    assert await make.value("SELECT count(*) FROM purchase WHERE kind = 'sale'") == 4
    assert await check_all(progress=lambda *_: None) == []


def holds(answer: Any, wanted: Any) -> bool:
    """Whether an answer says all that the page shows; it may say more."""
    if isinstance(wanted, dict):
        return isinstance(answer, dict) and all(
            name in answer and holds(answer[name], value) for name, value in wanted.items()
        )
    if isinstance(wanted, list):
        return len(answer) == len(wanted) and all(map(holds, answer, wanted))
    return bool(answer == wanted)


def test_every_code_stands_on_the_page() -> None:
    missing = {code for code in CODES if f"`{code}`" not in PAGE}
    assert missing == {"not_found", "method_not_allowed"}

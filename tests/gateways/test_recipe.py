"""The recipe of CONTRIBUTING.md as it stands there: one file and one row, and messages leave."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import gateways
from actions.accounts import load_accounts
from actions.accounts_edit import add_account, keep_credential
from actions.messages import hand_over
from gateways.protocol import BadHookError, HookRequest
from gateways.registry import kinds, opened
from tables.scope import scope
from tests import make
from tests.actions.test_messages import D
from tests.gateways.cloud_site import Asked, CloudSite, serving

KEY = "corner key"
PAGE = Path(__file__).parents[2] / "CONTRIBUTING.md"


class CornerSite(CloudSite):
    """Says what the last digit of the phone means: 1 taken, 2 nobody's number, 3 come back later."""

    def answer(self, asked: Asked) -> tuple[int, Any]:
        assert asked.headers["authorization"] == KEY
        message = json.loads(asked.body)
        said: dict[str, tuple[int, Any]] = {
            "1": (200, {"code": "OK", "number": f"c{message['id']}"}),
            "2": (200, {"code": "EMPTY"}),
            "3": (503, "busy"),
        }
        return said[message["to"][-1]]


@pytest.fixture
def corner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The page's example as a file beside the gateways there are."""
    [example] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "corner.py").write_text(example, encoding="utf-8")
    monkeypatch.setattr(gateways, "__path__", [*gateways.__path__, str(tmp_path)])
    kinds.cache_clear()
    yield
    kinds.cache_clear()
    sys.modules.pop("gateways.corner", None)


async def test_one_file_and_one_row(db: None, corner: None) -> None:
    await make.make_program()
    await make.make_store()
    for n in (1, 2, 3):
        await make.execute(
            "INSERT INTO send_log (phone, store, message_class, dedupe_key, text, state, scheduled_at)"
            " VALUES ($1, 1, 'staff', $1, '【鲜果里】今天盘点', 'queued', $2)",
            f"+861390000000{n}", make.noon(D),
        )  # fmt: skip
    async with serving(CornerSite()) as site:
        async with scope(role="hq_admin"):
            assert await add_account(name="corner", gateway="corner", given={"url": site.url}, fields={}) == ("key",)
            await keep_credential(name="corner", key="key", value=KEY)
        async with scope(role="job"):
            accounts = await load_accounts()
        named = {name: opened(account=account) for name, account in accounts.items()}
        await hand_over(worker="tester", clock=lambda: make.noon(D), zone=make.ZONE, gateways=named)
    bodies = [json.loads(asked.body) for asked in site.asked]
    assert {body["text"] for body in bodies} == {"【鲜果里】今天盘点"}
    assert {body["tell"] for body in bodies} == {accounts["corner"].reports_url}
    rows = await make.fetch("SELECT state, attempts, gateway_message_id, error_class FROM send_log ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [
        ("accepted", 1, "c1", None), ("failed", 1, None, "dead_number"), ("queued", 1, None, None),
    ]  # fmt: skip


async def test_its_reports_are_read(db: None, corner: None) -> None:
    async with scope(role="hq_admin"):
        await add_account(name="corner", gateway="corner", given={"url": "http://corner"}, fields={})
        await keep_credential(name="corner", key="key", value=KEY)
    async with scope(role="job"):
        gateway = opened(account=(await load_accounts())["corner"])
    asked = {"number": "c1", "code": "LIMIT"}
    [report] = gateway.told_reports(request=HookRequest(query=asked, headers={}, body=b""), now=make.noon(D))
    assert (report.gateway_message_id, report.state, report.error_class) == ("c1", "failed", "capped")
    with pytest.raises(BadHookError):
        gateway.told_reports(request=HookRequest(query={}, headers={}, body=b""), now=make.noon(D))

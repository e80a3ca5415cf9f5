"""The receiver of docs/webhooks.md is real: it takes what we send, once, and nothing else."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from actions.webhooks import Delivered
from rules.webhooks import signing_secret
from tests import make
from tests.actions.test_webhooks import chain, happened, hook
from tests.actions.test_webhooks_fate import INSTALLATION, OTHER, sent

DOCUMENT = Path(__file__).parents[2] / "docs" / "webhooks.md"


@pytest.fixture
async def example(db: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[dict[str, Any]]:
    """The example's own names, its server running, and `url`."""
    [source] = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {"__name__": "receiver"}
    exec(compile(source, str(DOCUMENT), "exec"), names)  # noqa: S102  our own document
    names["handled"] = []
    names["handle"] = names["handled"].append
    monkeypatch.setattr(names["Receiver"], "log_message", lambda *_: None)
    monkeypatch.setenv("WEBHOOK_SECRET", signing_secret(webhook=1, secret=INSTALLATION))
    with ThreadingHTTPServer(("127.0.0.1", 0), names["Receiver"]) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        names["url"] = f"http://127.0.0.1:{server.server_port}/hook"
        yield names
        server.shutdown()
        thread.join()


async def test_it_takes_each_message_once(example: dict[str, Any]) -> None:
    await chain()
    await hook(url=example["url"])
    await happened("purchase", [1], [1])
    now = datetime.now(UTC)
    assert await sent(now) == Delivered(taken=1, sent=1)
    await make.execute("UPDATE webhook_delivery SET state = 'queued', next_at = $1", now)
    assert await sent(now) == Delivered(taken=1, sent=1)
    [message] = example["handled"]
    assert (message["type"], message["data"]["receipt_no"]) == ("purchase.created", "R1")


async def test_it_takes_nothing_from_others(example: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_SECRET", signing_secret(webhook=1, secret=OTHER))
    await chain()
    await hook(url=example["url"])
    await happened("purchase", [1], [1])
    assert await sent(datetime.now(UTC)) == Delivered(taken=1, again=1)
    async with httpx.AsyncClient() as client:
        assert (await client.post(example["url"], json={"type": "purchase.created"})).status_code == 401
    assert example["handled"] == []


async def test_the_document_names_every_field(db: None) -> None:
    """What it says of `data` is what is queued."""
    text = DOCUMENT.read_text(encoding="utf-8")
    said = dict(re.findall(r"^\| `(\w+)\.created` \| (.*?) \|$", text, re.MULTILINE))
    await chain()
    await hook()
    entry = await make.value("SELECT id FROM points_entry WHERE kind = 'redeem'")
    for event, subject in (("purchase", 1), ("refund", 2), ("redemption", entry), ("tier_change", 1)):
        await happened(event, [subject])
    rows = await make.fetch(
        "SELECT event, ARRAY(SELECT jsonb_object_keys(payload -> 'data')) AS keys FROM webhook_delivery"
    )
    assert {event: set(re.sub(r" \(.*?\)", "", fields).split(", ")) for event, fields in said.items()} == {
        row["event"]: set(row["keys"]) for row in rows
    }

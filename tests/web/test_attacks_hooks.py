"""What whoever knows one gateway's address may not do: rewrite what was said, speak for another account, bury what is true."""

import httpx

from actions.reports import Joined, join_reports
from tests import make
from tests.actions.test_messages_fate import NOW
from tests.web.test_hooks import address, news, nudges, vendor

__all__ = ["nudges", "vendor"]


async def test_forged_and_replayed_news_move_nothing(vendor: httpx.AsyncClient) -> None:
    await make.execute("UPDATE gateway_account SET is_active = true WHERE name = 'sleeping'")
    assert (await vendor.post(address(), json=news("g1"))).status_code == 200
    assert await join_reports(now=NOW) == Joined(taken=1, ended=1)
    ended = await make.fetch("SELECT * FROM send_log")
    fakes = [f"g{number}" for number in range(2, 1002)]
    for account, ids, state in (
        ("pretend", ["g1"], "delivered"), ("pretend", ["g1"], "failed"), ("sleeping", ["g1"], "failed"), ("pretend", fakes, "failed"),
    ):  # fmt: skip
        assert (await vendor.post(address(account=account), json=news(*ids, state=state))).status_code == 200
        assert (await join_reports(now=NOW)).ended == 0
    assert await make.fetch("SELECT * FROM send_log") == ended
    assert await make.value("SELECT count(*) FROM member WHERE phone_status = 'invalid'") == 0


async def test_a_reply_said_again_with_other_words_is_what_was_said_first(vendor: httpx.AsyncClient) -> None:
    said = {"id": "r1", "phone": "13900000001", "text": "你好"}
    for text in ("你好", "TD", "你好"):
        assert (await vendor.post(address(what="replies"), json=[{**said, "text": text}])).status_code == 200
    assert await make.fetch("SELECT text, kind FROM reply") == [{"text": "你好", "kind": "other"}]
    assert await make.value("SELECT count(*) FROM consent") == 0

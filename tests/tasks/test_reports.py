"""Who is woken for reports, and accounts that are asked: each for itself."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis.exceptions import RedisError
from structlog.testing import capture_logs

from actions.reports import take_reports
from gateways.protocol import Inbound, Report
from gateways.registry import kinds
from tasks import reports
from tasks.messages import hand_over_messages
from tests import make
from tests.actions.sent_messages import report, sent, unjoined
from tests.pretend_gateway import PretendGateway

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the actors that were sent for."""
    names: list[str] = []
    for actor in (reports.join_waiting, reports.poll_accounts, reports.tidy_news, hand_over_messages):
        monkeypatch.setattr(actor, "send", lambda name=actor.actor_name: names.append(name))
    return names


class Talking(PretendGateway):
    """Has a reply as well."""

    async def replies(self, *, now: datetime) -> list[Inbound]:
        return [Inbound(gateway_reply_id="r1", phone="13900000001", text="R", at=now)]


class Broken(PretendGateway):
    async def reports(self, *, now: datetime) -> list[Report]:  # noqa: ARG002
        raise ConnectionError("13900000001")


async def test_the_clock_wakes_for_what_waits_and_for_accounts_that_are_asked(woken: list[str]) -> None:
    await sent("accepted")
    await reports.nudge_reports()
    assert woken == []
    await take_reports(gateway="pretend", reports=[report(1)], now=datetime.now(UTC))
    await make.execute("INSERT INTO gateway_account (name, gateway) VALUES ('demo', 'simulator')")
    assert kinds()["simulator"].polls
    await reports.nudge_reports()
    assert woken == ["reports.join", "reports.poll"]
    await reports.nudge_tidy()
    assert woken[2:] == ["reports.tidy"]


async def test_what_is_asked_for_is_kept_and_wakes_who_goes_on_with_it(woken: list[str]) -> None:
    await sent("accepted")
    gateway = Talking()
    gateway.told = [report(1)]
    for _ in range(2):
        await reports._poll(gateway)
        assert woken == ["reports.join", "messages.hand_over"]
    assert await unjoined() == 1
    assert await make.fetch("SELECT kind, member FROM reply") == [{"kind": "opt_out", "member": 1}]


async def test_a_gateway_that_fails_is_told_of_without_its_words(woken: list[str]) -> None:
    with capture_logs() as logs:
        await reports._poll(Broken())
    assert [(line["event"], line["account"], line["error"]) for line in logs] == [
        ("gateway failed", "pretend", "ConnectionError")
    ]
    assert "13900000001" not in str(logs)


async def test_a_queue_that_does_not_answer_fails_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Sequence[Any]) -> None:
        raise RedisError

    monkeypatch.setattr(reports.join_waiting, "send", away)
    with capture_logs() as logs:
        await reports.join_soon()
    assert [line["event"] for line in logs] == ["no nudge"]


async def test_reports_are_joined_and_old_ones_forgotten_by_actors(woken: list[str]) -> None:
    await sent("accepted")
    long_ago = datetime.now(UTC) - timedelta(days=8)
    await take_reports(gateway="pretend", reports=[report(99)], now=long_ago)
    await take_reports(gateway="pretend", reports=[report(1)], now=datetime.now(UTC))
    await reports.joined()
    assert await unjoined() == 1
    await reports.tidied()
    assert await unjoined() == 0
    assert woken == []

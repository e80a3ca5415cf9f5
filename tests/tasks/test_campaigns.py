"""Campaigns are woken while any of them runs, and advance without anybody's help."""

from datetime import UTC, datetime, timedelta

import pytest

from tasks import campaigns
from tasks.clock import timetable
from tests import make
from tests.actions.test_campaigns_freeze import shop
from tests.campaigns_running import planned, rows, told, wave


async def test_a_campaign_that_is_due_advances_each_time_as_far_as_it_can(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[bool] = []
    monkeypatch.setattr(campaigns.advance_campaigns, "send", lambda: woken.append(True))
    await shop(members=2)
    await campaigns.nudge_campaigns()
    assert woken == [], "nothing runs"
    # Too late at any hour of the day: the processes have the real clock.
    await planned(wave(at=datetime.now(UTC) - timedelta(days=2)))
    await campaigns.nudge_campaigns()
    assert woken == [True]
    for _ in range(2):
        await campaigns.advance()
    assert (await rows(1), await told()) == ({1: "too_late", 2: "too_late"}, ("sending", None))
    await make.execute("UPDATE campaign SET state = 'paused'")
    await campaigns.nudge_campaigns()
    assert woken == [True], "whoever paused it decides when it goes on"


async def test_the_clock_looks_every_five_seconds(db: None) -> None:
    [job] = [job for job in timetable().get_jobs() if job.id == "campaigns"]
    assert (job.func, job.trigger.interval) == (campaigns.nudge_campaigns, timedelta(seconds=5))

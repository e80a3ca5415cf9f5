"""What must be true of messages and campaigns is found where it is not."""

from datetime import date, timedelta

import pytest

from config.settings import settings
from queries.invariants import check_all
from queries.invariants_messages import MESSAGES
from rules.suppression import phone_hmac
from tests import make
from tests.actions.test_campaigns_freeze import shop
from tests.campaigning import consent, sent
from tests.pretend_gateway import PretendGateway, handed

NOON = make.noon(date(2031, 3, 31))
MINUTE = timedelta(minutes=1)
SOLD, OPEN, COUNTED = MESSAGES


@pytest.fixture(autouse=True)
async def campaign(db: None) -> None:
    """Two members have a message of a campaign each; it is finished."""
    await shop(members=2)
    await sent("春", at=NOON)
    for _ in range(3):
        await handed(PretendGateway(), now=NOON)
    await make.execute("UPDATE campaign SET state = 'finished'")


async def broken() -> list[str]:
    return [finding.name for finding in await check_all(progress=lambda *_: None)]


async def test_nothing_is_broken_by_what_is_right() -> None:
    await consent(1, granted=False, at=NOON - timedelta(seconds=59))
    await consent(2, granted=False, at=NOON + MINUTE)
    assert await broken() == []


async def test_a_message_a_minute_after_a_no_is_found_unless_a_yes_came_after_it() -> None:
    await consent(1, granted=False, at=NOON - MINUTE)
    assert await broken() == [SOLD]
    await consent(1, granted=True, at=NOON - MINUTE)
    assert await broken() == []


async def test_a_message_to_a_refused_number_is_found_unless_its_member_said_yes_after_it() -> None:
    digest = phone_hmac(secret=settings().secret, phone="+8613900000001")
    await make.execute(
        "INSERT INTO suppression (phone_hmac, since, source) VALUES ($1, $2, 'x')", digest, NOON - 2 * MINUTE
    )
    assert await broken() == [SOLD]
    await consent(1, granted=True, at=NOON - MINUTE)
    assert await broken() == []


@pytest.mark.parametrize(
    ("state", "message", "found"),
    [("finished", "queued", True), ("finished", "sending", True), ("cancelled", "queued", True), ("stopped", "queued", True),
     ("sending", "queued", False), ("cancelled", "sending", False)],
)  # fmt: skip
async def test_a_campaign_that_is_over_with_an_open_message_is_found(state: str, message: str, found: bool) -> None:  # noqa: FBT001
    await make.execute("UPDATE campaign SET state = $1", state)
    await make.execute("UPDATE send_log SET state = $1 WHERE member = 1", message)
    assert (OPEN in await broken()) is found


@pytest.mark.parametrize(
    "column", ["size", "sending", "skipped", "accepted", "failed", "unknown", "delivered", "undelivered"]
)
async def test_each_wrong_figure_of_a_chunk_is_found(column: str) -> None:
    await make.execute(f"UPDATE send_chunk SET {column} = {column} + 1 WHERE id = 1")
    assert await broken() == [COUNTED]

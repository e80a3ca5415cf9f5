"""Old texts, replies, clicks and look-ups go when their days are over."""

import pytest

from queries.invariants import check_all
from tables.scope import scope
from tests import make
from tests.actions.privacy_world import DAYS, EVERYTHING, NOW, books, join, open_chain

PHONE = "13900000001"


@pytest.fixture(autouse=True)
async def chain(db: None) -> None:
    await open_chain()


@pytest.mark.parametrize("short", [0, 7])
async def test_old_texts_go_when_their_days_are_over_and_no_sooner(short: int) -> None:
    """In steps of seven rows as in one, from where the last night stopped."""
    await make.execute(
        "INSERT INTO retention (kind, days) VALUES ('message', 365), ('notice', 365), ('reply', 730), ('click', 365), ('lookup', 1095)"
    )
    member = await join(phone=PHONE, name="诸葛澜")
    for deed in EVERYTHING:
        await deed(member, PHONE, "诸葛澜")
    await make.execute("UPDATE send_log SET created_at = $1", NOW)
    before = await books()
    for years, left in ((0, (7, 1, 1, 1)), (1, (0, 1, 0, 1)), (2, (0, 0, 0, 1)), (3, (0, 0, 0, 0))):
        for _ in range(4):
            async with scope(role="job") as connection:
                moment = NOW + (365 * years + 1) * DAYS
                await connection.fetchval("SELECT deed.retention_sweep($1, $2)", moment, short or 1000)
        assert (
            await make.value(
                "SELECT ((SELECT count(*) FROM send_log WHERE phone IS NOT NULL), (SELECT count(*) FROM reply WHERE text <> ''),"
                " (SELECT count(*) FROM click), (SELECT count(*) FROM member_lookup))"
            )
            == left
        ), years
    assert await books() == before
    assert [finding.name for finding in await check_all(progress=lambda *_: None) if finding.rows] == []

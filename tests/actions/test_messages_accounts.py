"""Several accounts: who carries what, what one cannot, who is next when one fails, and when the first has its turn again."""

from datetime import timedelta

import pytest

from gateways.protocol import ErrorClass
from tests import make
from tests.actions.test_messages import D, at, queue, row, shop
from tests.actions.test_messages_fate import leases_end, saying, says, states
from tests.pretend_gateway import Killed, PretendGateway, account, handed

pytestmark = pytest.mark.usefixtures("db")

NOW = at(D, 13)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


async def test_what_another_gateway_was_offered_is_not_offered_to_this_one() -> None:
    await shop()
    await queue()
    old, new = PretendGateway("old"), PretendGateway("new")
    old.ending = Killed()
    with pytest.raises(Killed):
        await handed(old, new, now=NOW)
    await leases_end()
    await make.execute("UPDATE gateway_health SET is_paused = true WHERE account = 1")
    await handed(old, new, now=NOW + MINUTE)
    assert await states() == {1: "queued"}
    await make.execute("UPDATE gateway_health SET is_paused = false")
    old.ending = None
    await handed(old, new, now=NOW + 2 * MINUTE)
    assert await states() == {1: "accepted"}
    assert (len(old.left), len(new.left)) == (1, 0)


@pytest.mark.parametrize("reason", ["no_balance", "content_blocked", "signature_blocked"])
async def test_what_one_account_cannot_carry_leaves_through_the_next(reason: ErrorClass) -> None:
    await shop()
    await queue()
    first, second = says(state="elsewhere", error_class=reason), PretendGateway("second")
    await handed(first, second, now=NOW)
    await handed(first, second, now=NOW)
    assert (first.offers, len(second.left)) == (1, 1)
    sent = await row()
    assert (sent["state"], sent["gateway"], sent["tried"], sent["error_class"]) == (
        "accepted",
        "second",
        ["pretend"],
        None,
    )


async def test_what_no_account_can_carry_fails_with_the_last_ones_reason() -> None:
    await shop()
    await queue()
    first, second = says(state="elsewhere", error_class="content_blocked"), PretendGateway("second")
    second.answer = saying(state="elsewhere", error_class="signature_blocked")
    for _ in range(3):
        await handed(first, second, now=NOW)
    failed = await row()
    assert (failed["state"], failed["error_class"]) == ("failed", "signature_blocked")
    assert (first.offers, second.offers) == (1, 1)


async def test_after_failures_the_next_account_and_after_its_rest_the_first_again() -> None:
    await shop(members=8)
    first, second = PretendGateway("first", most=1), PretendGateway("second")
    first.before = ConnectionError()
    await account(name="first", failures_most=2, retry_seconds=300)
    for member in (1, 2, 3):
        await queue(member, message_class="staff", text="x", key=f"s{member}")
    now = NOW
    for n in range(4):
        await handed(first, second, now=now + n * SECOND, limit=1)
    # What the first one may have taken waits for it; the rest leaves through the second.
    assert first.offers == 2
    assert [message.id for message in second.left] == [3]
    first.before = None
    now += timedelta(seconds=302)
    for _ in range(4):
        await handed(first, second, now=now)
    assert sorted(message.id for message in first.left) == [1, 2]
    assert set((await states()).values()) == {"accepted"}
    await queue(4)
    await handed(first, second, now=now)
    assert first.left[-1].id == 4


async def test_what_may_have_left_is_not_free_because_a_later_offer_was_refused() -> None:
    await shop()
    await queue(message_class="staff", text="x", key="s")
    first, second = PretendGateway(), PretendGateway("second")
    first.ending = TimeoutError()
    await handed(first, second, now=NOW)
    first.ending, first.answer = None, saying(state="again", error_class="gateway_down")
    await handed(first, second, now=NOW + MINUTE)
    assert (await row())["gateway"] == "pretend"
    first.answer = saying(state="elsewhere", error_class="no_balance")
    for minutes in (2, 4, 6):
        await handed(first, second, now=NOW + minutes * MINUTE)
    assert (await states(), len(first.left), second.offers) == ({1: "unknown"}, 1, 0)


async def test_the_operators_rate_is_counted_where_all_workers_see_it() -> None:
    await account(name="pretend", rate=10)
    permit = "SELECT * FROM deed.account_permit('pretend', $1)"
    first, second, third = [(await make.fetch(permit, wanted))[0] for wanted in (7, 7, 7)]
    assert [one["granted"] for one in (first, second, third)] == [7, 3, 0]
    assert 0 < third["wait"] <= 1
    # A call that ended later counts from its end.
    await make.execute("SELECT deed.account_used('pretend', $1, 5)", first["moment"])
    (later,) = await make.fetch(permit, 1)
    assert (later["granted"], later["wait"] <= 1) == (0, True)
    await make.execute("UPDATE gateway_health SET moments = ARRAY(SELECT unnest(moments) - interval '1 second')")
    assert [(await make.fetch(permit, 7))[0]["granted"] for _ in range(2)] == [3, 0]


async def test_an_account_without_a_rate_waits_for_nobody() -> None:
    await account()
    assert [
        (await make.fetch("SELECT * FROM deed.account_permit('pretend', 500)"))[0]["granted"] for _ in range(2)
    ] == [
        500,
        500,
    ]

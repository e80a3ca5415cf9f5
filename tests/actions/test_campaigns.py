"""Campaigns from the freeze to the end: what leaves, what is held, what is forecast; by the pains of those who sent before us."""

from datetime import timedelta

import pytest

from actions.campaigns import Target, finish_campaigns, move_campaign
from queries.campaigns import newest_campaigns
from queries.invariants import check_all
from rules.refusals import Refusal
from tables.access import Role
from tables.scope import scope
from tests import make
from tests.actions.test_campaigns_freeze import NOON, shop
from tests.campaigning import consent, drafted, frozen, outcomes, sent, tally
from tests.pretend_gateway import PretendGateway, handed

pytestmark = pytest.mark.usefixtures("db")

HOUR = timedelta(hours=1)


async def moved(name: str, target: Target, *, role: Role = "hq_admin") -> None:
    async with scope(role=role):
        await move_campaign(name=name, target=target, now=NOON)


async def finished() -> int:
    async with scope(role="job"):
        return await finish_campaigns(now=NOON + HOUR)


async def state(name: str = "春") -> str:
    told: str = await make.value("SELECT state FROM campaign WHERE name = $1", name)
    return told


async def good() -> None:
    assert await check_all(progress=lambda *_: None) == []


async def test_p15_a_resumed_campaign_goes_on_where_it_was_paused() -> None:
    await shop(members=10)
    await sent("春", at=NOON)
    gateway = PretendGateway()
    await handed(gateway, now=NOON, limit=1000)
    await moved("春", "paused")
    first = len(gateway.left)
    assert 0 < first < 10
    assert (await handed(gateway, now=NOON)).taken == 0
    await good()
    await moved("春", "sending")
    while (await handed(gateway, now=NOON)).taken:
        pass
    assert sorted(message.phone for message in gateway.left) == [f"+86139{n:08}" for n in range(1, 11)]
    await good()


async def test_p16_finished_means_that_nothing_is_open() -> None:
    await shop(members=4)
    await sent("春", at=NOON)
    gateway = PretendGateway()
    await handed(gateway, now=NOON)
    assert (await finished(), await state()) == (0, "sending")
    while (await handed(gateway, now=NOON)).taken:
        pass
    assert (await finished(), await state()) == (1, "finished")
    assert await finished() == 0
    await good()


async def test_p16_what_did_not_leave_in_its_time_never_does() -> None:
    await shop(members=2)
    step = await drafted("春", at=NOON, until=NOON + HOUR)
    await frozen(step, now=NOON)
    gateway = PretendGateway()
    await handed(gateway, now=NOON + HOUR)
    await handed(gateway, now=NOON + HOUR)
    assert gateway.left == []
    assert await tally("春") == {"too_late": 2}
    await good()


async def test_a_message_that_is_offered_again_keeps_its_campaign_open() -> None:
    await shop(members=1)
    await sent("春", at=NOON)
    await make.execute("UPDATE send_log SET chunk = NULL, next_at = $1", NOON)
    await make.execute("UPDATE send_chunk SET size = 0, state = 'done'")
    assert await finished() == 0
    await make.execute(
        "INSERT INTO send_chunk (message_class, gateway, state, due_at, size) VALUES ('marketing', 'pretend', 'waiting', $1, 1)",
        NOON,
    )
    await make.execute("UPDATE send_log SET next_at = NULL, chunk = (SELECT max(id) FROM send_chunk)")
    assert await finished() == 0
    await make.execute("UPDATE send_log SET state = 'failed'")
    await make.execute("UPDATE send_chunk SET state = 'done', failed = 1 WHERE size = 1")
    assert await finished() == 1


async def test_a_cancelled_campaign_sends_nothing_more() -> None:
    await shop(members=6)
    await sent("春", at=NOON)
    gateway = PretendGateway()
    await handed(gateway, now=NOON)
    left = len(gateway.left)
    # One of them may have been taken already: nobody knows, and nobody sends it again.
    doubt = await make.value(
        "UPDATE send_log SET gateway = 'pretend' WHERE id = (SELECT max(id) FROM send_log) RETURNING id"
    )
    await moved("春", "cancelled")
    assert (await handed(gateway, now=NOON + HOUR)).taken == 0
    assert len(gateway.left) == left
    assert await tally("春") == {"accepted": left, "cancelled": 5 - left, "unknown": 1}
    assert await make.value("SELECT state FROM send_log WHERE id = $1", doubt) == "unknown"
    assert await make.value("SELECT bool_and(state = 'done') FROM send_chunk")
    await good()


@pytest.mark.parametrize(
    ("begin", "target"),
    [("draft", "paused"), ("finished", "sending"), ("cancelled", "cancelled"), ("stopped", "sending")],
)
async def test_a_campaign_moves_only_where_it_can(begin: str, target: Target) -> None:
    await make.execute("INSERT INTO campaign (name, state) VALUES ('春', $1)", begin)
    with pytest.raises(Refusal) as refused:
        await moved("春", target)
    assert refused.value.code == "not_now"
    assert begin in refused.value.en
    with pytest.raises(Refusal, match="no campaign"):
        await moved("夏", target)


@pytest.mark.parametrize("role", ["hq_viewer", "store_manager", "cashier"])
async def test_only_those_who_may_send_may_stop(role: Role) -> None:
    await make.execute("INSERT INTO store (code) VALUES ('S1'), ('S2')")
    await make.execute("INSERT INTO campaign (name, state, store) VALUES ('春', 'sending', 1)")
    with pytest.raises(Refusal) as refused:
        async with scope(role=role, stores=[1 if role == "cashier" else 2]):
            await move_campaign(name="春", target="paused", now=NOON)
    assert refused.value.code in {"not_allowed", "foreign_store", "unknown_campaign"}
    await moved("春", "paused", role="hq_marketing")
    assert (
        await make.value("SELECT role FROM audit_log WHERE table_name = 'campaign' AND action = 'update'")
        == "regulars_hq_marketing"
    )


async def test_p19_three_a_week_means_three_in_any_seven_days_and_not_a_day_more() -> None:
    await shop(members=1)
    await make.execute("DELETE FROM contact_rule")
    await make.execute("INSERT INTO contact_rule (kind, most, days) VALUES ('frequency', 3, 7)")
    told: list[str] = []
    for day in range(9):
        at = NOON + timedelta(days=day)
        await sent(f"{day}", at=at, text=f"第{day}天")
        told += (await outcomes(f"{day}")).values()
        await handed(PretendGateway(), now=at)
    assert told == ["queued"] * 3 + ["frequency_cap"] * 4 + ["queued"] * 2


async def test_p19_other_messages_and_failed_ones_use_up_no_allowance() -> None:
    await shop(members=1)
    for n, (kind, fate) in enumerate(
        [("notice", "accepted"), ("marketing", "failed"), ("marketing", "cancelled"), ("staff", "delivered")]
    ):
        await make.execute(
            "INSERT INTO send_log (member, phone, message_class, dedupe_key, state, business_date) VALUES (1, 'x', $1, $2, $3, $4)",
            kind, f"x:{n}", fate, NOON.date(),
        )  # fmt: skip
    for n in range(3):
        await sent(f"{n}", at=NOON, text=f"{n}")
    assert [(await outcomes(f"{n}"))[1] for n in range(3)] == ["queued", "queued", "frequency_cap"]


async def test_fewer_halves_the_allowance_and_a_plain_campaign_has_its_own() -> None:
    await shop(members=2)
    await make.execute("""UPDATE member SET preferences = '{"fewer": true}' WHERE id = 1""")
    await make.execute("INSERT INTO contact_rule (kind, most, days, plain_only) VALUES ('frequency', 1, 7, true)")
    for day, rhythm in enumerate([None, "event", None, "event", "event", "event"]):
        await sent(f"{day}", at=NOON + timedelta(days=2 * day), text=f"{day}", rhythm=rhythm)
        await handed(PretendGateway(), now=NOON + timedelta(days=2 * day))
        await handed(PretendGateway(), now=NOON + timedelta(days=2 * day))
    told = [await outcomes(f"{day}") for day in range(6)]
    # Instead of 2 in 3 days 1 in 3, instead of one plain one in 7 days one in 14.
    assert [one[1] for one in told] == [
        "accepted",
        "frequency_cap",
        "frequency_cap",
        "accepted",
        "frequency_cap",
        "accepted",
    ]
    assert [one[2] for one in told] == ["accepted", "accepted", "frequency_cap", "accepted", "accepted", "accepted"]


async def test_p21_who_opts_out_after_the_freeze_gets_nothing() -> None:
    await shop(members=3)
    await sent("春", at=NOON)
    await consent(2, granted=False, at=NOON + timedelta(seconds=1))
    gateway = PretendGateway()
    for _ in range(3):
        await handed(gateway, now=NOON + timedelta(seconds=2))
    assert {message.phone for message in gateway.left} == {"+8613900000001", "+8613900000003"}
    assert (await outcomes("春"))[2] == "opted_out"
    await sent("夏", at=NOON + timedelta(days=30))
    assert (await outcomes("夏"))[2] == "opted_out"
    await good()


async def test_a_number_that_went_to_somebody_else_gets_nothing() -> None:
    await shop(members=2)
    await sent("春", at=NOON)
    await make.execute("UPDATE member SET phone = '+8613988888888' WHERE id = 1")
    gateway = PretendGateway()
    for _ in range(2):
        await handed(gateway, now=NOON)
    assert [message.phone for message in gateway.left] == ["+8613900000002"]
    assert (await outcomes("春"))[1] == "invalid_phone"


async def test_the_list_tells_how_far_each_campaign_is() -> None:
    await shop(members=3)
    await consent(1, granted=False, at=NOON)
    await sent("春", at=NOON)
    await handed(PretendGateway(), now=NOON)
    async with scope(role="hq_viewer"):
        (one,) = await newest_campaigns()
    assert (one.name, one.state, one.audience, one.size, one.scheduled_at) == ("春", "sending", 3, 2, NOON)
    assert one.accepted >= 1

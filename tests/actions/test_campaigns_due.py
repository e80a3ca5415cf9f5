"""Steps that freeze themselves: when, whom for, and what happens when they cannot; which version goes to the rest."""

import asyncio
from decimal import Decimal

import pytest

from queries.invariants import check_all
from rules.winners import Tried, decided
from tests import make
from tests.actions.test_campaigns_freeze import NOON, shop
from tests.campaigning import consent
from tests.campaigns_running import HOUR, MINUTE, clicked, leave, planned, rows, tick, told, trial, wave
from tests.pretend_gateway import PretendGateway

pytestmark = pytest.mark.usefixtures("db")


async def good() -> None:
    assert await check_all(progress=lambda *_: None) == []


async def test_each_step_is_frozen_in_its_time_and_the_campaign_ends_after_the_last() -> None:
    await shop(members=3)
    await planned(wave(), wave("后天见", at=NOON + 4 * HOUR))
    assert await tick(NOON - 3 * MINUTE) == 0
    assert await told() == ("scheduled", None)
    assert await tick(NOON - 2 * MINUTE) == 1
    gateway = PretendGateway()
    await leave(gateway, now=NOON - MINUTE)
    assert gateway.left == [], "frozen early, but nothing leaves before its time"
    await leave(gateway, now=NOON)
    assert (len(gateway.left), await told()) == (3, ("sending", None))
    assert await tick(NOON + 4 * HOUR) == 1
    await leave(gateway, now=NOON + 4 * HOUR)
    assert (await tick(NOON + 4 * HOUR), len(gateway.left), await told()) == (0, 6, ("finished", None))
    await good()


async def test_two_clocks_at_once_freeze_once() -> None:
    await shop(members=4)
    await planned(wave())
    assert sum(await asyncio.gather(*(tick(NOON) for _ in range(3)))) == 1
    assert await rows(1) == dict.fromkeys(range(1, 5), "queued")


async def test_a_freeze_that_was_broken_off_is_taken_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    await shop(members=5)
    await planned(wave())
    monkeypatch.setattr("actions.campaigns_freeze.BATCH", 2)

    def dies(stage: str, done: int, total: int) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await tick(NOON, progress=dies)
    assert (len(await rows(1)), await told()) == (2, ("scheduled", None))
    # Its budget was looked at when it began: what is queued already does not count against the rest.
    await make.execute("UPDATE campaign SET budget = 0")
    assert await tick(NOON + MINUTE) == 1
    assert await rows(1) == dict.fromkeys(range(1, 6), "queued")


async def test_p16_what_nobody_ran_in_time_is_not_sent() -> None:
    await shop(members=3)
    await planned(wave(lasts=HOUR), wave("还没点？{link}", lasts=HOUR, kind="follow_up", follows=1, wait_minutes=5))
    assert await tick(NOON + HOUR) == 1
    assert await tick(NOON + HOUR) == 1
    assert (await rows(1), await rows(2)) == (dict.fromkeys(range(1, 4), "too_late"), {})
    assert await told() == ("finished", None)
    await good()


@pytest.mark.parametrize(
    ("breaks", "reason", "mends"),
    [
        ("UPDATE campaign SET rule = '未知字段 > 1'", "broken_rule", "UPDATE campaign SET rule = ''"),
        ("UPDATE campaign SET budget = 0.11", "over_budget", "UPDATE campaign SET budget = 0.12"),
        ("INSERT INTO sms_budget (amount) VALUES (0)", "over_budget", "DELETE FROM sms_budget"),
        ("UPDATE campaign SET store = 3", "nobody", "UPDATE campaign SET store = 1"),
        ("INSERT INTO blocked_word (word, source) VALUES ('会员日', '')", "blocked_text", "DELETE FROM blocked_word"),
        ("INSERT INTO contact_rule (kind, opens, closes) VALUES ('hours', '20:00', '21:00')", "outside_hours",
         "DELETE FROM contact_rule WHERE kind = 'hours'"),
    ],
)  # fmt: skip
async def test_a_step_that_cannot_be_frozen_pauses_its_campaign_and_says_why(
    breaks: str, reason: str, mends: str
) -> None:
    await shop(members=3)
    await make.make_store("S3")
    await make.execute(
        "INSERT INTO gateway_account (name, gateway, price, opt_out_text) VALUES ('pretend', 'pretend', 0.04, '')"
    )
    await planned(wave())
    await make.execute(breaks)
    await planned(wave("另一条"), name="夏")
    both = breaks.startswith("INSERT") and reason != "blocked_text"
    assert await tick(NOON) == (0 if both else 1), "one campaign's trouble is not another's"
    assert (await told(), await rows(1)) == (("paused", reason), {})
    assert await make.value("SELECT state FROM campaign_step WHERE id = 1") == "draft"
    await make.execute(mends)
    await make.execute("UPDATE campaign SET state = 'sending', reason = NULL")
    await tick(NOON + MINUTE)
    assert set((await rows(1)).values()) == {"queued"}


async def test_a_follow_up_reaches_who_got_the_message_and_did_not_click() -> None:
    await shop(members=6)
    await consent(6, granted=False, at=NOON)
    await planned(wave(), wave("还没点？{link}", kind="follow_up", follows=1, wait_minutes=30))
    gateway = PretendGateway()
    await tick(NOON)
    await leave(gateway, now=NOON)
    await make.execute("UPDATE send_log SET state = 'failed' WHERE member = 5")
    await clicked(1, step=1, now=NOON + MINUTE)
    await clicked(2, step=1, now=NOON + MINUTE, preview=True)
    assert await tick(NOON + 29 * MINUTE) == 0
    assert await tick(NOON + 30 * MINUTE) == 1
    assert await rows(2) == {2: "queued", 3: "queued", 4: "queued"}
    await clicked(3, step=1, now=NOON + 31 * MINUTE)
    await leave(gateway, now=NOON + 31 * MINUTE)
    assert (await rows(2))[3] == "clicked", "who clicks before it leaves needs no reminder"
    assert sorted(one.phone[-1] for one in gateway.left[5:]) == ["2", "4"]


async def test_a_follow_up_waits_for_the_morning() -> None:
    await shop(members=1)
    evening = NOON + 8 * HOUR + 59 * MINUTE
    await planned(
        wave(at=evening, lasts=20 * HOUR), wave("在吗？", lasts=40 * HOUR, kind="follow_up", follows=1, wait_minutes=5)
    )
    await tick(evening)
    await leave(PretendGateway(), now=evening)
    assert await tick(evening + 5 * MINUTE) == 0
    assert await tick(NOON + 20 * HOUR) == 1


@pytest.mark.parametrize("by", ["click", "purchase"])
async def test_the_better_version_goes_to_those_who_were_left_aside(by: str) -> None:
    await shop(members=60)
    await planned(
        trial("0.5", "0.5", sample="0.6"), wave("胜出的", kind="winner", follows=1, wait_minutes=60, winner_by=by),
        holdout=Decimal("0.2"),
    )  # fmt: skip
    gateway = PretendGateway()
    await tick(NOON)
    await leave(gateway, now=NOON)
    tried = await rows(1)
    of_b = await make.fetch(
        "SELECT member FROM send_log l JOIN campaign_variant v ON v.id = l.variant WHERE v.label = 'B' AND l.state = 'accepted'"
    )
    if by == "click":
        await clicked(*(row["member"] for row in of_b), step=1, now=NOON + MINUTE)
    for row in of_b if by == "purchase" else []:
        await make.sell(f"R{row['member']}", at=NOON + MINUTE, member=row["member"])
    assert await tick(NOON + HOUR) == 1
    second = await rows(2)
    assert second.keys() == set(range(1, 61)) - tried.keys()
    assert (set(tried.values()), set(second.values())) == ({"accepted", "holdout"}, {"queued", "holdout"})
    steps = await make.fetch("SELECT winner, verdict, text, landing FROM campaign_step ORDER BY number")
    assert (steps[0]["winner"], steps[0]["verdict"]) == ("B", "significant")
    assert (steps[1]["text"], steps[1]["landing"]) == ("B版，点{link} 看", "B页")
    await leave(gateway, now=NOON + HOUR)
    assert (await tick(NOON + HOUR), await told()) == (0, ("finished", None))


@pytest.mark.parametrize(
    ("hits", "won", "verdict"),
    [
        ((10, 40), "B", "significant"), ((40, 10), "A", "significant"), ((20, 20), "A", "unclear"), ((0, 0), "A", "unclear"),
        ((20, 22), "B", "unclear"), ((10, 40, 41), "C", "unclear"), ((10, 12, 60), "C", "significant"), ((0, 0, 1), "C", "unclear"),
    ],
)  # fmt: skip
def test_a_winner_is_called_significant_only_when_it_beats_every_other(
    hits: tuple[int, ...], won: str, verdict: str
) -> None:
    versions = [Tried(label=label, trials=100, hits=hit) for label, hit in zip("ABC", hits, strict=False)]
    assert decided(versions=versions) == (won, verdict)
    assert decided(versions=versions[::-1]) == (won, verdict)


async def test_held_out_people_get_nothing_of_any_step() -> None:
    await shop(members=40)
    await planned(
        wave(), wave("明天见", at=NOON + HOUR), wave("点了吗？", kind="follow_up", follows=1, wait_minutes=1),
        holdout=Decimal("0.3"),
    )  # fmt: skip
    gateway = PretendGateway()
    for now in (NOON, NOON + HOUR, NOON + 2 * HOUR, NOON + 5 * HOUR):
        await tick(now)
        await leave(gateway, now=now)
    held = {member for member, why in (await rows(1)).items() if why == "holdout"}
    assert 0 < len(held) < 40
    assert held == {member for member, why in (await rows(2)).items() if why == "holdout"}
    assert not held & (await rows(3)).keys()
    assert not held & {int(one.phone[-8:]) for one in gateway.left}

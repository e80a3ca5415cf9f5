"""A code leaves: at once, before all else, with the same digits however often it is offered."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import redis

from actions.messages import hand_over
from config.settings import settings
from gateways.protocol import Account, Answer
from gateways.simulator import Simulator
from rules.codes import code_digits, code_key
from tests import make
from tests.actions.code_desk import DAY, KEPT, MINUTE, NOW, SECOND, ask, handed, shop, texts
from tests.pretend_gateway import PretendGateway
from tests.pretend_gateway import handed as one_round

pytestmark = pytest.mark.usefixtures("db")


def told(*, row: int) -> str:
    """What the member reads."""
    return KEPT.replace("******", code_digits(key=code_key(secret=settings().secret), row=row))


@pytest.mark.parametrize("hour", [3, 7, 22])
async def test_it_does_not_wait_for_the_morning(hour: int) -> None:
    await shop()
    night = NOW.replace(hour=hour)
    await ask(night)
    assert len((await handed(now=night)).left) == 1


async def test_it_does_not_wait_for_a_day_of_notices() -> None:
    await shop()
    await make.execute(
        "INSERT INTO send_log (member, phone, store, message_class, dedupe_key, text, state, scheduled_at, send_before)"
        " SELECT 1, '+8613900000001', 1, CASE n WHEN 4 THEN 'staff' ELSE 'notice' END, 'n' || n, 'n' || n, 'queued', $1, $2"
        " FROM generate_series(1, 4) n",
        NOW - 5 * MINUTE, NOW + DAY,
    )  # fmt: skip
    await ask()
    gateway = PretendGateway()
    await one_round(gateway, now=NOW, limit=3)
    assert {message.id for message in gateway.left} <= {4, 5}
    await handed(gateway)
    assert {message.id for message in gateway.left[:2]} == {4, 5}
    assert len(gateway.left) == 5


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE template SET is_active = false WHERE kind = 'redeem_code'",
        "DELETE FROM template WHERE kind = 'redeem_code'",
        "UPDATE template SET text = '您正在{store}使用积分' WHERE kind = 'redeem_code'",
    ],
)
async def test_without_a_good_template_it_is_skipped_with_the_reason(change: str) -> None:
    await shop()
    await make.execute(change)
    await ask()
    assert (await handed()).left == []
    (row,) = await texts()
    assert (row["state"], row["reason"], row["text"]) == ("skipped", "no_template", None)


async def test_a_second_offer_of_what_may_have_left_says_the_same() -> None:
    await shop()
    await ask()
    gateway = PretendGateway()
    gateway.before = TimeoutError()
    await handed(gateway)
    assert ((await texts())[0]["state"], (await texts())[0]["text"]) == ("queued", KEPT)
    await make.execute("UPDATE template SET text = '新{code}' WHERE kind = 'redeem_code'")
    gateway.before, offered = None, NOW + 3 * MINUTE
    await handed(gateway, offered)
    assert gateway.left[0].text == told(row=1)
    assert (await texts())[0]["text"] == KEPT


async def test_what_surely_stayed_counts_its_minutes_anew_and_never_leaves_when_they_are_over() -> None:
    await shop()
    await ask()
    gateway = PretendGateway()
    gateway.answer = lambda message: Answer(id=message.id, state="again")
    await handed(gateway)
    assert (await texts())[0]["text"] is None
    await handed(gateway, NOW + MINUTE)
    gateway.answer = PretendGateway().answer
    await handed(gateway, NOW + 2 * MINUTE + 31 * SECOND)
    assert "，2分钟内有效" in gateway.left[0].text
    await ask(late := NOW + timedelta(hours=1))
    assert (await handed(now=late + 5 * MINUTE)).left == []
    assert (await texts())[-1]["reason"] == "too_late"


@pytest.fixture
async def simulator(server: None) -> AsyncIterator[Simulator]:
    """Phones that have not got anything yet, behind the account that every chain is born with."""
    await make.execute(
        "INSERT INTO gateway_account (name, gateway, opt_out_text) VALUES ('simulator', 'simulator', '')"
    )
    with redis.Redis.from_url(settings().redis_url) as client:
        client.flushall()
        async with Simulator(Account(name="simulator", gateway="simulator", redis_url=settings().redis_url)) as sms:
            yield sms
        client.flushall()


async def test_the_pretend_phone_shows_the_digits(simulator: Simulator) -> None:
    await shop()
    await ask()
    await hand_over(worker="w", clock=lambda: NOW, zone=make.ZONE, gateways={"simulator": simulator})
    (phone,) = await simulator.phones(now=NOW)
    assert [text.text for text in phone.texts] == [told(row=1)]

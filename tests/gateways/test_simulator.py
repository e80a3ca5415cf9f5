"""The simulator: pretend phones in a real Redis; and the registry of gateways."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import redis

from config.errors import ConfigError
from config.settings import settings
from gateways.protocol import Gateway, Message
from gateways.registry import gateway
from gateways.simulator import PretendText, Simulator
from tests.make import ZONE

NOW = datetime(2031, 3, 31, 13, tzinfo=ZONE)
SECOND = timedelta(seconds=1)


@pytest.fixture
def simulator(server: None) -> Iterator[Simulator]:
    """Phones that have not got anything yet."""
    with redis.Redis.from_url(settings().redis_url) as client:
        client.flushall()
    sms = gateway(name="simulator")
    assert isinstance(sms, Simulator)
    yield sms
    with redis.Redis.from_url(settings().redis_url) as client:
        client.flushall()


def message(number: int, phone: str = "+8613900000001", text: str = "【回头客】您好") -> Message:
    return Message(id=number, phone=phone, text=text)


async def test_texts_arrive_and_are_reported_after_a_moment(simulator: Simulator) -> None:
    (answer,) = await simulator.send(messages=[message(1)], now=NOW)
    assert (answer.id, answer.state, answer.gateway_message_id) == (1, "accepted", "sim-1")
    assert await simulator.reports(now=NOW + 2 * SECOND) == []
    (report,) = await simulator.reports(now=NOW + 3 * SECOND)
    assert (report.gateway_message_id, report.state, report.at) == ("sim-1", "delivered", NOW + 3 * SECOND)


async def test_some_numbers_fail_always_in_the_same_way(simulator: Simulator) -> None:
    dead, off = message(1, "+8613900010000"), message(2, "+8613900000007")
    answers = await simulator.send(messages=[dead, off], now=NOW)
    assert [(answer.state, answer.error_class) for answer in answers] == [("failed", "dead_number"), ("accepted", None)]
    (report,) = await simulator.reports(now=NOW + 5 * SECOND)
    assert (report.gateway_message_id, report.state, report.error_class) == ("sim-2", "failed", "off_or_absent")
    assert [phone.phone for phone in await simulator.phones(now=NOW)] == ["139****0007"]


async def test_the_same_message_offered_twice_leaves_once_and_is_reported(simulator: Simulator) -> None:
    first = await simulator.send(messages=[message(1)], now=NOW)
    await simulator.reports(now=NOW + 3 * SECOND)
    again = await simulator.send(messages=[message(1)], now=NOW + timedelta(hours=1))
    assert again == first
    (phone,) = await simulator.phones(now=NOW + timedelta(hours=1))
    assert len(phone.texts) == 1
    assert len(await simulator.reports(now=NOW + timedelta(hours=1, seconds=3))) == 1


async def test_a_rebuilt_database_begins_its_ids_anew(simulator: Simulator) -> None:
    await simulator.send(messages=[message(1, text="一")], now=NOW)
    await simulator.send(messages=[message(1, text="二")], now=NOW + SECOND)
    (phone,) = await simulator.phones(now=NOW + SECOND)
    assert [text.text for text in phone.texts] == ["二", "一"]


async def test_a_report_is_told_again_for_a_while_and_then_no_more(simulator: Simulator) -> None:
    await simulator.send(messages=[message(1)], now=NOW)
    told = [len(await simulator.reports(now=NOW + n * SECOND)) for n in (3, 8, 100, 130, 140)]
    assert told == [1, 1, 1, 1, 0]


async def test_a_late_reader_still_hears_of_everything_once(simulator: Simulator) -> None:
    await simulator.send(messages=[message(1)], now=NOW)
    assert len(await simulator.reports(now=NOW + timedelta(days=1))) == 1


async def test_phones_show_their_newest_texts_masked(simulator: Simulator) -> None:
    await simulator.send(messages=[message(1, text="一")], now=NOW)
    await simulator.send(messages=[message(2, "+8613900000007", "二")], now=NOW + SECOND)
    await simulator.send(messages=[message(3, text="三")], now=NOW + 5 * SECOND)
    one, off = await simulator.phones(now=NOW + 6 * SECOND)
    assert (one.phone, off.phone) == ("139****0001", "139****0007")
    assert [(text.text, text.state) for text in one.texts] == [("三", "accepted"), ("一", "delivered")]
    assert off.texts == (PretendText(text="二", at=NOW + SECOND, state="failed"),)


async def test_a_phone_keeps_its_newest_fifty(simulator: Simulator) -> None:
    await simulator.send(messages=[message(n, text=str(n)) for n in range(60)], now=NOW)
    (phone,) = await simulator.phones(now=NOW, texts=100)
    assert [text.text for text in phone.texts] == [str(n) for n in range(59, 9, -1)]


async def test_redis_may_forget_everything(simulator: Simulator) -> None:
    await simulator.send(messages=[message(1)], now=NOW)
    with redis.Redis.from_url(settings().redis_url) as client:
        client.flushall()
    assert await simulator.phones(now=NOW) == []
    assert await simulator.reports(now=NOW + 9 * SECOND) == []


async def test_without_redis_nobody_knows_what_was_taken() -> None:
    with pytest.raises(OSError, match="Redis does not answer"):
        await Simulator(redis_url="unix:///nowhere/redis.sock").send(messages=[message(1)], now=NOW)


def test_an_unknown_gateway_is_named_with_those_that_exist() -> None:
    with pytest.raises(ConfigError, match=r"REGULARS_GATEWAY is 'pigeon'.*simulator"):
        gateway(name="pigeon")


def test_every_gateway_speaks_the_protocol() -> None:
    sms: Gateway = gateway(name="simulator")
    assert sms.name == "simulator"
    assert sms.idempotent

"""The simulator: pretend phones in a real Redis; and the registry of gateways."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
import redis

from config.errors import ConfigError
from config.settings import settings
from gateways.protocol import Account, BadAccountError, Message
from gateways.registry import kinds, known, opened
from gateways.simulator import FAULTS, PretendText, Simulator
from tests.make import ZONE

NOW = datetime(2031, 3, 31, 13, tzinfo=ZONE)
SECOND = timedelta(seconds=1)


def pretend(name: str = "simulator", url: str | None = None) -> Simulator:
    sms = opened(account=Account(name=name, gateway="simulator", redis_url=url or settings().redis_url))
    assert isinstance(sms, Simulator)
    return sms


@pytest.fixture
async def simulator(server: None) -> AsyncIterator[Simulator]:
    """Phones that have not got anything yet."""
    with redis.Redis.from_url(settings().redis_url) as client:
        client.flushall()
        async with pretend() as sms:
            yield sms
        client.flushall()


def message(number: int, phone: str = "+8613900000001", text: str = "【回头客】您好") -> Message:
    return Message(id=number, phone=phone, text=text)


async def test_texts_arrive_and_are_reported_after_a_moment(simulator: Simulator) -> None:
    (answer,) = await simulator.send(messages=[message(1)], now=NOW)
    assert (answer.id, answer.state, answer.gateway_message_id) == (1, "accepted", "sim-1")
    assert await simulator.reports(now=NOW + 2 * SECOND) == []
    (report,) = await simulator.reports(now=NOW + 3 * SECOND)
    assert (report.gateway_message_id, report.message, report.state) == ("sim-1", 1, "delivered")
    assert report.at == NOW + 3 * SECOND


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


async def test_a_report_is_told_again_to_others_for_a_while(simulator: Simulator) -> None:
    await simulator.send(messages=[message(1)], now=NOW)
    told = [len(await pretend().reports(now=NOW + n * SECOND)) for n in (3, 8, 33, 63, 130, 170)]
    assert told == [1, 0, 1, 1, 0, 0], "hidden for half a minute, then told again, for two minutes"


async def test_who_asks_again_has_kept_what_was_told(simulator: Simulator) -> None:
    await simulator.send(messages=[message(n) for n in range(1500)], now=NOW)
    told = [len(await simulator.reports(now=NOW + 3 * SECOND)) for _ in range(3)]
    assert told == [1000, 500, 0]
    assert await pretend().reports(now=NOW + 60 * SECOND) == []


async def test_a_late_reader_still_hears_of_everything_once(simulator: Simulator) -> None:
    await simulator.send(messages=[message(1)], now=NOW)
    assert len(await simulator.reports(now=NOW + timedelta(days=1))) == 1


async def test_a_phone_replies_and_the_reply_is_polled_with_the_same_number(simulator: Simulator) -> None:
    await simulator.send(messages=[message(1)], now=NOW)
    await simulator.say(phone="+8613900000001", text="R 谢谢", now=NOW + SECOND)
    await simulator.say(phone="+8613900000001", text="R 谢谢", now=NOW + SECOND)
    one, two = await pretend().replies(now=NOW + 2 * SECOND)
    assert (one.phone, one.text, one.at) == ("+8613900000001", "R 谢谢", NOW + SECOND)
    assert one.gateway_reply_id != two.gateway_reply_id
    assert await pretend("other").replies(now=NOW + 2 * SECOND) == []
    assert await pretend().replies(now=NOW + 40 * SECOND) == [one, two], "told twice it is the same reply"
    (phone,) = await simulator.phones(now=NOW + 9 * SECOND)
    assert [(text.text, text.state) for text in phone.texts][1:] == [
        ("R 谢谢", "said"),
        ("【回头客】您好", "delivered"),
    ]


async def test_each_account_hears_of_its_own_messages(simulator: Simulator) -> None:
    second = pretend("second")
    await simulator.send(messages=[message(1)], now=NOW)
    await second.send(messages=[message(2)], now=NOW)
    assert [report.message for report in await second.reports(now=NOW + 3 * SECOND)] == [2]
    (phone,) = await simulator.phones(now=NOW)
    assert [text.account for text in phone.texts] == ["second", "simulator"]


async def test_phones_show_their_newest_texts_masked(simulator: Simulator) -> None:
    await simulator.send(messages=[message(1, text="一")], now=NOW)
    await simulator.send(messages=[message(2, "+8613900000007", "二")], now=NOW + SECOND)
    await simulator.send(messages=[message(3, text="三")], now=NOW + 5 * SECOND)
    one, off = await simulator.phones(now=NOW + 6 * SECOND)
    assert (one.phone, off.phone) == ("139****0001", "139****0007")
    assert [(text.text, text.state) for text in one.texts] == [("三", "accepted"), ("一", "delivered")]
    assert off.texts == (PretendText(text="二", at=NOW + SECOND, state="failed", account="simulator"),)
    assert "13900000007" not in repr(off)


async def test_phones_forget_old_texts_and_redis_old_phones(simulator: Simulator) -> None:
    await simulator.send(messages=[message(n, text=str(n)) for n in range(30)], now=NOW)
    (phone,) = await simulator.phones(now=NOW, texts=100)
    assert [text.text for text in phone.texts] == [str(n) for n in range(29, 9, -1)]
    for start in range(100, 2200, 500):
        many = [message(n, f"+861380000{n:04}", text="好") for n in range(start, start + 500)]
        await simulator.send(messages=many, now=NOW + SECOND)
    with redis.Redis.from_url(settings().redis_url) as client:
        assert len(client.keys("regulars:simulator:phone:*")) == 2000
        assert all(client.ttl(key) > 0 for key in client.keys("regulars:simulator:taken:*"))


async def test_a_gateway_that_is_down_takes_nothing(simulator: Simulator) -> None:
    await simulator.switch(faults={"down": 1})
    (answer,) = await simulator.send(messages=[message(1)], now=NOW)
    assert (answer.state, answer.error_class) == ("again", "gateway_down")
    assert await simulator.phones(now=NOW) == []
    await simulator.switch(faults={})
    assert (await simulator.send(messages=[message(1)], now=NOW))[0].state == "accepted"


async def test_every_second_message_is_refused_and_a_lone_one_is_not(simulator: Simulator) -> None:
    await simulator.switch(faults={"half": 1})
    answers = await simulator.send(messages=[message(n, text=str(n)) for n in range(4)], now=NOW)
    assert [answer.state for answer in answers] == ["accepted", "again", "accepted", "again"]
    assert (await simulator.send(messages=[message(1)], now=NOW))[0].state == "accepted"
    (phone,) = await simulator.phones(now=NOW)
    assert len(phone.texts) == 3


async def test_a_silent_gateway_takes_everything_and_never_answers(simulator: Simulator) -> None:
    await simulator.switch(faults={"silent": 1})
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(simulator.send(messages=[message(1)], now=NOW), timeout=0.1)
    assert len(await simulator.phones(now=NOW)) == 1
    await simulator.switch(faults={})
    await simulator.send(messages=[message(1)], now=NOW + SECOND)
    (phone,) = await simulator.phones(now=NOW)
    assert len(phone.texts) == 1, "the same id leaves once"


async def test_a_slow_gateway_answers_after_its_seconds(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    slept = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("gateways.simulator.asyncio.sleep", sleep)
    await simulator.switch(faults={"slow": 7})
    assert (await simulator.send(messages=[message(1)], now=NOW))[0].state == "accepted"
    await simulator.switch(faults={"slow": 900})
    await simulator.send(messages=[message(2)], now=NOW)
    assert slept == [7, 60]


@pytest.mark.parametrize(("fault", "told"), [("unreported", [0, 0]), ("doubled", [2, 0]), ("late", [0, 1])])
async def test_reports_that_come_not_twice_or_late(simulator: Simulator, fault: str, told: list[int]) -> None:
    await simulator.switch(faults={fault: 1})  # type: ignore[dict-item]
    await simulator.send(messages=[message(1)], now=NOW)
    for seconds, number in zip((3, 180), told, strict=True):
        reports = await pretend().reports(now=NOW + seconds * SECOND)
        assert len(reports) == number
        assert len({(report.message, report.state) for report in reports}) == min(number, 1)


async def test_faults_are_off_by_default_and_go_off_by_themselves(simulator: Simulator) -> None:
    assert await simulator.faults() == {}
    await simulator.switch(faults=dict.fromkeys(FAULTS, 1))
    assert set(await simulator.faults()) == set(FAULTS)
    assert await pretend("other").faults() == {}
    with redis.Redis.from_url(settings().redis_url) as client:
        lasts = [client.ttl(key) for key in client.keys("regulars:simulator:fault:*")]
    assert len(lasts) == len(FAULTS)
    assert all(0 < seconds <= 3600 for seconds in lasts)


async def test_redis_may_forget_everything(simulator: Simulator) -> None:
    await simulator.send(messages=[message(1)], now=NOW)
    with redis.Redis.from_url(settings().redis_url) as client:
        client.flushall()
    assert await simulator.phones(now=NOW) == []
    assert await simulator.reports(now=NOW + 9 * SECOND) == []


async def test_without_redis_nobody_knows_what_was_taken() -> None:
    with pytest.raises(OSError, match="Redis does not answer"):
        await pretend(url="unix:///nowhere/redis.sock").send(messages=[message(1)], now=NOW)


def test_an_unknown_gateway_is_named_with_those_that_exist() -> None:
    with pytest.raises(ConfigError, match=r"REGULARS_GATEWAY is 'pigeon'.*simulator"):
        known(kind="pigeon")
    with pytest.raises(BadAccountError, match=r"no gateway pigeon.*simulator"):
        opened(account=Account(name="post", gateway="pigeon"))


def test_the_simulator_is_one_of_the_kinds() -> None:
    assert kinds()["simulator"] is Simulator
    sms = pretend("second")
    assert (sms.name, sms.idempotent, sms.polls, sms.most) == ("second", True, True, 500)

"""Answers of Aliyun that never came: unknown, and asked for by the reference that travelled with the call."""

import json
from datetime import datetime, timedelta

import pytest

from gateways.protocol import HookRequest
from tests.gateways.cloud_site import Fault
from tests.gateways.test_aliyun import both, fates, points
from tests.make import ZONE

NOW = datetime(2031, 3, 31, 13, tzinfo=ZONE)


@pytest.mark.parametrize("fault", ["silence", "break", "500", "words", "list"])
async def test_an_answer_that_never_came_is_unknown_and_asked_for(fault: Fault) -> None:
    """P24: taken, and nobody heard of it. Only that call; and the question finds exactly its messages."""
    async with both() as (site, aliyun):
        if fault == "silence":
            aliyun.longest_answer = 1.0
        site.faults = [fault]
        messages = [points(1), points(2), points(3)]
        answers = await aliyun.send(messages=messages, now=NOW)
        assert set(fates(answers).values()) == {("unknown", "gateway_down")}
        assert len(site.asked) == 1
        never_offered = points(4, phone=1)
        asked = await aliyun.ask(messages=[*messages, never_offered], now=NOW)
        assert fates(asked) == dict.fromkeys((1, 2, 3), ("accepted", None)) | {4: ("again", None)}
        assert len(site.left) == 3
        push = json.dumps([site.pushed(sent) for sent in site.left]).encode()
        told = aliyun.told_reports(request=HookRequest(query={}, headers={}, body=push), now=NOW)
        assert [report.gateway_message_id for report in told] == [answer.gateway_message_id for answer in asked[:3]]


async def test_asking_prefers_what_was_taken_to_what_was_refused_before() -> None:
    async with both() as (site, aliyun):
        await aliyun.send(messages=[points(1)], now=NOW)
        site.status[0] = 2, "MOBILE_SEND_LIMIT"
        (refused,) = await aliyun.ask(messages=[points(1)], now=NOW)
        assert (refused.state, refused.error_class) == ("failed", "capped")
        await aliyun.send(messages=[points(1)], now=NOW)
        (taken,) = await aliyun.ask(messages=[points(1)], now=NOW)
        assert taken.state == "accepted"


async def test_asking_within_72_hours_finds_it_on_its_day() -> None:
    async with both() as (site, aliyun):
        await aliyun.send(messages=[points(1), points(2)], now=NOW)
        for hours, state in ((11, "accepted"), (72, "accepted"), (83, "again")):
            site.now = NOW + timedelta(hours=hours)
            (answer,) = await aliyun.ask(messages=[points(2)], now=site.now)
            assert answer.state == state


async def test_asking_reads_every_page_and_doubts_a_list_without_end() -> None:
    async with both() as (site, aliyun):
        await aliyun.send(messages=[points(1, phone=1)], now=NOW)
        first = site.left.pop()
        await aliyun.send(messages=[points(2, phone=1)], now=NOW)
        site.left = site.left * 60 + [first]
        (last,) = await aliyun.ask(messages=[points(1, phone=1)], now=NOW)
        assert last.state == "accepted"
        site.left *= 5
        (lost,) = await aliyun.ask(messages=[points(500, phone=1)], now=NOW)
        assert lost.state == "unknown"


@pytest.mark.parametrize("everywhere", [(200, "isp.SYSTEM_ERROR"), (403, "Forbidden.RAM"), (500, "OK")])
async def test_a_question_without_an_answer_settles_nothing(everywhere: tuple[int, str]) -> None:
    async with both() as (site, aliyun):
        site.everywhere = everywhere
        (answer,) = await aliyun.ask(messages=[points(1)], now=NOW)
        assert answer.state == "unknown"

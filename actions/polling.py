"""Accounts whose gateways have to be asked: for their reports and for what phones replied."""

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

from actions.replies import take_replies
from actions.reports import MOST, join_reports, take_reports
from gateways.protocol import Gateway

# Whoever still has more is asked again at the next turn.
_MOST_CALLS = 50


async def ask_reports(*, gateway: Gateway, now: datetime) -> int:
    """Asks an open gateway for its reports until it has no new ones; returns how many were kept. Opens its own scopes."""
    kept = 0
    for _ in range(_MOST_CALLS):
        async with asyncio.timeout(gateway.longest_call):
            told = await gateway.reports(now=now)
        fresh = await take_reports(gateway=gateway.name, reports=told, now=now)
        kept += fresh
        if fresh == 0:
            break
    return kept


async def ask_replies(*, gateway: Gateway, now: datetime, zone: ZoneInfo, secret: str) -> int:
    """Asks an open gateway for replies until it has no new ones; returns how many were kept. `secret` is the installation's.
    Opens its own scopes; afterwards the caller wakes a worker, for some are answered.
    """
    kept = 0
    for _ in range(_MOST_CALLS):
        async with asyncio.timeout(gateway.longest_call):
            told = await gateway.replies(now=now)
        fresh = await take_replies(gateway=gateway.name, replies=told, now=now, zone=zone, secret=secret)
        kept += fresh
        if fresh == 0:
            break
    return kept


async def poll_reports(*, gateway: Gateway, now: datetime) -> int:
    """Opens a gateway, asks for its reports and joins what waits; returns how many messages got their end. Opens its own
    scopes.
    """
    async with gateway:
        await ask_reports(gateway=gateway, now=now)
    ended = 0
    while True:
        done = await join_reports(now=now)
        ended += done.ended
        if done.taken < MOST:
            return ended

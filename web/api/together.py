"""Receipts of one key that come while others of it are being posted are posted together.

Posting a set costs little more than posting one: a cloud that sends for two hundred tills, or a till that sends all it kept,
is not held up, and holds up nobody. Each receipt has its own fate, as if it had come alone.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import date, datetime

from actions.keys import KeyIdentity
from actions.tills_counter import Said
from actions.tills_purchases import Receipt, post_apart

MOST_AT_ONCE = 32


@dataclass(slots=True)
class _Waiting:
    receipt: Receipt
    now: datetime
    today: date
    said: asyncio.Future[Said]


@dataclass(slots=True)
class Together:
    """One of them for the whole process; it holds nothing when nobody waits."""

    _waiting: dict[int, deque[_Waiting]] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def post(self, *, who: KeyIdentity, receipt: Receipt, now: datetime, today: date) -> Said:
        """Records a receipt. Raises what `post` of actions/tills_purchases refuses it for."""
        one = _Waiting(receipt=receipt, now=now, today=today, said=asyncio.get_running_loop().create_future())
        if who.id in self._waiting:
            self._waiting[who.id].append(one)
        else:
            self._waiting[who.id] = deque((one,))
            task = asyncio.create_task(self._drain(who))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await one.said

    async def _drain(self, who: KeyIdentity) -> None:
        waiting = self._waiting[who.id]
        try:
            while waiting:
                await _post(who, _next(waiting))
        finally:
            del self._waiting[who.id]
            for one in waiting:
                one.said.cancel()


def _next(waiting: deque[_Waiting]) -> list[_Waiting]:
    """Those that go together: of each member one, so that each answer tells the balance after its own receipt."""
    taken: list[_Waiting] = []
    members: set[str] = set()
    for _ in range(len(waiting)):
        one = waiting.popleft()
        if one.receipt.phone in members or len(taken) == MOST_AT_ONCE:
            waiting.append(one)
        else:
            taken.append(one)
            if one.receipt.phone is not None:
                members.add(one.receipt.phone)
    return taken


async def _post(who: KeyIdentity, taken: list[_Waiting]) -> None:
    last = taken[-1]
    try:
        answers = await post_apart(who=who, receipts=[one.receipt for one in taken], now=last.now, today=last.today)
    except Exception as error:  # noqa: BLE001  each of those who wait is told, and tells it in its own way
        answers = [error] * len(taken)
    for one, answer in zip(taken, answers, strict=True):
        if one.said.done():
            continue
        if isinstance(answer, Said):
            one.said.set_result(answer)
        else:
            one.said.set_exception(answer)

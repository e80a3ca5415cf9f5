"""Messages through the real queue: worker and clock processes and the simulator. What is killed: test_sending_storm.py."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from config.settings import settings
from gateways.protocol import Account
from gateways.simulator import Simulator
from tests import make
from tests.tasks.test_worker import CLOCK, WORKER, Start, start
from tests.waiting import until

__all__ = ["start"]

PATIENCE = 30.0
MANY = 1_200  # more than two chunks: the first actor has to wake the next


async def staff_messages(*, number: int) -> None:
    """Messages that do not ask what time it is: a process has the real clock."""
    await make.make_program()
    await make.make_store()
    await make.execute("INSERT INTO gateway_account (name, gateway) VALUES ('simulator', 'simulator')")
    await make.execute(
        "INSERT INTO send_log (phone, store, message_class, dedupe_key, text, state, attempts, scheduled_at, send_before)"
        " SELECT '+8613' || (900000000 + n * 10 + 1), 1, 'staff', 'test:' || n, '【回头客】' || n, 'queued', 0, $2, $3"
        " FROM generate_series(1, $1) n",
        number, datetime.now(UTC), datetime.now(UTC) + timedelta(hours=1),
    )  # fmt: skip


def all_are(state: str) -> Callable[[], Awaitable[bool]]:
    async def asked() -> bool:
        return bool(await make.value("SELECT bool_and(state = $1) FROM send_log", state))

    return asked


async def texts_shown() -> int:
    """How many texts all pretend phones hold together."""
    sms = Simulator(Account(name="simulator", gateway="simulator", redis_url=settings().redis_url))
    phones = await sms.phones(now=datetime.now(UTC), most=MANY, texts=50)
    return sum(len(phone.texts) for phone in phones)


async def test_messages_leave_and_are_delivered_by_themselves(start: Start) -> None:
    await staff_messages(number=3)
    start(*WORKER)
    start(*CLOCK)
    await until(all_are("delivered"), seconds=PATIENCE, what="all are delivered")
    assert await texts_shown() == 3

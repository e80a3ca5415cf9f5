"""A counter at which codes are asked for and read out: a refusal is an answer, and what it cost is committed."""

import re
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any

from actions.codes import CodeAsked, ask_code, sent_when_required, verify_code
from actions.points import Posted, redeem
from rules.refusals import Refusal
from tables.access import Role
from tables.scope import current, scope
from tests import make
from tests.pretend_gateway import PretendGateway
from tests.pretend_gateway import handed as one_round
from tests.shipped_templates import ship_templates

D = date(2031, 3, 31)
NOW = make.noon(D) + timedelta(hours=1)
# What is kept of the text of a code of store 1.
KEPT = "【回头客】验证码******，您正在S1使用积分，5分钟内有效。请勿告知他人，店员核对时除外。"
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


async def shop(**policy: object) -> None:
    """Stores 1 and 2, member 1 of store 1 with 100 points; a code from 50 points on."""
    await make.make_program(**{"redeem_code_from": 50} | policy)  # type: ignore[arg-type]
    await make.make_member(store=await make.make_store())
    await make.make_store("S2")
    await make.sell("A", at=make.noon(D))
    await ship_templates()


async def at_desk(
    deed: Callable[[], Awaitable[Any]],
    *,
    role: Role = "cashier",
    stores: tuple[int, ...] = (1, 2),
    key: int | None = None,
    address: str = "",
) -> Any:
    """What a deed answers, or the code of its refusal; the scope is committed either way."""
    async with scope(role=role, stores=stores, key=key, address=address):
        try:
            return await deed()
        except Refusal as refusal:
            return refusal.code


async def ask(now: datetime = NOW, *, member: int = 1, store: int = 1, **who: Any) -> CodeAsked | str:
    asked: CodeAsked | str = await at_desk(lambda: ask_code(member=member, store=store, now=now), **who)
    return asked


async def verify(
    digits: str, now: datetime = NOW, *, member: int = 1, store: int = 1, reference: str = "1:r", **who: Any
) -> int | str | None:
    found: int | str | None = await at_desk(
        lambda: verify_code(member=member, store=store, code=digits, reference=reference, now=now), **who
    )
    return found


async def spend(
    points: int | None,
    digits: str = "",
    now: datetime = NOW,
    *,
    store: int = 1,
    key: str = "r",
    reward: int | None = None,
) -> Posted | str:
    """As a form does it: verify, then redeem in a savepoint, and a code is sent where one is missing."""

    async def deed() -> Posted:
        code = await verify_code(member=1, store=store, code=digits, reference=f"{store}:{key}", now=now)
        async with sent_when_required(member=1, store=store, now=now):
            await current().execute("SAVEPOINT form")
            try:
                return await redeem(
                    member=1, store=store, reference=key, points=points, reward=reward, code=code, business_date=D
                )
            except Refusal:
                await current().execute("ROLLBACK TO SAVEPOINT form")
                raise

    posted: Posted | str = await at_desk(deed)
    return posted


async def handed(gateway: PretendGateway | None = None, now: datetime = NOW) -> PretendGateway:
    """Offers all that is due to a pretend gateway and returns it, for tests that want to know what left."""
    pretend = gateway or PretendGateway()
    while (await one_round(pretend, now=now)).more:
        pass
    return pretend


def read_out(gateway: PretendGateway) -> str:
    """The digits of the newest text."""
    found = re.search(r"验证码(\d{6})，", gateway.left[-1].text)
    assert found, gateway.left[-1].text
    return found[1]


async def sent(now: datetime = NOW, **where: int) -> str:
    """Asks for a code and reads it from the phone."""
    assert isinstance(await ask(now, **where), CodeAsked)
    return read_out(await handed(now=now))


def wrong(digits: str, n: int = 1) -> str:
    """Six other digits."""
    return f"{(int(digits) + n) % 1_000_000:06}"


async def texts() -> list[dict[str, Any]]:
    return await make.fetch(
        "SELECT dedupe_key, message_class, state, reason, text, parts, phone, store, scheduled_at, send_before FROM send_log ORDER BY id"
    )


async def codes() -> list[tuple[Any, ...]]:
    """Store, wrong guesses, the entry and the end of each."""
    rows = await make.fetch("SELECT store, attempts, entry, expires_at FROM redemption_code ORDER BY id")
    return [tuple(row.values()) for row in rows]

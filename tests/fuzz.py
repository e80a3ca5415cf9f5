"""`python -m tests.fuzz [rounds] [first seed] [examples]`: all that the web process serves, asked oddly by everybody.

A round is a chain of its own, asked by a seed: reads first, which must change nothing, then everything. After the rounds
Schemathesis makes requests from the API's OpenAPI and from the panel's own, which nobody outside is shown. What is wrong is printed with its
seed; the same seed asks the same again.
"""

import asyncio
import json
import logging
import sys
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import tests.conftest as suite  # first of all: it gives this process settings of its own
from app import make_app
from config import servers
from config.settings import settings
from queries.invariants import check_all
from tables.access import STAFF_ROLES, Role
from tables.migrate import migrate
from tables.scope import database
from tests import make
from tests.fuzz_judging import faults
from tests.fuzz_openapi import PANEL, SITE, openapi_of, schemathesis_cases
from tests.fuzz_requests import edit, form, machine, page, panel, view
from tests.fuzz_sending import Answer, Sent, call, identified
from tests.fuzz_values import Odd
from tests.fuzz_world import Route, World, token, world
from web.requests import RequestLog

Many = Mapping[Callable[..., Sent], int]
ROUNDS, FIRST, EXAMPLES = 10, 1, 20
ROLES: tuple[Role | None, ...] = (None, *reversed(STAFF_ROLES))
# How many requests of each kind a role sends in a round: in the suite, and here.
SMALL: Many = {page: 50, view: 16, edit: 20, form: 14, panel: 3}
LARGE: Many = {page: 450, view: 300, edit: 500, form: 200, panel: 30}
_READS = {"GET", "HEAD", "OPTIONS"}
_KEPT_LOG_INS = {"session", "staff", "staff_store", "audit_log", "member_lookup"}
_LOST = {302, 401}


@dataclass
class Told:
    """How it went."""

    operations: set[tuple[str, str]] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        counts = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        return (
            f"{len(self.operations)} operations, {self.statuses.total()} requests ({counts}), {len(self.faults)} faults"
        )


async def asked(*, found: World, role: Role | None, sent: Sent, told: Told) -> Answer:
    """Sends a request as somebody of a role, and judges the answer."""
    known = any(name in {b"cookie", b"authorization"} for name, _ in sent.headers)
    if role is not None and not known:
        sent = replace(sent, headers=(*sent.headers, *identified(found.tokens[role])))
    answer = await call(found.app, sent)
    told.operations.add((sent.method, sent.template))
    told.statuses[answer.status] += 1
    told.faults += faults(role=role, sent=sent, answer=answer)
    if role is not None and not known and answer.status in _LOST and not sent.template.startswith("/hooks/"):
        # A request before it has ended the log-in, as some are meant to.
        found.tokens[role] = await token(role)
    return answer


def drawn(*, odd: Odd, found: World, many: Many, reads: bool) -> list[Sent]:
    """A round's requests of one role; `reads`: only those that may change nothing."""
    requests = [_of_ours(odd, found, route) for route in odd.choices(found.routes, k=many[page])]
    for make_one in (view, edit, form, panel):
        requests += [make_one(odd, found) for _ in range(many[make_one])]
    return [sent for sent in requests if (sent.method in _READS) == reads]


def _of_ours(odd: Odd, found: World, route: Route) -> Sent:
    return (machine if route.of_machines and odd.often(0.9) else page)(odd, found, route)


async def round_of(*, app: RequestLog, seed: int, many: Many, told: Told) -> None:
    """Reads by all roles, then writes, in a chain of its own."""
    odd, found = Odd(seed), await world(app)
    whole, before = await check_all(progress=lambda *_: None), await make.digest()
    for reads in (True, False):
        for role in ROLES:
            for sent in drawn(odd=odd, found=found, many=many, reads=reads):
                await asked(found=found, role=role, sent=sent, told=told)
        if reads:
            after = await make.digest()
            changed = {name for name in before if before[name] != after[name]} - _KEPT_LOG_INS
            told.faults += [f"a read changed {name}" for name in sorted(changed)]
    broken = [one for one in await check_all(progress=lambda *_: None) if one.name not in {was.name for was in whole}]
    told.faults += [f"check: {one}" for one in broken]


async def described(*, app: RequestLog, tables: tuple[str, ...] | None, examples: int, told: Told) -> None:
    """What Schemathesis makes of the descriptions: the panel's, as an administrator (`tables`: None for all), and the API's."""
    found, loop = await world(app), asyncio.get_running_loop()
    bearer = (b"authorization", f"Bearer {found.keys[-1]}".encode())
    published = await call(app, Sent(method="GET", path=b"/api/openapi.json", template=""))

    def as_admin(sent: Sent) -> None:
        wait(asked(found=found, role="hq_admin", sent=sent, told=told))

    def as_till(sent: Sent) -> None:
        wait(asked(found=found, role=None, sent=replace(sent, headers=(*sent.headers, bearer)), told=told))

    def wait(one: Coroutine[Any, Any, Answer]) -> None:
        asyncio.run_coroutine_threadsafe(one, loop).result()

    def both() -> None:
        schemathesis_cases(schema=openapi_of(tables=tables), at=PANEL, examples=examples, ask=as_admin)
        schemathesis_cases(schema=json.loads(published.body), at=SITE, examples=examples, ask=as_till)

    await asyncio.to_thread(both)


async def fuzzed(*, rounds: int, first: int, examples: int) -> Told:
    """The rounds and the description, in a database of this process."""
    await migrate()
    told, app = Told(), make_app()
    # A line for each of some ten thousand requests would hide what is wrong.
    logging.disable(logging.INFO)
    async with database(max_size=8):
        for seed in range(first, first + rounds):
            await suite._wiped()
            known, began = len(told.faults), time.monotonic()
            await round_of(app=app, seed=seed, many=LARGE, told=told)
            print(f"seed {seed}: {time.monotonic() - began:.0f} s", *told.faults[known:], sep="\n", flush=True)  # noqa: T201
        await suite._wiped()
        known = len(told.faults)
        await described(app=app, tables=None, examples=examples, told=told)
        print(*told.faults[known:], told, sep="\n")  # noqa: T201
        await make.let_go()
    return told


def main() -> int:
    given = [int(word) for word in sys.argv[1:]]
    rounds, first, examples = given + [ROUNDS, FIRST, EXAMPLES][len(given) :]
    with servers.running(settings(), redis=True):
        told = asyncio.run(fuzzed(rounds=rounds, first=first, examples=examples))
    return 1 if told.faults else 0


if __name__ == "__main__":
    sys.exit(main())

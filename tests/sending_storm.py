"""`python -m tests.sending_storm [messages] [kills] [seed]`: real workers send while everything dies, and an auditor counts.

Three accounts that promise different things (the same id leaves once; may be asked; neither) get `messages` each. Workers
are killed, PostgreSQL is stopped at once, Redis is emptied and restarted, `kills` times each at places that the seed
draws; calls hang or break after acceptance, are half accepted, refused; reports come early, doubled, reversed, about
strangers; members refuse while their message waits. The auditor reads the operator's own log and our tables, nothing else.
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tests.operator_site import FAULTS, SECRET, Line, Operator, daytime, operating

MESSAGES, KILLS, SEED = 2_000, 2, 1
LINES = {"once": ("idempotent", "marketing"), "asked": ("askable", "notice"), "plain": ("neither", "staff")}
PATIENCE = 60.0  # seconds beyond a hundredth of one for each message
RATE = 500  # messages a second and line: everything has to happen while they leave
WORKER = ("-m", "dramatiq", "tasks.worker", "--processes", "1", "--threads", "6")
CLOCK = ("-m", "tasks.clock")

Result = TypeVar("Result")


@dataclass
class Storm:
    """One run. `refused`: members who said R, and whether their message still waited then; `faults` that happened."""

    folder: Path
    messages: int
    kills: int
    draw: random.Random
    lines: dict[str, Line] = field(default_factory=dict)
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    refused: dict[int, bool] = field(default_factory=dict)
    reports: list[tuple[str, int]] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        with (self.folder / "processes.log").open("ab") as log:
            process = subprocess.Popen([sys.executable, *words], stdout=log, stderr=log, start_new_session=True)
        self.started.append(process)
        return process

    def end(self) -> None:
        for process in self.started:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    @property
    def left(self) -> int:
        return sum(len(line.left) for line in self.lines.values())


async def again(deed: Callable[[], Awaitable[Result]]) -> Result:
    """Does it until the database, which is being killed, lets it."""
    from actions.messages_chunk import AWAY  # noqa: PLC0415  the settings are read when it is imported

    until = time.monotonic() + PATIENCE
    while True:
        try:
            return await deed()
        except AWAY:
            if time.monotonic() > until:
                raise
        await asyncio.sleep(0.1)


async def stormed(storm: Storm, operator: Operator) -> None:
    """From the first message to the last answer."""
    from tests.sending_people import everything_is_told, peopled, refuse, tell_reports  # noqa: PLC0415

    await peopled(storm.messages, lines=LINES, url=operator.url, rate=RATE, secret=SECRET)
    workers = [storm.start(*WORKER), storm.start(*WORKER)]
    storm.start(*CLOCK)
    total = storm.messages * len(LINES)
    deeds = [
        (storm.draw.uniform(0.05, 0.9) * total, name)
        for name in ("kill", "stop", "flush", "restart")
        for _ in range(storm.kills)
    ]
    deeds += [(storm.draw.uniform(0.02, 0.9) * total, "refuse") for _ in range(storm.messages // 50)]
    until = time.monotonic() + PATIENCE + total / 100
    for place, deed in sorted(deeds):
        while storm.left < place and time.monotonic() < until and not await again(everything_is_told):
            await again(lambda: tell_reports(storm))
            await asyncio.sleep(0.02)
        if deed == "refuse":
            await again(lambda: refuse(storm))
        else:
            struck(storm, deed, workers)
        storm.faults[deed] += 1
    for line in storm.lines.values():
        line.faults = ()
    while not (await again(everything_is_told) and not storm.reports):
        if time.monotonic() > until:
            raise TimeoutError("messages are still on their way")
        await again(lambda: tell_reports(storm))
        await asyncio.sleep(0.05)


def struck(storm: Storm, deed: str, workers: list[subprocess.Popen[bytes]]) -> None:
    """One blow; what was hit is started again at once, as the supervisor does."""
    import redis  # noqa: PLC0415

    from config import embedded_postgres, embedded_redis, processes, servers  # noqa: PLC0415
    from config.settings import settings  # noqa: PLC0415

    place = settings().place
    if deed == "kill":
        which = storm.draw.randrange(len(workers))
        os.killpg(workers[which].pid, signal.SIGKILL)
        workers[which].wait()
        workers[which] = storm.start(*WORKER)
    elif deed == "flush":
        with redis.Redis.from_url(settings().redis_url) as client:
            client.flushall()
    else:
        title = (embedded_postgres._postmaster if deed == "stop" else embedded_redis._title)(place=place)
        (pid,) = processes.found(title=title)
        os.kill(pid, signal.SIGQUIT if deed == "stop" else signal.SIGKILL)
        processes.waited(until=lambda: not processes.found(title=title), seconds=10)
        servers.ensure(settings(), redis=True)


async def main(messages: int, kills: int, seed: int) -> dict[str, Any]:
    """One storm in a folder of its own, and what the auditor found."""
    with tempfile.TemporaryDirectory(prefix="rg-storm-", ignore_cleanup_errors=True) as folder:
        for name in [name for name in os.environ if name.startswith("REGULARS_")]:
            del os.environ[name]
        os.environ |= {"REGULARS_DATA_DIR": folder, "REGULARS_TIMEZONE": daytime()}
        from config import servers  # noqa: PLC0415
        from config.settings import settings  # noqa: PLC0415
        from tables.migrate import migrate  # noqa: PLC0415
        from tables.scope import database  # noqa: PLC0415
        from tests.sending_people import audited  # noqa: PLC0415

        storm = Storm(Path(folder), messages, kills, random.Random(seed))  # noqa: S311  it draws places, not secrets
        for name, (promise, _) in LINES.items():
            draw = random.Random(f"{seed}{name}")  # noqa: S311
            storm.lines[name] = Line(name, promise, draw, faults=FAULTS, told=noted(storm))
        with servers.running(settings(), redis=True):
            await migrate()
            async with operating(*storm.lines.values()) as operator, database(max_size=4):
                began = time.monotonic()
                try:
                    await stormed(storm, operator)
                finally:
                    storm.end()
                found = await audited(storm)
        return {"seed": seed, "messages": messages * len(LINES), "seconds": round(time.monotonic() - began, 1), **found}


def noted(storm: Storm) -> Callable[[str, list[int]], Awaitable[None]]:
    """What left will be reported."""

    async def note(line: str, ids: list[int]) -> None:
        storm.reports += [(line, one) for one in ids]

    return note


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    outcome = asyncio.run(main(*(numbers + [MESSAGES, KILLS, SEED][len(numbers) :])))
    print(json.dumps(outcome, ensure_ascii=False))  # noqa: T201
    sys.exit(any(outcome[name] for name in ("lost", "doubled", "to_refused", "wrong")))

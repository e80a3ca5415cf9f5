"""How long a wrong password takes, for a name that somebody has, that somebody had, and that nobody ever had, within one run.

    python -m bench.log_in --work DIR [--rounds 150]

Each round asks for each of them once through the whole application, in an order of its own, so that whatever else the machine
does meets all alike. The limit on tries is set aside: it answers alike by rule (rules/log_in.py). What is printed is the
median time of each and its ratio to that of a name that somebody has; a ratio out of 0.9 to 1.1 tells strangers who is there.
"""

import argparse
import asyncio
import logging
import random
import statistics
import sys
import time
from pathlib import Path

import httpx

from bench.database import fresh_database, serving

NAMES = {
    "known": "anna",
    "other role": "boss",
    "former": "left",
    "unknown": "nobody",
    "unknown, long": "名" * 60,
    "odd": "' OR 1=1 --",
}
LOW, HIGH = 0.9, 1.1
PASSWORD = "mian bao 1987 x"  # noqa: S105  of the bench's own people
_HIRED = """
INSERT INTO staff (username, password, role, active, admin, superuser) VALUES
    ('anna', $1, 'cashier', true, true, false), ('boss', $1, 'hq_admin', true, true, true), ('left', $1, 'cashier', false, true, false)
"""


class Unlimited:
    """In place of the count of tries."""

    async def start(self, **_: object) -> int:
        """Whoever asks may."""
        return 0

    async def undo(self, **_: object) -> None:
        """Nothing was counted."""

    async def right(self, **_: object) -> None:
        """Nothing was counted."""


async def measure(*, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each log-in, by kind of name."""
    from admin import log_in
    from app import make_app
    from bench.database import superuser
    from tables.scope import database
    from tables.staff import Staff

    owner = await superuser()
    await owner.execute(_HIRED.replace("$1", f"'{Staff.hash_password(PASSWORD)}'"))
    await owner.close()
    vars(log_in)["TRIES"] = Unlimited()
    taken: dict[str, list[float]] = {kind: [] for kind in NAMES}
    transport = httpx.ASGITransport(app=make_app())  # type: ignore[arg-type]  # ASGI, typed twice
    async with (
        database(max_size=4),
        httpx.AsyncClient(transport=transport, base_url="http://localhost", cookies={"csrftoken": "t"}) as client,
    ):
        for number in range(rounds + 5):
            for kind in random.sample(list(NAMES), len(NAMES)):
                began = time.perf_counter()
                answer = await client.post(
                    "/admin/public/login/", json={"username": NAMES[kind], "password": f"wrong {number}"},
                    headers={"X-CSRFToken": "t"},
                )  # fmt: skip
                spent = 1_000 * (time.perf_counter() - began)
                if answer.status_code != httpx.codes.UNAUTHORIZED:
                    raise SystemExit(f"{kind}: {answer.status_code} {answer.text}")
                # The first ones meet what is still to be set up.
                taken[kind] += [spent] if number >= 5 else []
    return taken


def report(*, taken: dict[str, list[float]]) -> bool:
    """Prints the medians; whether all ratios are within the limits."""
    base, good = statistics.median(taken["known"]), True
    for kind, times in taken.items():
        ratio = statistics.median(times) / base
        good = good and LOW <= ratio <= HIGH
        p95 = statistics.quantiles(times, n=20)[-1]
        print(f"{kind:14} median {statistics.median(times):7.1f} ms  p95 {p95:7.1f} ms  ratio {ratio:5.3f}")
    print("told apart by nothing" if good else f"a ratio is not within {LOW} to {HIGH}")
    return good


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=150)
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    with serving(folder=given.work / "log_in"):
        asyncio.run(fresh_database())
        good = report(taken=asyncio.run(measure(rounds=given.rounds)))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()

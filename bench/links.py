"""Short links at one web process, beside a page that only asks the database for 1, within one run.

    python -m bench.links --work DIR [--rate 100] [--seconds 10] [--rounds 3]

An open loop asks for another code each time (100,000 members, each with a link and the text it came in). Times are those of
the server's own log: from the request's first byte in the application to the last of its answer. Clicks are durable.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import httpx
import uvloop

from bench.api import at, wait_for_web

PORT = 18_437
MEMBERS = 100_000
BUDGET = 5.0
AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Mobile/15E148 Safari/604.1"
LINKS = f"""
INSERT INTO campaign (name) VALUES ('bench');
INSERT INTO campaign_step (campaign, text, landing, scheduled_at, send_before)
    VALUES (1, '', E'榴莲 8 折\\n凭此页面到店', now() - interval '1 hour', now() + interval '1 day');
INSERT INTO send_log (member, phone, store, message_class, dedupe_key, campaign, step, state, handed_at, business_date)
SELECT n, '+86139' || lpad(n::text, 8, '0'), n % 50 + 1, 'marketing', 'step:1:' || n, 1, 1, 'delivered', now() - interval '1 hour', current_date
FROM generate_series(1, {MEMBERS}) n;
INSERT INTO short_link (code, url, campaign, step, member, created_at)
SELECT 'p' || lpad(n::text, 9, '0'), NULL, 1, 1, n, now() FROM generate_series(1, {MEMBERS}) n;
INSERT INTO short_link (code, url, campaign, step, member, created_at)
SELECT 't' || lpad(n::text, 9, '0'), 'https://example.cn/', 1, 1, n, now() FROM generate_series(1, {MEMBERS}) n;
"""


def serve() -> None:
    """The product's web process, with one more page: what the same stack needs to ask for 1."""
    import uvicorn
    from litestar import Litestar, get

    from config.logging import configure_logging
    from config.settings import settings
    from tables.scope import database, scope
    from web.health import healthz
    from web.metrics import Metrics
    from web.pages.links import short_link_page
    from web.pages.simulator import TEMPLATES
    from web.requests import RequestLog

    configure_logging()

    @get("/bare", include_in_schema=False, media_type="text/html")
    async def bare() -> str:
        async with scope(role="visitor") as connection:
            return f"<!doctype html><title>{await connection.fetchval('SELECT 1')}</title>"

    site = Litestar(
        route_handlers=[healthz, bare, short_link_page],
        template_config=TEMPLATES,
        lifespan=[lambda _: database(max_size=10)],
        openapi_config=None,
        logging_config=None,
    )
    app = RequestLog(site, metrics=Metrics())
    uvicorn.run(app, host="127.0.0.1", port=settings().port, log_config=None, access_log=False)


async def prepare() -> None:
    """A fresh database with members, the texts they got, and two links of each."""
    from bench.database import fresh_database, superuser
    from bench.ledger import PREPARE

    await fresh_database()
    connection = await superuser()
    await connection.execute(PREPARE)
    await connection.execute(LINKS)
    await connection.execute("ANALYZE")
    await connection.close()


async def offered(client: httpx.AsyncClient, *, kind: str, rate: float, seconds: float, seed: int) -> None:
    """Requests of one kind at a rate, whatever became of those before; a wrong answer ends the run."""
    draw, begin = random.Random(seed), time.monotonic()
    wanted = {"bare": 200, "p": 200, "t": 302}[kind]

    async def one() -> None:
        path = "/bare" if kind == "bare" else f"/s/{kind}{draw.randint(1, MEMBERS):09}"
        answer = await client.get(path)
        if answer.status_code != wanted:
            raise RuntimeError(answer.text)

    async with asyncio.TaskGroup() as requests:
        for number in range(int(rate * seconds)):
            if (wait := begin + number / rate - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            requests.create_task(one())


async def ask(*, rate: float, seconds: float, rounds: int) -> None:
    """All kinds in turn, so that what else this machine does falls on each of them."""
    address = f"http://127.0.0.1:{PORT}"
    async with httpx.AsyncClient(base_url=address, headers={"User-Agent": AGENT}, timeout=60) as client:
        for turn in range(rounds + 1):
            for place, kind in enumerate(("bare", "p", "t")):
                # The first round warms up: connections, plans, templates.
                await offered(client, kind=kind, rate=rate, seconds=seconds if turn else 2, seed=10 * turn + place)


def told(*, log: Path, skipped: int) -> dict[str, list[float]]:
    """Milliseconds by kind, in order, from the server's log, without the first ones of each."""
    times: dict[str, list[float]] = defaultdict(list)
    for line in log.read_text().splitlines():
        said = json.loads(line) if line.startswith("{") else {}
        if said.get("event") == "request" and said["route"] in {"/bare", "/s/{code}"}:
            kind = said["route"] if said["status"] != 302 else "302"
            times[kind].append(said["milliseconds"])
    return {kind: sorted(found[skipped:]) for kind, found in times.items()}


def verdict(times: dict[str, list[float]]) -> bool:
    """Prints the table; True when the budget is kept."""
    bare, good = at(times["/bare"], 0.5) / 1000, True
    names = {"/bare": "SELECT 1 as a page", "/s/{code}": "a member's page", "302": "to another address"}
    print(f"{'at the server':<22} {'requests':>9} {'p50 ms':>7} {'p95 ms':>7} {'/bare':>7}")
    for kind, name in names.items():
        p50, p95 = at(times[kind], 0.5) / 1000, at(times[kind], 0.95) / 1000
        kept = kind == "/bare" or p95 <= BUDGET
        good = good and kept
        judged = "" if kind == "/bare" else f"  p95 ≤ {BUDGET:.0f} ms {'kept' if kept else 'MISSED'}"
        print(f"{name:<22} {len(times[kind]):>9,} {p50:>7.1f} {p95:>7.1f} {p50 / bare:>6.1f}×{judged}")
    return good


def main() -> None:
    """Runs the web process on an embedded server in DIR, measures, prints; exit 1 when the budget is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    from bench.database import serving

    os.environ["REGULARS_PORT"] = str(PORT)
    log = given.work / "links.log"
    with serving(folder=given.work), log.open("w") as said:
        uvloop.run(prepare())
        web = subprocess.Popen([sys.executable, "-c", "from bench.links import serve; serve()"], stderr=said)
        try:
            wait_for_web()
            uvloop.run(ask(rate=given.rate, seconds=given.seconds, rounds=given.rounds))
        finally:
            web.terminate()
            web.wait()
    sys.exit(0 if verdict(told(log=log, skipped=int(given.rate * 2))) else 1)


if __name__ == "__main__":
    main()

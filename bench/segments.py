"""Segments at scale (design §8): how long counts take, against aggregating the raw purchases in the same run; and a freeze.

    python -m bench.segments --work DIR [--members N]

DIR keeps the loaded data. Each rule is counted as the pages count it; the baseline answers the same question from `purchase`.
"""

import argparse
import asyncio
import os
import statistics
import sys
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bench.load import DAY
from bench.night import FULL_SIZE, Figure, show

if TYPE_CHECKING:
    import asyncpg

TODAY = DAY + timedelta(days=1)
RUNS = 20
SELECTIVE = 10_000  # people, below which a count is a selective one
BROAD = 300_000

# Everybody of this chain has bought in the last 52 days. What a system without totals has to do first: of all receipts each
# member's last purchase and spend of the quarter before.
_RAW = """
SELECT count(*) FROM member m LEFT JOIN (
    SELECT member, max(business_date) AS last_on, count(*) FILTER (WHERE business_date >= $2) AS purchases,
        coalesce(sum(amount) FILTER (WHERE business_date >= $1 AND business_date < $2), 0) AS last_quarter
    FROM purchase WHERE member IS NOT NULL GROUP BY member) a ON a.member = m.id
WHERE coalesce(a.purchases, 0) >= 0 AND {}
"""
_TAGGED = "m.id IN (SELECT member FROM member_tag WHERE tag = 1)"
_NEAR = """
2 * 6371.0088 * asin(sqrt(power(sin(radians((m.latitude - s.latitude)::float8 / 2)), 2) + cos(radians(s.latitude::float8))
    * cos(radians(m.latitude::float8)) * power(sin(radians((m.longitude - s.longitude)::float8 / 2)), 2))) <= 3
"""
_YES = """
(SELECT c.granted FROM consent c WHERE c.member = m.id AND c.purpose = 'marketing_sms' ORDER BY c.at DESC, c.id DESC LIMIT 1)
"""
_AGO = "(a.last_on IS NULL OR a.last_on <= date '{}')"


@dataclass(frozen=True)
class Question:
    """A rule, the condition that asks the same of the raw rows, and the kind of its budget."""

    rule: str
    raw: str
    history: bool = False


_FRUIT = """
m.id IN (SELECT p.member FROM purchase p JOIN purchase_line l ON l.purchase = p.id JOIN product b ON b.id = l.product
    WHERE b.category = 1 AND p.kind = 'sale' AND p.business_date > date '{}')
"""
_TWICE = """
m.id IN (SELECT p.member FROM purchase p JOIN purchase_line l ON l.purchase = p.id WHERE l.product = 7 AND p.kind = 'sale'
    GROUP BY p.member HAVING count(DISTINCT p.id) >= 2)
"""
_SKIN = "m.id IN (SELECT member FROM member_tag WHERE tag = 2)"


def _questions() -> list[Question]:
    ago = _AGO.format(TODAY - timedelta(days=45))
    near = f"EXISTS (SELECT FROM store s WHERE s.code = 'S17' AND {_NEAR})"
    return [
        Question(
            '45天未消费 且 上季消费 >= 300 且 有标签 "榴莲爱好者" 且 距 S17 3公里内',
            f"{ago} AND a.last_quarter >= 300 AND {_TAGGED} AND {near}",
        ),
        Question('45天未消费 且 有标签 "榴莲爱好者"', f"{ago} AND {_TAGGED}"),
        Question("上季消费 >= 1000", "a.last_quarter >= 1000"),
        Question('有标签 "榴莲爱好者" 且 距 S17 3公里内', f"{_TAGGED} AND {near}"),
        Question('本季消费次数 >= 2 且 有标签 "敏感肌" 且 同意 营销短信', f"a.purchases >= 2 AND {_SKIN} AND {_YES}"),
        Question("36天未消费", _AGO.format(TODAY - timedelta(days=36))),
        Question("45天未消费 且 同意 营销短信", f"{ago} AND {_YES}"),
        Question('近 30 天买过 品类 "热带水果"', _FRUIT.format(TODAY - timedelta(days=30)), history=True),
        Question('买过 商品 "P7" 至少 2 次', _TWICE, history=True),
    ]


async def _counted(rule: str) -> tuple[int, float]:
    from config.settings import settings
    from queries.segments import audience_of, counted
    from tables.scope import scope

    began = time.perf_counter()
    async with scope(role="job"):
        members = await counted(audience=await audience_of(text=rule, today=TODAY, zone=settings().zone))
    return members, time.perf_counter() - began


async def _raw(connection: "asyncpg.Connection[asyncpg.Record]", question: Question) -> tuple[int, float]:
    quarter = date(TODAY.year, (TODAY.month - 1) // 3 * 3 + 1, 1)
    before = date(quarter.year, quarter.month - 3, 1)
    # As a job of the product: the other core is for the tills.
    await connection.execute("SET max_parallel_workers_per_gather = 0")
    began = time.perf_counter()
    members = await connection.fetchval(_RAW.format(question.raw) + " AND $1::date < $2::date", before, quarter)
    return members, time.perf_counter() - began


async def _asked(connection: "asyncpg.Connection[asyncpg.Record]", question: Question) -> list[Figure]:
    people, _ = await _counted(question.rule)
    seconds = [(await _counted(question.rule))[1] for _ in range(3 if question.history else RUNS)]
    same, raw = await _raw(connection, question)
    slow = statistics.quantiles(seconds, n=20)[-1] if len(seconds) >= RUNS else max(seconds)
    ratio = raw / statistics.median(seconds)
    least = 50 if people < SELECTIVE else 10
    most = 3.0 if question.history else 0.1 if people < SELECTIVE else 1.0
    return [
        Figure(f"{question.rule}: {people:,} people", f"{slow * 1000:.0f} ms", f"≤ {most * 1000:.0f} ms", slow <= most),
        Figure("  the same people from raw purchases", f"{raw:.2f} s", "the same", same == people),
        Figure("  raw / product", f"{ratio:.0f} ×", "" if question.history else f"≥ {least} ×", None if question.history else ratio >= least),
    ]  # fmt: skip


async def _frozen() -> list[Figure]:
    """A campaign to everybody who did not come for five weeks, with every rule of contact."""
    from actions.campaigns_edit import change_campaign, new_campaign, write_step
    from actions.campaigns_freeze import freeze
    from config.settings import settings
    from queries.segments import audience_of
    from rules.campaigns_plan import StepPlan
    from tables.scope import scope

    zone, rule = settings().zone, "36天未消费 且 同意 营销短信"
    now = datetime.combine(TODAY, datetime.min.time(), tzinfo=zone) + timedelta(hours=12)
    async with scope(role="hq_admin"):
        name = f"bench {time.time_ns()}"
        campaign = await new_campaign(
            name=name, goal="win_back", content_kind="care", rhythm="event", store=None, now=now
        )
        await change_campaign(campaign=campaign, rule=rule)
        step = await write_step(
            campaign=campaign, number=1,
            step=StepPlan(text=f"{{称呼}}您好，{name[-9:]}，欢迎再来", scheduled_at=now, send_before=now + timedelta(hours=8)),
        )  # fmt: skip
    began = time.perf_counter()
    async with scope(role="job"):
        audience = await audience_of(text=rule, today=TODAY, zone=zone)
    done = await freeze(
        step=step, audience=audience, now=now, zone=zone, secret=settings().secret, public_url="https://x.example"
    )
    seconds = time.perf_counter() - began
    return [
        Figure(f"freeze of {done.members:,} people by the rule, {done.messages:,} messages", f"{seconds:.1f} s"),
        Figure("  rows a second", f"{done.members / seconds:,.0f}", "≥ 20,000", done.members / seconds >= 20_000),
    ]


async def measure(*, members: int) -> bool:
    """Prints each figure as soon as it is known."""
    from bench.database import superuser
    from bench.load import ready
    from bench.segments_data import furnish
    from tables.scope import database

    await ready(members=members)
    connection = await superuser()
    await furnish(connection, members=members)
    figures = []
    async with database(max_size=2):
        for question in _questions():
            found = await _asked(connection, question)
            for figure in found:
                show(figure)
            figures += found
        for figure in await _frozen():
            show(figure)
            figures.append(figure)
    await connection.close()
    return all(figure.good is not False for figure in figures)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="a folder of this benchmark's own, kept")
    parser.add_argument("--members", type=int, default=FULL_SIZE)
    given = parser.parse_args()
    os.environ["REGULARS_DATA_DIR"] = str(given.work.resolve() / f"loaded-{given.members}")

    from config import servers
    from config.settings import settings

    with servers.running(settings()):
        good = asyncio.run(measure(members=given.members))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()

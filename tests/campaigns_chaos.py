"""A random afternoon of two campaigns: clocks, hand-overs, people who click and managers who interfere, and its auditor."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import get_args

from actions.campaigns import Target, move
from actions.campaigns_edit import write_step
from queries.invariants import check_all
from rules.refusals import Refusal
from tables.scope import scope
from tests import make
from tests.actions.test_campaigns_freeze import NOON, shop
from tests.campaigning import consent
from tests.campaigns_running import HOUR, MINUTE, clicked, planned, reported, tick, trial, wave
from tests.pretend_gateway import Killed, PretendGateway, handed

MEMBERS = 14
MOVES: tuple[Target, ...] = get_args(Target)
# What is never true. Who was held out of a campaign is so in all of its steps; a reminder is for those who did not click.
_NEVER = {
    "an audience is the sum of its rows": """
        SELECT FROM campaign_step s WHERE s.state = 'frozen'
            AND s.audience IS DISTINCT FROM (SELECT count(*) FROM send_log l WHERE l.step = s.id)""",
    "finished with something open": """
        SELECT FROM campaign c WHERE c.state = 'finished' AND (
            EXISTS (SELECT FROM campaign_step s WHERE s.campaign = c.id AND s.state <> 'frozen')
            OR EXISTS (SELECT FROM send_log l WHERE l.campaign = c.id AND l.state IN ('queued', 'sending')))""",
    "something waits of what is over": """
        SELECT FROM campaign c JOIN send_log l ON l.campaign = c.id WHERE c.state IN ('cancelled', 'stopped') AND l.state = 'queued'""",
    "two messages for one phone": """
        SELECT FROM send_log WHERE state <> 'skipped' GROUP BY step, phone HAVING count(*) > 1""",
    "two rows for one member": "SELECT FROM send_log GROUP BY step, member HAVING count(*) > 1",
    "held out of one step, not of another": """
        SELECT FROM send_log h JOIN send_log l ON l.campaign = h.campaign AND l.member = h.member
        WHERE h.reason = 'holdout' AND l.state <> 'skipped'""",
    "reminded after a click": """
        SELECT FROM campaign_step s JOIN send_log l ON l.step = s.id AND l.handed_at IS NOT NULL AND l.state <> 'skipped'
        JOIN short_link k ON k.step = s.follows AND k.member = l.member JOIN click x ON x.link = k.id AND x.at < l.handed_at
        WHERE s.kind = 'follow_up' AND NOT x.is_preview""",
    "reminded without a message": """
        SELECT FROM campaign_step s JOIN send_log l ON l.step = s.id WHERE s.kind = 'follow_up' AND NOT EXISTS (
            SELECT FROM send_log f WHERE f.step = s.follows AND f.member = l.member AND f.state <> 'skipped')""",
    "the winner is not for exactly those left aside": f"""
        SELECT FROM campaign_step s WHERE s.kind = 'winner' AND (
            EXISTS (SELECT FROM send_log l JOIN send_log o USING (member) WHERE l.step = s.id AND o.step = s.follows)
            OR s.state = 'frozen' AND {MEMBERS} <> (SELECT count(*) FROM send_log l WHERE l.step IN (s.id, s.follows)))""",
    "held back, but gone": """
        SELECT FROM send_chunk k JOIN send_log l ON l.chunk = k.id WHERE k.state = 'held' AND l.handed_at IS NOT NULL""",
}  # fmt: skip
_AUDIT = " UNION ALL ".join(f"SELECT '{what}' AS what WHERE EXISTS ({query})" for what, query in _NEVER.items())
_HAPPENED = """
SELECT kind || ' ' || state AS what FROM campaign_step UNION SELECT state FROM campaign UNION SELECT canary_state FROM campaign_step
UNION SELECT coalesce(reason, state) FROM send_log
"""
_UNFINISHED = """
SELECT FROM campaign c WHERE c.state = 'sending' AND NOT EXISTS (SELECT FROM campaign_step s WHERE s.campaign = c.id AND s.state <> 'frozen')
    AND NOT EXISTS (SELECT FROM send_log l WHERE l.campaign = c.id AND l.state IN ('queued', 'sending'))
"""
_LAST = """
SELECT c.state, s.state AS step, s.text FROM campaign c JOIN campaign_step s ON s.campaign = c.id WHERE c.id = $1 AND s.number = 3
"""


@dataclass
class Afternoon:
    draw: Random
    gateway: PretendGateway = field(default_factory=PretendGateway)
    now: datetime = NOON - HOUR
    seen: set[str] = field(default_factory=set)
    story: list[str] = field(default_factory=list)

    async def begin(self) -> None:
        await shop(members=MEMBERS)
        await consent(MEMBERS, granted=False, at=NOON - 2 * HOUR)
        await make.execute("DELETE FROM contact_rule")
        for name in ("春", "夏"):
            second = self.draw.choice([
                wave(f"{name}的胜者", kind="winner", follows=1, wait_minutes=self.draw.choice([10, 60]), winner_by="click"),
                wave(f"{name}，还没点", kind="follow_up", follows=1, wait_minutes=self.draw.choice([10, 60])),
            ])  # fmt: skip
            sample = "0.5" if second.kind == "winner" else "1"
            last = wave(
                f"{name}再见{{link}}",
                at=NOON + self.draw.choice([0, 1, 3]) * HOUR,
                lasts=timedelta(minutes=self.draw.choice([20, 300])),
            )
            holdout = Decimal(self.draw.choice(["0", "0.3"]))
            await planned(trial("0.4", "0.6", sample=sample), second, last, name=name, holdout=holdout)

    async def live(self, events: int) -> None:
        """The clock ticks and workers send most of the time; meanwhile this and that happens."""
        others = [self.click, self.click, self.click, self.tell, self.interfere, self.edit, self.hold, self.crash]
        for _ in range(events):
            self.now += timedelta(minutes=self.draw.choice([0, 1, 5, 15, 40]))
            for deed, often in (
                (self.draw.choice(others), 1),
                (self.resume, 0.2),
                (self.clock, 0.7),
                (self.leave, 0.7),
            ):
                if self.draw.random() < often:
                    self.story.append(f"{self.now:%H:%M} {deed.__name__}")
                    await deed()
            await self.audit()

    async def audit(self) -> None:
        assert await make.fetch(_AUDIT) == [], self.story

    async def close(self) -> None:
        """Workers go on until nothing leaves any more: then what has nothing open is finished, and all figures agree."""
        self.gateway.ending = None
        await make.execute("UPDATE send_chunk SET lease_until = now() - interval '1 s' WHERE state = 'claimed'")
        for _ in range(20):
            await handed(self.gateway, now=self.now)
        await tick(self.now)
        await self.audit()
        assert await make.fetch(_UNFINISHED) == [], self.story
        assert await check_all(progress=lambda *_: None) == [], self.story
        ids = [one.id for one in self.gateway.left]
        assert len(ids) == len(set(ids)), self.story
        self.seen |= {row["what"] for row in await make.fetch(_HAPPENED)}

    async def clock(self) -> None:
        await tick(self.now)

    async def crash(self) -> None:
        """The process dies in the middle of a freeze."""

        def dies(stage: str, done: int, total: int) -> None:
            raise Killed

        try:
            await tick(self.now, progress=dies)
        except Killed:
            self.seen.add("died")

    async def leave(self) -> None:
        """Some of it leaves; now and then the worker dies, and its lease is over. Only what is sending may leave."""
        sending = {row["id"] for row in await make.fetch("SELECT id FROM campaign WHERE state = 'sending'")}
        before = len(self.gateway.left)
        self.gateway.ending = Killed() if self.draw.random() < 0.2 else None
        try:
            for _ in range(self.draw.choice([1, 6])):
                await handed(self.gateway, now=self.now, limit=self.draw.choice([3, 1000]))
        except Killed:
            await make.execute("UPDATE send_chunk SET lease_until = now() - interval '1 s' WHERE state = 'claimed'")
        gone = [one.id for one in self.gateway.left[before:]]
        of = {row["campaign"] for row in await make.fetch("SELECT campaign FROM send_log WHERE id = ANY ($1)", gone)}
        assert of <= sending, self.story

    async def click(self) -> None:
        rows = await make.fetch(
            "SELECT member, step FROM send_log WHERE handed_at < $1 AND state IN ('accepted', 'delivered')"
            " AND EXISTS (SELECT FROM short_link k WHERE k.step = send_log.step AND k.member = send_log.member)",
            self.now - MINUTE,
        )
        for row in self.draw.sample(rows, min(6, len(rows))):
            await clicked(row["member"], step=row["step"], now=self.now, preview=self.draw.random() < 0.3)

    async def tell(self) -> None:
        await reported(self.gateway, now=self.now)

    async def interfere(self) -> None:
        await self._moved(self.draw.choice(MOVES))

    async def resume(self) -> None:
        await self._moved("sending")

    async def _moved(self, target: Target) -> None:
        try:
            async with scope(role="hq_admin"):
                await move(campaign=self.draw.choice([1, 2]), target=target, now=self.now)
        except Refusal as refusal:
            assert refusal.code == "not_now", self.story  # noqa: PT017  a no is part of life here

    async def edit(self) -> None:
        """A manager writes the last step anew: that is done where the state allows it, else refused."""
        campaign = self.draw.choice([1, 2])
        [was] = await make.fetch(_LAST, campaign)
        try:
            async with scope(role="hq_marketing"):
                await write_step(
                    campaign=campaign, number=3, step=wave(f"改{len(self.story)}{{link}}", at=self.now + HOUR)
                )
        except Refusal as refusal:
            assert refusal.code == "not_draft", self.story  # noqa: PT017
        [now] = await make.fetch(_LAST, campaign)
        may = was["state"] in {"draft", "paused"} and was["step"] == "draft"
        assert (now["text"] != was["text"]) == may, self.story

    async def hold(self) -> None:
        """A canary of these few people would hold nothing back: here a chunk is."""
        await make.execute(
            "WITH held AS (UPDATE send_chunk SET state = 'held' WHERE id = (SELECT max(id) FROM send_chunk WHERE state = 'waiting'"
            " AND handed_at IS NULL) RETURNING step) UPDATE campaign_step SET canary_state = 'waiting' WHERE id IN (SELECT step FROM held)"
        )

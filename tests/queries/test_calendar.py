"""The calendar of campaigns, and whose messages would come too close: against a count member by member."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

import pytest

from queries.calendar import planned
from queries.calendar_collisions import collisions
from tables.scope import scope
from tests import make

TODAY = date(2026, 11, 22)
NOW = make.noon(TODAY)
OWN = 1
STATES = ("draft", "scheduled", "review", "paused", "draft", "cancelled", "sending")
DECIDED = {"scheduled", "review", "paused", "sending"}
RULES = ((1, 2, 3, False), (2, 3, 7, False), (3, 1, 7, True))  # id, most, days, plain_only


@dataclass
class Step:
    id: int
    campaign: int
    day: date
    plain: bool
    members: set[int]


@dataclass
class World:
    steps: list[Step]
    sent: list[tuple[int, int, date, bool]]  # member, step, day, plain
    fewer: set[int]

    def events(self, member: int) -> list[tuple[int, date, bool]]:
        """(step, day, plain) of all that a member of the campaign's own audience would get."""
        plans = [(step.id, step.day, step.plain) for step in self.steps if member in step.members]
        return plans + [(step, day, plain) for who, step, day, plain in self.sent if who == member]

    def colliding(self) -> dict[tuple[int, int, date, int], int]:
        """People by (own step, other step, its day, rule)."""
        people: dict[tuple[int, int, date, int], set[int]] = {}
        own = [step for step in self.steps if step.campaign == OWN]
        for member in own[0].members:
            events = self.events(member)
            for rule, most, days, plain_only in RULES:
                met = [event for event in events if event[2] or not plain_only]
                n = days * 2 if member in self.fewer and most == 1 else days
                allowed = most // 2 if member in self.fewer and most > 1 else most
                for _, last, _ in met:
                    window = [event for event in met if last - timedelta(days=n) < event[1] <= last]
                    if len(window) > allowed:
                        for mine in window:
                            for step, day, _ in window:
                                if mine[0] in {one.id for one in own} and step != mine[0]:
                                    people.setdefault((mine[0], step, day, rule), set()).add(member)
        return {key: len(found) for key, found in people.items()}


async def stored(draw: Random) -> World:
    """Twelve members of two stores, a tag for each campaign, plans around the next days, and what one old campaign sent."""
    await make.make_program()
    for code in ("S1", "S2"):
        await make.make_store(code)
    await make.execute(
        "INSERT INTO member (phone, name, home_store, joined_on, tier, preferences) SELECT '+86139000001' || (10 + n), 'x', 1 + n % 2,"
        " '2026-01-01', 1, CASE WHEN n % 4 = 0 THEN '{\"fewer\": true}'::jsonb ELSE '{}' END FROM generate_series(1, 12) n"
    )
    await make.execute(
        "INSERT INTO consent (member, purpose, granted, source, text_version, at)"
        " SELECT id, 'marketing_sms', true, 'x', '1', '2026-02-01' FROM member WHERE id < 12;"
        "INSERT INTO consent (member, purpose, granted, source, text_version, at) VALUES (11, 'marketing_sms', false, 'x', '1', '2026-02-02')"
    )
    for _, most, days, plain_only in RULES:
        await make.execute(
            "INSERT INTO contact_rule (kind, most, days, plain_only) VALUES ('frequency', $1, $2, $3)",
            most,
            days,
            plain_only,
        )
    world = World(steps=[], sent=[], fewer={4, 8, 12})
    for campaign, state in enumerate(STATES, 1):
        await _campaign(draw, world, campaign, state)
    await _history(draw, world, campaign=len(STATES) + 1)
    return world


async def _campaign(draw: Random, world: World, campaign: int, state: str) -> None:
    store, plain = draw.choice([None, 1, 2]) if campaign != OWN else None, draw.random() < 0.6
    members = {member for member in range(1, 13) if draw.random() < 0.7}
    await make.execute("INSERT INTO tag (name) VALUES ($1)", f"标签{campaign}")
    for member in members:
        await make.execute("INSERT INTO member_tag (member, tag) VALUES ($1, $2)", member, campaign)
    await make.execute(
        "INSERT INTO campaign (name, state, store, rhythm, rule) VALUES ($1, $2, $3, $4, $5)",
        f"活动{campaign}", state, store, None if plain else "event", f'有标签 "标签{campaign}"',
    )  # fmt: skip
    for number in range(1, 3):
        day = TODAY + timedelta(days=draw.randint(0, 9) + 7 * number)
        step = await _step(campaign, number, day)
        if campaign == OWN or state in DECIDED:
            reached = {one for one in members if one < 11 and (store is None or 1 + one % 2 == store)}
            world.steps.append(Step(id=step, campaign=campaign, day=day, plain=plain, members=reached))


async def _step(campaign: int, number: int, day: date) -> int:
    step: int = await make.value(
        "INSERT INTO campaign_step (campaign, number, text, scheduled_at, send_before) VALUES ($1, $2, 'x', $3, $4) RETURNING id",
        campaign, number, make.noon(day), make.noon(day) + timedelta(hours=3),
    )  # fmt: skip
    return step


async def _history(draw: Random, world: World, *, campaign: int) -> None:
    """Messages that left or wait count, others do not."""
    await make.execute("INSERT INTO campaign (name, state) VALUES ('往期', 'sending')")
    for number in range(1, 4):
        day = TODAY + timedelta(days=draw.choice([-2, 0, 3, 6, 9]))
        step = await _step(campaign, number, day)
        await make.execute(
            "UPDATE campaign_step SET state = 'frozen', frozen_at = $2, audience = 9 WHERE id = $1", step, NOW
        )
        for member in range(1, 13):
            state = draw.choice(["queued", "delivered", "failed", "cancelled"])
            await make.execute(
                "INSERT INTO send_log (campaign, step, member, message_class, dedupe_key, state, business_date, is_plain)"
                " VALUES ($1, $2, $3, 'marketing', gen_random_uuid()::text, $4, $5, true)",
                campaign, step, member, state, day,
            )  # fmt: skip
            if state in {"queued", "delivered"} and member < 11:
                world.sent.append((member, step, day, True))


@pytest.mark.parametrize("seed", range(3))
async def test_collisions_are_those_that_counting_by_hand_finds(db: None, seed: int) -> None:
    world = await stored(Random(seed))  # noqa: S311  chosen, not secret
    async with scope(role="job"):
        found = (await collisions(campaigns=[OWN], now=NOW, zone=make.ZONE))[OWN]
        together = await collisions(campaigns=range(1, len(STATES) + 1), now=NOW, zone=make.ZONE)
        alone = [await collisions(campaigns=[one], now=NOW, zone=make.ZONE) for one in together]
    assert together == {key: told for one in alone for key, told in one.items()}, "nobody else's draft is in it"
    ids = {
        (row["campaign"], row["number"]): row["id"]
        for row in await make.fetch("SELECT id, campaign, number FROM campaign_step")
    }
    rules = {
        f"{days} 天内最多 {most} 条" + ("（普通活动）" if plain else ""): rule for rule, most, days, plain in RULES
    }
    told = {
        (ids[OWN, one.own_number], ids[one.campaign, one.number], one.day, rules[one.zh]): one.people for one in found
    }
    assert told == world.colliding()
    assert len(told) == len(found) > 0
    assert [one.people for one in found] == sorted((one.people for one in found), reverse=True)
    for one in found:
        assert one.days_apart == abs((one.day - one.own_day).days)
        if one.free_day is not None:
            moved = ids[OWN, one.own_number]
            [step] = [step for step in world.steps if step.id == moved]
            day, step.day = step.day, one.free_day
            assert moved not in {key[0] for key in world.colliding()}, "a day that is free is free"
            step.day = day


async def test_the_calendar_shows_steps_on_the_chains_days_and_counts_who_is_meant(db: None) -> None:
    await stored(Random(1))  # noqa: S311  chosen, not secret
    await make.execute("UPDATE campaign SET rule = '积分 >> 1' WHERE id = 3")
    first, last = TODAY - timedelta(days=3), TODAY + timedelta(days=30)
    async with scope(role="job"):
        plain = await planned(first=first, last=last, store=None, zone=make.ZONE)
        counted = await planned(first=first, last=last, store=None, zone=make.ZONE, today=TODAY)
        one_day = await planned(first=counted[0].day, last=counted[0].day, store=None, zone=make.ZONE)
    async with scope(role="store_manager", stores=[1], staff=1):
        seen = await planned(first=first, last=last, store=1, zone=make.ZONE)
    assert [one.at for one in plain] == sorted(one.at for one in plain)
    assert "cancelled" not in {one.state for one in plain}
    assert all(one.day == one.at.astimezone(make.ZONE).date() for one in plain)
    assert {one.step for one in one_day} == {one.step for one in plain if one.day == plain[0].day}
    sizes = {row["tag"]: row for row in await make.fetch(
        "SELECT t.tag, count(*) AS all, count(*) FILTER (WHERE m.home_store = 1) AS one, count(*) FILTER (WHERE m.home_store = 2) AS two"
        " FROM member_tag t JOIN member m ON m.id = t.member GROUP BY t.tag"
    )}  # fmt: skip
    for one in counted:
        whose = {None: "all", 1: "one", 2: "two"}[one.store]
        expected = 9 if one.name == "往期" else None if one.campaign == 3 else sizes[one.campaign][whose]
        assert one.people == expected, one
    own = {row["id"] for row in await make.fetch("SELECT id FROM campaign WHERE store = 1 AND state <> 'cancelled'")}
    assert {one.campaign for one in seen} == own, "a store sees its own plans alone"

"""One seed's season: what is drawn day by day, with nights in time, late or missed."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random

from tests.oracle_ledger import DAY, Policy
from tests.oracle_promotions import Promotion
from tests.simulator import CATEGORIES, MEMBERS, STORES, TAG, Start, World, begun
from tests.simulator_again import again, twisted
from tests.simulator_deeds import Correct, Deed
from tests.simulator_draw import Hand
from tests.simulator_edits import EditCategory, EditPolicy, EditReward, EditTier, Extend, Grant, Night, Promote, Tagging

# Far ahead of the wall clock: what the database stamps itself is then always before the night. Each has a quarter's end.
FIRST_DAYS = (date(2031, 2, 10), date(2031, 8, 25), date(2032, 2, 5), date(2031, 11, 15))
DAYS = 75


def start_of(draw: Random) -> Start:
    days, months = draw.choice([(20, None), (45, None), (None, 1), (None, 2), (None, None)])
    policy = Policy(
        per_yuan=draw.choice([Decimal(1), Decimal("0.5")]),
        valid_days=days,
        valid_months=months,
        round_expiry=draw.choice(["none", "none", "month", "quarter"]) if days or months else "none",
        hold_days=draw.choice([0, 0, 3, 7]),
        remind_days=draw.choice([(15, 3), (3, 7, 15), (1,)]),
        remind_min_points=draw.choice([0, 100]),
        statement=draw.choice(["moved", "all", "off"]),
        redeem_min=draw.choice([1, 1, 20]),
        redeem_step=draw.choice([1, 1, 10]),
        point_value=draw.choice([None, Decimal("0.015")]),
        referrer_points=draw.choice([0, 30, 200]),
        newcomer_points=draw.choice([0, 20, 150]),
    )
    today = draw.choice(FIRST_DAYS)
    return Start(today, policy, tuple(promotion(draw, today) for _ in range(draw.randint(0, 2))))


def promotion(draw: Random, today: date) -> Promotion:
    starts = today + draw.randint(-5, 15) * DAY
    chosen = draw.choice(["all", "weekdays", "stores", "categories", "tag", "birthday"])
    return Promotion(
        draw.choice([Decimal(2), Decimal("1.5"), Decimal("1.333"), Decimal("0.5")]),
        starts,
        starts + draw.randint(0, 40) * DAY,
        weekdays=tuple(sorted(draw.sample(range(1, 8), 3))) if chosen == "weekdays" else None,
        stores=tuple(sorted(draw.sample(STORES, 2))) if chosen == "stores" else None,
        categories=tuple(draw.sample(sorted(CATEGORIES), 2)) if chosen == "categories" else None,
        tag=TAG if chosen == "tag" else None,
        birthday_month=chosen == "birthday",
    )


def policy_edit(draw: Random) -> tuple[tuple[str, object], ...]:
    """One column, or how long points are good: days, months or for ever."""
    valid_days, valid_months = draw.choice([(30, None), (None, 1), (None, None)])
    edits: list[tuple[tuple[str, object], ...]] = [
        (("per_yuan", draw.choice([Decimal(1), Decimal("0.5"), Decimal("0.333")])),),
        (("redeem_min", draw.choice([1, 20])),),
        (("redeem_step", draw.choice([1, 10])),),
        (("point_value", draw.choice([None, Decimal("0.0123")])),),
        (("hold_days", draw.choice([0, 2, 7])),),
        (("referrer_points", draw.choice([0, 30])),),
        (("newcomer_points", draw.choice([0, 20])),),
        (("valid_days", valid_days), ("valid_months", valid_months)),
        (("valid_days", valid_days), ("valid_months", valid_months)),
    ]
    return draw.choice(edits)


def edit(hand: Hand) -> Deed:
    """What headquarters may think of."""
    draw, today = hand.draw, hand.today
    since = today + draw.randint(1, 10) * DAY
    number = draw.randint(1, len(hand.shop.rewards))
    gift = hand.shop.rewards[number]
    ends = today + draw.randint(-3, 20) * DAY
    edits: list[Deed] = [
        Extend(hand.next_number(), draw.choice([None, *MEMBERS]), ends, ends + draw.randint(0, 10) * DAY,
               max(today, ends + DAY) + draw.randint(0, 20) * DAY, today),
        Grant(draw.choice(MEMBERS), draw.choice([2, 3]), since, since + draw.randint(0, 110) * DAY),
        EditTier(2, Decimal(draw.choice([300, 400, 500, 600])), draw.choice([Decimal("1.2"), Decimal("1.25")])),
        EditPolicy(policy_edit(draw)),
        EditPolicy(policy_edit(draw)),
        EditCategory(draw.choice(sorted(CATEGORIES)), *(draw.random() < 0.7 for _ in range(3))),
        Promote(promotion(draw, today)),
        Promote(None),
        Tagging(draw.choice(MEMBERS), TAG, draw.random() < 0.7),
        Tagging(draw.choice(MEMBERS), TAG, draw.random() < 0.7),
        EditReward(number, draw.randint(10, 80), draw.random() < 0.8, draw.choice([gift.stock, None, 1, 5])),
    ]  # fmt: skip
    chosen: Deed = draw.choice(edits)
    # A grant before the first night is in test_ledger_nights.py, by name.
    return Promote(None) if isinstance(chosen, Grant) and hand.shop.closed is None else chosen


class Season:
    """`deeds`: all that was played, to be told again."""

    def __init__(self, seed: int) -> None:
        self.draw = Random(seed)  # noqa: S311  chosen, not secret
        self.start = start_of(self.draw)
        self.deeds: list[Deed] = []

    async def live(self, folder: Path, days: int = DAYS) -> World:
        """To the end, when every night is closed and every invariant looked at. Raises DisagreementError."""
        world = await begun(self.start, folder)
        hand = Hand(self.draw, world.shop, self.start.today)
        begins, last = hand.today + self.draw.randint(1, 5) * DAY, hand.today + days * DAY
        while hand.today <= last:
            await self.day(world, hand, most=5)
            hand.today += DAY
            await self.day(world, hand, most=1)  # after midnight, before the night
            if hand.today >= begins and (self.draw.random() < 0.7 or hand.today > last):
                await self.play(world, Night(hand.today))
        await world.prove()
        return world

    async def day(self, world: World, hand: Hand, *, most: int) -> None:
        for _ in range(self.draw.randint(0, most)):
            kind = self.draw.choices(["new", "edit", "again", "twisted"], weights=[80, 6, 8, 7])[0]
            if kind == "edit":
                chosen = edit(hand)
                await self.play(world, chosen)
                if isinstance(chosen, Extend):
                    hand.done.append(chosen)
            elif kind == "new" or not hand.done:
                deed = hand.deed()
                if await self.play(world, deed) == "posted":
                    hand.done.append(deed)
                    if hand.chance(0.12):
                        await self.play(world, again(deed, hand.today, self.draw))
            elif may_come_back(old := self.draw.choice(hand.done), hand.today):
                send = again if kind == "again" else twisted
                await self.play(world, send(old, hand.today, self.draw))

    async def play(self, world: World, deed: Deed) -> str:
        self.deeds.append(deed)
        return await world.play(deed)


def may_come_back(deed: Deed, today: date) -> bool:
    """An opening sent again after its end is in test_ledger_findings.py, by name; an extension over by then is refused."""
    if isinstance(deed, Extend):
        return deed.good_until >= today
    return not isinstance(deed, Correct) or deed.posting.kind != "import" or (deed.posting.expires_on or today) >= today

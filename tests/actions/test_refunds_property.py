"""One sale and whatever may follow it, shrunk to the least that goes wrong: refunds, redemptions, cancellations, time."""

import tempfile
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tests.conftest as suite
from tests import make
from tests.oracle import Receipt
from tests.oracle_ledger import DAY, Policy
from tests.oracle_promotions import Promotion
from tests.oracle_refunds import Back, Refund
from tests.simulator import Start, World, begun
from tests.simulator_deeds import Cancel, Claim, GiveBack, Sell
from tests.simulator_edits import Night

FIRST = date(2031, 3, 24)
CENTS = st.integers(1, 20_000).map(lambda cents: Decimal(cents) / 100)
CATEGORIES = st.sampled_from(["水果", "烟草", ""])
POLICIES = st.builds(
    Policy,
    valid_days=st.sampled_from([10, None]),
    hold_days=st.sampled_from([0, 3]),
    per_yuan=st.sampled_from([Decimal(1), Decimal("0.333")]),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("amount"), CENTS),
        st.tuples(st.just("share"), st.integers(1, 9)),
        st.tuples(st.just("line"), CENTS),
        st.tuples(st.just("all"), st.none()),
        st.tuples(st.just("sell"), CENTS),
        st.tuples(st.just("redeem"), st.integers(1, 9)),
        st.tuples(st.just("cancel"), st.none()),
        st.tuples(st.just("wait"), st.integers(1, 6)),
    ),
    max_size=8,
)


class Counter:
    """One member; sold in one store, brought back to another. A step is a word and a size: small when it is shrunk."""

    def __init__(self, world: World) -> None:
        self.world, self.today, self.number = world, FIRST, 0

    @property
    def at(self) -> datetime:
        return datetime.combine(self.today, time(12), make.ZONE)

    def key(self) -> str:
        self.number += 1
        return f"N{self.number}"

    async def sell(self, lines: list[tuple[str, Decimal]], points: int | None = None) -> None:
        receipt = Receipt(1, self.key(), 1, self.at, tuple(lines), points=points)
        await self.world.play(Sell(receipt, self.today))

    async def refund(self, *, amount: Decimal | None = None, lines: tuple[Back, ...] = ()) -> None:
        refund = Refund(2, self.key(), 1, "N2", self.at, amount, lines)
        for _ in "ab":
            await self.world.play(GiveBack(refund, self.today))

    async def step(self, what: str, size: Decimal | int | None) -> None:
        sold = self.world.shop.sold[1, "N2"]
        balance = self.world.shop.members[1].points(ready=True)
        match what, size:
            case "amount", Decimal():
                await self.refund(amount=size)
            case "share", int():
                await self.refund(amount=max(round(sold.amount * size / 10, 2), Decimal("0.01")))
            case "line", Decimal():
                category = sold.lines[self.number % len(sold.lines)].category
                await self.refund(lines=(Back(size, category=category or None),))
            case "sell", Decimal():
                await self.sell([("", size)])
            case "redeem", int():
                await self.world.play(Claim(1, 1, self.key(), max(balance * size // 9, 1), None, self.today))
            case "cancel", None:
                key = list(self.world.shop.redemptions)[-1] if self.world.shop.redemptions else "1:none"
                await self.world.play(Cancel(1, key.removeprefix("1:"), self.today))
            case "wait", int():
                self.today += size * DAY
                await self.world.play(Night(self.today))
            case _:
                await self.refund()


@settings(
    max_examples=25, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(POLICIES, st.lists(st.tuples(CATEGORIES, CENTS), min_size=1, max_size=3), st.integers(0, 9), STEPS)
async def test_whatever_follows_a_sale_it_gives_and_takes_what_it_should(
    db: None,
    policy: Policy,
    lines: list[tuple[str, Decimal]],
    spends: int,
    steps: list[tuple[str, Decimal | int | None]],
) -> None:
    await suite._wiped()
    promotion = Promotion(Decimal(2), FIRST, FIRST, categories=("水果",))
    with tempfile.TemporaryDirectory() as folder:
        world = await begun(Start(FIRST, policy, (promotion,)), Path(folder))
        counter = Counter(world)
        await counter.sell([("", Decimal(90))])
        balance = world.shop.members[1].points(ready=True)
        await counter.sell(lines, points=balance * spends // 9 or None)
        for what, size in [*steps, ("wait", 2)]:
            await counter.step(what, size)
        sold = world.shop.sold[1, "N2"]
        await counter.refund()
        counter.today += DAY
        await world.play(Night(counter.today))
        await world.prove()
    gone = sold.lot.lapsed() if sold.lot else 0
    assert sold.taken_back + gone >= sold.points >= sold.taken_back
    assert sold.ended

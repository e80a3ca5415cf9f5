"""A small chain that lives in the product and in the oracle at once: every deed is done to both and compared."""

from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from queries.invariants import check_all
from queries.night_proof import broken_for
from rules.refusals import Refusal
from tables.scope import scope
from tests import make
from tests.oracle import Tier
from tests.oracle_facts import in_the_oracle, in_the_product
from tests.oracle_ledger import DAY, Member, Policy
from tests.oracle_promotions import Promotion
from tests.oracle_refunds import Refunds
from tests.oracle_restores import Reward
from tests.simulator_deeds import Deed, phone
from tests.simulator_edits import Night, Promote

STORES = (1, 2, 3)
MEMBERS = (1, 2, 3, 4, 5)
TAG = "老客"
# earns, counts for the tier, may be promoted; a line may have no category at all
CATEGORIES = {
    "水果": (True, True, True),
    "烟草": (False, True, True),
    "礼品卡": (True, False, True),
    "奶粉": (True, True, False),
}
PRODUCTS = {"A1": "水果", "A2": "水果", "N1": "奶粉", "T1": "烟草", "X1": ""}
REWARDS = (
    Reward(20),
    Reward(50, stock=3, value=Decimal(5)),
    Reward(35, rank=2),
    Reward(15, stock=4, places={1: 1, 2: None}),
    Reward(60, places={3: 2}, value=Decimal("6.60")),
)


class DisagreementError(AssertionError):
    """The product and the oracle say different things; the story says how it came to that."""


@dataclass(frozen=True)
class Start:
    """What is there on the first day."""

    today: date
    policy: Policy
    promotions: tuple[Promotion, ...] = ()


@dataclass
class World:
    shop: Refunds
    folder: Path
    story: list[str] = field(default_factory=list)

    async def play(self, deed: Deed) -> str:
        """Does it to both. A refusal must leave nothing behind; after nights everything is compared."""
        self.story.append(repr(deed))
        expected = deed.tell(self.shop)
        before = await make.digest() if expected[0] not in {"posted", "known"} else None
        try:
            given = await deed.do(self.folder)
        except Refusal as refusal:
            given = refusal.code, ()
        if given != expected:
            raise DisagreementError(f"the product says {given}, the oracle {expected}")
        if before is not None and before != await make.digest():
            raise DisagreementError("a refused deed wrote something")
        if isinstance(deed, Night):
            await self.compare(through=deed.today - DAY)
        return given[0]

    async def compare(self, *, through: date) -> None:
        found, expected = await in_the_product(), in_the_oracle(self.shop)
        for name, rows in expected.items():
            if found[name] != rows:
                wrong = [row for row in found[name] if row not in rows]
                missing = [row for row in rows if row not in found[name]]
                raise DisagreementError(f"{name}: the product has {told(wrong)}, the oracle {told(missing)}")
        async with scope(role="job") as connection:
            broken = await broken_for(
                connection=connection, members=list(MEMBERS), business_date=through, after_entry=0
            )
        if broken:
            raise DisagreementError(f"the night's own proof fails: {broken}")

    async def prove(self) -> None:
        findings = await check_all(progress=lambda *_: None)
        if findings:
            raise DisagreementError(f"`regulars check` finds {findings}")


def told(rows: list[tuple[Any, ...]]) -> str:
    return "; ".join(str(tuple(str(cell) for cell in row)) for row in rows) or "the same rows in another order"


async def begun(start: Start, folder: Path) -> World:
    """In an empty database: five members of three stores, some brought by others."""
    policy = {**vars(start.policy), "remind_days": list(start.policy.remind_days)}
    await make.make_program(**policy)
    for store in STORES:
        await make.make_store(f"S{store}")
    await make.execute("INSERT INTO tag (name) VALUES ($1)", TAG)
    for name, sort in CATEGORIES.items():
        sql = "INSERT INTO category (name, earns, counts_for_tier, promotable) VALUES ($1, $2, $3, $4)"
        await make.execute(sql, name, *sort)
    for sku, category in PRODUCTS.items():
        sql = "INSERT INTO product (sku, name, category) VALUES ($1, $1, (SELECT id FROM category WHERE name = $2))"
        await make.execute(sql, sku, category)
    tiers = [Tier(name, Decimal(spend), Decimal(multiplier)) for name, spend, multiplier in make.TIERS]
    kinds = {"": (True, True)} | {name: (earns, counts) for name, (earns, counts, _) in CATEGORIES.items()}
    shop = Refunds(policy=start.policy, tiers=tiers, categories=kinds, products=PRODUCTS)
    shop.unpromotable = frozenset(name for name, (_, _, promotable) in CATEGORIES.items() if not promotable)
    await _people(shop, start.today)
    await _rewards(shop)
    world = World(shop, folder, [repr(start)])
    for promotion in start.promotions:
        await world.play(Promote(promotion))
    return world


async def _people(shop: Refunds, today: date) -> None:
    for number in MEMBERS:
        home, brought_by = STORES[number % 3], {2: 1, 4: 3, 5: 2}.get(number)
        birthday = date(1990, (today.month - 1 + number) % 12 + 1, number) if number < 4 else None
        member = await make.make_member(phone(number), store=home)
        await make.execute(
            "UPDATE member SET birthday = $2, referred_by = $3 WHERE id = $1", member, birthday, brought_by
        )
        shop.members[member] = Member(member, home, birthday=birthday, referred_by=brought_by)


async def _rewards(shop: Refunds) -> None:
    for number, gift in enumerate(deepcopy(REWARDS), 1):
        await make.execute(
            "INSERT INTO reward (name, kind, points, value, stock, tier)"
            " VALUES ($1::text, $5, $2, $6, $3, (SELECT id FROM tier WHERE rank = $4))",
            f"G{number}", gift.points, gift.stock, gift.rank, "cash" if gift.value else "gift", gift.value,
        )  # fmt: skip
        for store, stock in gift.places.items():
            await make.execute(
                "INSERT INTO reward_store (reward, store, stock) VALUES ($1, $2, $3)", number, store, stock
            )
        shop.rewards[number] = replace(gift)


async def live(start: Start, deeds: list[Deed], folder: Path) -> None:
    """A story told before, lived through again. Raises DisagreementError."""
    world = await begun(start, folder)
    for deed in deeds:
        await world.play(deed)
    await world.prove()

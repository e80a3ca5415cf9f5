"""Redemptions, rewards and what is given back, in plain Python, on top of the ledger's oracle (design 4.3, 4.4)."""

from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from tests.oracle_deeds import Ledger
from tests.oracle_ledger import DAY, Deed, Entry, Lot

Purchase = tuple[str, int, str]


@dataclass
class Reward:
    """`places`: the stores that offer it, each with its own stock; empty = all."""

    points: int
    stock: int | None = None
    rank: int = 1
    active: bool = True
    value: Decimal | None = None
    places: dict[int, int | None] = field(default_factory=dict)

    def refused(self, *, rank: int, store: int) -> str | None:
        if not self.active or rank < self.rank or (self.places and store not in self.places):
            return "reward_not_allowed"
        return "out_of_stock" if 0 in {self.stock, self.places.get(store)} else None

    def move(self, *, store: int, pieces: int) -> None:
        if self.stock is not None:
            self.stock += pieces
        if (here := self.places.get(store)) is not None:
            self.places[store] = here + pieces


@dataclass(eq=False)
class Redemption:
    """`restored` of its points, in `times` restores; `newest`: the entry of the last one."""

    member: int
    store: int
    reward: int | None
    entry: Entry
    restored: int = 0
    times: int = 0
    newest: Entry | None = None

    @property
    def points(self) -> int:
        return -self.entry.points

    def next_parts(self, points: int) -> list[tuple[Lot, int]]:
        """What the next restore gives back: the last lot taken is the first to come back."""
        skip, parts = self.restored, []
        for part in reversed(self.entry.parts):
            skipped = min(skip, part.points)
            given = min(points, part.points - skipped)
            skip, points = skip - skipped, points - given
            if given:
                parts.append((part.lot, given))
        return parts


@dataclass
class Restores(Ledger):
    """`redemptions` by `<store>:<the till's reference>`."""

    rewards: dict[int, Reward] = field(default_factory=dict)
    redemptions: dict[str, Redemption] = field(default_factory=dict)

    def redeem(
        self, *, member: int, store: int, key: str, day: date, points: int | None, reward: int | None,
        purchase: Purchase | None = None,
    ) -> str:  # fmt: skip
        reference = f"{store}:{key}"
        if known := self.redemptions.get(reference):
            same = (known.member, known.reward, known.entry.purchase) == (member, reward, purchase)
            if not same or (reward is None and points != known.points):
                return "conflict"
            self.settle(self.members[member], day)
            return "known"
        gift = self.rewards.get(reward or 0)
        refused = self.refused(gift, points=points, member=member, store=store)
        if refused:
            return refused
        cost = gift.points if gift else points or 0
        outcome = self.debit(Deed(member, store, "redeem", -cost, "redeem", reference, day, purchase=purchase))
        if outcome == "posted":
            entry = self.members[member].entries[-1]
            entry.reward, entry.value = reward, self.worth(gift, cost)
            self.redemptions[reference] = Redemption(member, store, reward, entry)
            if gift:
                gift.move(store=store, pieces=-1)
        return outcome

    def refused(self, gift: Reward | None, *, points: int | None, member: int, store: int) -> str | None:
        if points is not None:
            wrong = points < self.policy.redeem_min or points % self.policy.redeem_step
            return "bad_amount" if wrong else None
        return gift.refused(rank=self.members[member].rank, store=store) if gift else "unknown_reward"

    def worth(self, gift: Reward | None, points: int) -> Decimal | None:
        if gift:
            return gift.value
        value = self.policy.point_value
        return None if value is None else (points * value).quantize(Decimal("0.01"), ROUND_HALF_UP)

    def cancel(self, *, store: int, key: str, day: date) -> str:
        spent = self.redemptions.get(f"{store}:{key}")
        if spent is None:
            return "unknown_redemption"
        self.settle(self.members[spent.member], day)
        if spent.restored == spent.points:
            return "known"
        self.restore(spent, points=spent.points - spent.restored, store=store, day=day)
        return "posted"

    def restore(
        self, spent: Redemption, *, points: int, store: int, day: date, purchase: Purchase | None = None
    ) -> None:
        """Back to the lots that are good for seven more days, else as new ones of the stores that owe them; the account is
        settled. What is owed is paid with it.
        """
        member, parts = self.members[spent.member], spent.next_parts(points)
        spent.times, spent.restored = spent.times + 1, spent.restored + points
        reference = f"restore of {spent.entry.reference}:{spent.times}"
        entry = member.post(Deed(member.id, store, "restore", points, "restore", reference, day, purchase=purchase))
        spent.newest = entry
        fresh: dict[int, int] = {}
        for lot, part in parts:
            if lot.expires_on is None or lot.expires_on >= day + 7 * DAY:
                entry.part(lot, -part, day)
            else:
                fresh[lot.store] = fresh.get(lot.store, 0) + part
        for shop, part in sorted(fresh.items()):
            member.lots.append(Lot(entry, shop, part, day, day + 7 * DAY, ready=True))
        member.pay(day)
        gift = self.rewards.get(spent.reward or 0)
        if gift and spent.restored == spent.points:
            gift.move(store=spent.store, pieces=1)

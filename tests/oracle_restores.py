"""Rewards and cancelled redemptions in plain Python, on top of the ledger's oracle (design 4.3, 4.4)."""

from dataclasses import dataclass, field
from datetime import date

from tests.oracle_ledger import DAY, Deed, Ledger, Lot


@dataclass
class Reward:
    points: int
    stock: int | None = None
    rank: int = 1
    active: bool = True


@dataclass
class Restores(Ledger):
    """`redemptions`: of each key the member, the reward and the parts that it took of lots."""

    rewards: dict[int, Reward] = field(default_factory=dict)
    redemptions: dict[str, tuple[int, int | None, list[tuple[Lot, int]]]] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)

    def redeem(self, *, member: int, store: int, key: str, day: date, points: int | None, reward: int | None) -> str:
        reference = f"{store}:{key}"
        if reference in self.redemptions and self.redemptions[reference][:2] != (member, reward):
            return "conflict"
        if reference in self.redemptions and reward is not None:
            return "known"
        gift = self.rewards.get(reward or 0)
        if reward is not None and (refused := self.refused(gift, rank=self.members[member].rank)):
            return refused
        cost = gift.points if gift else points or 0
        before = {id(lot): lot.left() for lot in self.members[member].lots}
        outcome = self.debit(Deed(member, store, "redeem", -cost, "redeem", reference, day))
        if outcome == "posted":
            # What lapsed on the way was settled, not spent.
            good = [lot for lot in self.members[member].lots if lot.expires_on is None or lot.expires_on >= day]
            parts = [(lot, before[id(lot)] - lot.left()) for lot in good if lot.left() != before[id(lot)]]
            self.redemptions[reference] = (member, reward, parts)
            if gift and gift.stock is not None:
                gift.stock -= 1
        return outcome

    @staticmethod
    def refused(gift: Reward | None, *, rank: int) -> str | None:
        if gift is None:
            return "unknown_reward"
        if not gift.active or rank < gift.rank:
            return "reward_not_allowed"
        return "out_of_stock" if gift.stock == 0 else None

    def cancel(self, *, store: int, key: str, day: date) -> str:
        reference = f"{store}:{key}"
        if reference not in self.redemptions:
            return "unknown_redemption"
        who, reward, parts = self.redemptions[reference]
        member = self.members[who]
        self.settle(member, day)
        if reference in self.cancelled:
            return "known"
        self.cancelled.add(reference)
        points = sum(part for _, part in parts)
        member.post(store=store, kind="restore", points=points, reference=f"restore of {reference}", day=day)
        fresh: dict[int, int] = {}
        for lot, part in parts:
            if lot.expires_on is None or lot.expires_on >= day + 7 * DAY:
                lot.taken.append((day, -part))
            else:
                fresh[lot.store] = fresh.get(lot.store, 0) + part
        for shop, part in sorted(fresh.items()):
            member.lots.append(Lot(f"restore of {reference}", shop, part, day, day, day + 7 * DAY, ready=True))
        gift = self.rewards.get(reward or 0)
        if gift and gift.stock is not None:
            gift.stock += 1
        return "posted"

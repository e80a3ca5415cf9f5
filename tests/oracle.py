"""The shop in plain Python, straightforward and slow: purchases, tiers, nights and notices (design 4.2–4.6).

Nothing of the product is used here: it is told what happened and says what must be true.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from math import floor
from zoneinfo import ZoneInfo

from tests.oracle_ledger import DAY, Deed, Ledger, Member, Notice, quarter_end, quarter_first

ZONE = ZoneInfo("Asia/Shanghai")


@dataclass
class Tier:
    name: str
    spend: Decimal
    multiplier: Decimal


@dataclass(frozen=True)
class Receipt:
    """Lines are (category, amount), sorted; `at` is aware."""

    store: int
    number: str
    member: int | None
    at: datetime
    lines: tuple[tuple[str, Decimal], ...]

    @property
    def day(self) -> date:
        return self.at.astimezone(ZONE).date()

    @property
    def key(self) -> tuple[int, str]:
        return self.store, self.number


@dataclass
class Shop(Ledger):
    """`categories` says of each name whether it earns and whether it counts for the tier."""

    tiers: list[Tier] = field(default_factory=list)
    categories: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    receipts: dict[tuple[int, str], Receipt] = field(default_factory=dict)
    earned: dict[tuple[int, str], tuple[Decimal, int]] = field(default_factory=dict)

    def import_file(self, receipts: list[Receipt]) -> list[str]:
        """A file in the order of its receipts' times; dates that wait for their night are posted one by one."""
        outcomes: list[str] = []
        batch: list[Receipt] = []
        for receipt in sorted(receipts, key=lambda receipt: receipt.at):
            if batch and self.closed and receipt.day > self.closed and receipt.day > batch[-1].day:
                outcomes += self.sell(batch)
                batch = []
            batch.append(receipt)
        return outcomes + self.sell(batch)

    def sell(self, receipts: list[Receipt]) -> list[str]:
        """Receipts posted together: judged, multiplied and settled by what was there before them."""
        outcomes, earning = [], []
        multipliers = {receipt.key: self.multiplier(receipt) for receipt in receipts}
        for receipt in receipts:
            if receipt.key in self.receipts:
                outcomes.append("known" if self.receipts[receipt.key] == receipt else "conflict")
                continue
            outcomes.append("posted")
            self.receipts[receipt.key] = receipt
            earns = sum((amount for name, amount in receipt.lines if self.categories[name][0]), Decimal(0))
            points = max(0, floor(earns * self.policy.per_yuan * multipliers[receipt.key]))
            counts = sum((amount for name, amount in receipt.lines if self.categories[name][1]), Decimal(0))
            if receipt.member is not None:
                self.members[receipt.member].sales.append((receipt.day, counts))
                if points:
                    earning.append((receipt.member, receipt, points))
            self.earned[receipt.key] = (multipliers[receipt.key], points if receipt.member is not None else 0)
        for member in {member for member, _, _ in earning}:
            self.settle(self.members[member], max(receipt.day for who, receipt, _ in earning if who == member))
        for member, receipt, points in earning:
            deed = Deed(
                member, receipt.store, "earn", points, "purchase", f"{receipt.store}:{receipt.number}", receipt.day,
                self.policy.last_good_day(receipt.day),
            )  # fmt: skip
            self.add(deed, hold_days=self.policy.hold_days)
        return outcomes

    def multiplier(self, receipt: Receipt) -> Decimal:
        if receipt.member is None:
            return Decimal(1)
        member = self.members[receipt.member]
        if self.closed and receipt.day > self.closed + DAY:
            rank = self.tier_by_rule(member, receipt.day - DAY)[0]
        else:
            rank = next((before for before, _, day in member.moves if day >= receipt.day), member.rank)
        return self.tiers[rank - 1].multiplier

    # Tiers

    def spent(self, member: Member, first: date, by: date) -> Decimal:
        """What counted in the quarter that begins on `first`, as known by the end of a day."""
        last = min(quarter_end(first), by)
        return sum((amount for day, amount in member.sales if first <= day <= last), Decimal(0))

    def reached(self, spend: Decimal) -> int:
        return max(rank for rank, tier in enumerate(self.tiers, 1) if tier.spend <= max(spend, Decimal(0)))

    def tier_by_rule(self, member: Member, day: date) -> tuple[int, date | None, Decimal]:
        """After the night of `day`: the rank, until when, and what is missing in this quarter to keep it."""
        first = quarter_first(day + DAY)
        end = quarter_end(first)
        this = self.spent(member, first, day)
        by_this, by_last = self.reached(this), self.reached(self.spent(member, quarter_first(first - DAY), day))
        grants = [(rank, until) for rank, since, until in member.grants if since <= day + DAY <= until]
        rank = max([by_this, by_last, *(rank for rank, _ in grants)])
        ends = [until for given, until in grants if given == rank]
        if by_this >= rank:
            ends.append(quarter_end(end + DAY))
        elif by_last >= rank:
            ends.append(end)
        return rank, max(ends) if rank > 1 else None, max(Decimal(0), self.tiers[rank - 1].spend - this)

    def move(self, member: Member, day: date) -> None:
        rank, until, _ = self.tier_by_rule(member, day)
        if rank != member.rank:
            member.moves.append((member.rank, rank, day))
            names = {"from": self.tiers[member.rank - 1].name, "to": self.tiers[rank - 1].name}
            kind = "tier_up" if rank > member.rank else "tier_down"
            payload: dict[str, object] = {**names, "valid_until": until and str(until)}
            member.tell(kind, str(day), Notice(day, three_days_after(day), payload))
        member.rank, member.valid_until = rank, until

    # Nights

    def night(self, day: date, now: datetime) -> None:
        for member in self.members.values():
            self.mature(member, day + DAY)
            self.expire(member, day)
            self.move(member, day)
            self.remind(member, day)
            self.warn(member, day)
            if self.policy.statement != "off" and (day + DAY).day == 1:
                self.state(member, day)
            self.leave(member, day, now)
            self.sweep(member, now)
        self.closed = day

    def leave(self, member: Member, day: date, now: datetime) -> None:
        """What is due in one night becomes one message."""
        for notice in member.notices.values():
            if notice.day == day and notice.state == "due":
                if notice.send_before <= now:
                    notice.state, notice.reason = "skipped", "too_late"
                else:
                    notice.state, notice.message = "queued", True
                    member.messages.add(day)

    def sweep(self, member: Member, now: datetime) -> None:
        """A message whose time is over never leaves."""
        for sent in member.messages:
            notices = [notice for notice in member.notices.values() if notice.message and notice.day == sent]
            if max(notice.send_before for notice in notices) <= now:
                for notice in notices:
                    notice.state, notice.reason = "skipped", "too_late"

    def remind(self, member: Member, day: date) -> None:
        """One reminder at a time: the nearest day that is worth it and can still be told."""
        alive = [lot for lot in member.lots if lot.earned_on <= day and lot.left(day) and lot.expires_on]
        told = any(
            kind == "points_expiring" and notice.message and notice.reason in {None, "replay"}
            and day - self.policy.remind_every_days * DAY < notice.day < day
            for (kind, _), notice in member.notices.items()
        )  # fmt: skip
        for days in sorted(self.policy.remind_days):
            end = day + days * DAY
            points = sum(lot.left(day) for lot in alive if lot.expires_on == end)
            if not points:
                continue
            by_then = sum(lot.left(day) for lot in alive if lot.expires_on and day < lot.expires_on <= end)
            notice = Notice(
                day, datetime.combine(end, time(12), ZONE), {"days": days, "on": str(end), "points": points}
            )
            if by_then < self.policy.remind_min_points:
                notice.state, notice.reason = "skipped", "small"
            elif told:
                notice.state, notice.reason = "skipped", "recent_reminder"
            told = told or notice.state == "due"
            member.tell("points_expiring", f"{end}:{days}", notice)

    def warn(self, member: Member, day: date) -> None:
        if member.valid_until == day + 15 * DAY:
            payload: dict[str, object] = {
                "tier": self.tiers[member.rank - 1].name, "valid_until": str(member.valid_until),
                "to_keep": self.tier_by_rule(member, day)[2],
            }  # fmt: skip
            member.tell("tier_warning", str(member.valid_until), Notice(day, three_days_after(day), payload))

    def state(self, member: Member, day: date) -> None:
        month = [entry for entry in member.entries if day.replace(day=1) <= entry.day <= day]
        if not month and self.policy.statement == "moved":
            return
        by_kind = {
            kind: sum(entry.points for entry in month if entry.kind == kind) for kind in ("earn", "redeem", "expire")
        }
        payload: dict[str, object] = {
            "month": f"{day:%Y-%m}", "earned": by_kind["earn"], "redeemed": -by_kind["redeem"],
            "expired": -by_kind["expire"],
            "balance": sum(entry.points for entry in member.entries if entry.day <= day),
        }  # fmt: skip
        member.tell("statement", f"{day:%Y-%m}", Notice(day, three_days_after(day), payload))


def three_days_after(day: date) -> datetime:
    """Three days after the night of `day`, which is at 02:30 of the day after."""
    return datetime.combine(day + 4 * DAY, time(2, 30), ZONE)

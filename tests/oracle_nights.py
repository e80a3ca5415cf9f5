"""Nights in plain Python (design 4.6): what ends, who moves, what members are told."""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from tests.oracle_ledger import DAY, Member, Notice, quarter_first
from tests.oracle_tiers import Tiers

ZONE = ZoneInfo("Asia/Shanghai")


@dataclass
class Nights(Tiers):
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
            if member.quarter and quarter_first(day + DAY) == day + DAY:
                member.quarter = max(member.quarter, day + DAY)
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

    def move(self, member: Member, day: date) -> None:
        rank, until, _ = self.tier_by_rule(member, day)
        if rank != member.rank:
            member.moves.append((member.rank, rank, day))
            names = {"from": self.tiers[member.rank - 1].name, "to": self.tiers[rank - 1].name}
            kind = "tier_up" if rank > member.rank else "tier_down"
            payload: dict[str, object] = {**names, "valid_until": until and str(until)}
            member.tell(kind, str(day), Notice(day, three_days_after(day), payload))
        member.rank, member.valid_until = rank, until


def three_days_after(day: date) -> datetime:
    """Three days after the night of `day`, which is at 02:30 of the day after."""
    return datetime.combine(day + 4 * DAY, time(2, 30), ZONE)

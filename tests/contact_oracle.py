"""The contact rules of design 4.7 in plain Python, one message at a time: what the set-based statement is judged by."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

GONE = {"sending", "accepted", "delivered", "unknown"}
HALF_HOUR = timedelta(minutes=30)


@dataclass(kw_only=True)
class Rule:
    kind: str
    store: int | None = None
    opens: time | None = None
    closes: time | None = None
    most: int | None = None
    days: int | None = None
    plain_only: bool = False
    is_active: bool = True


@dataclass(kw_only=True)
class Person:
    """`said`: what they said of a purpose, in the order in which it was written down; `refused`: since when their number is."""

    id: int
    phone: str | None
    erased: bool = False
    invalid: bool = False
    fewer: bool = False
    said: list[tuple[str, bool, datetime]] = field(default_factory=list)
    refused: datetime | None = None

    def newest(self, purpose: str) -> tuple[bool, datetime] | None:
        found = None
        for what, granted, at in self.said:
            if what == purpose and (found is None or at >= found[1]):
                found = (granted, at)
        return found


@dataclass(kw_only=True)
class Sent:
    """A row of the send log. Its day is the one for which it is queued, or on which it left."""

    id: int
    member: int
    phone: str | None
    store: int
    kind: str = "marketing"
    state: str = "queued"
    day: date | None = None
    content: int = 0
    plain: bool = False
    gateway: str | None = None
    send_before: datetime | None = None
    scheduled_at: datetime | None = None


@dataclass(kw_only=True)
class World:
    zone: ZoneInfo
    rules: list[Rule]
    people: dict[int, Person]
    sent: list[Sent] = field(default_factory=list)

    def _active(self, kind: str) -> list[Rule]:
        return [rule for rule in self.rules if rule.kind == kind and rule.is_active]

    def opens_at(self, at: datetime, store: int) -> datetime | None:
        """The first instant from `at` on inside the hours, found by looking at every half hour of two days."""
        rules = [rule for rule in self._active("hours") if rule.store in {None, store}]
        spans = [(rule.opens or time(), rule.closes or time()) for rule in rules] or [(time(8), time(21))]
        local = at.astimezone(self.zone)
        first = local.replace(minute=local.minute - local.minute % 30, second=0, microsecond=0) + HALF_HOUR
        for moment in [local, *(first + n * HALF_HOUR for n in range(96))]:
            if all(opens <= moment.time() < closes for opens, closes in spans):
                return moment
        return None

    def verdict(self, one: Sent, at: datetime, asked: datetime | None = None) -> tuple[str | None, datetime | None]:
        """Why a queued message may not leave at `at`, or until when it waits; neither: it may. Where it is `asked` before,
        what could still leave until then counts.
        """
        person = self.people[one.member]
        phone = person.phone if one.kind == "notice" else one.phone
        if person.erased or phone is None:
            return ("erased" if person.erased else "no_phone"), None
        late = one.send_before is not None and one.send_before <= at
        if one.kind in {"verification", "staff"}:
            return ("too_late" if late else None), None
        refused = self._refused(one, person, phone)
        opens = self.opens_at(at, one.store)
        if refused or late:
            return refused or "too_late", None
        if opens is None or (one.send_before is not None and one.send_before <= opens):
            return "quiet_hours", None
        if opens > at:
            return None, opens
        return (
            self.too_much(one, at.astimezone(self.zone).date(), asked or at) if one.kind == "marketing" else None
        ), None

    @staticmethod
    def _refused(one: Sent, person: Person, phone: str) -> str | None:
        if person.invalid and phone == person.phone:
            return "invalid_phone"
        said = person.newest("marketing_sms" if one.kind == "marketing" else "notice_sms")
        if said and not said[0]:
            return "opted_out"
        if one.kind == "notice":
            return None
        if person.refused and phone == person.phone and not (said and said[1] > person.refused):
            return "opted_out"
        if said is None:
            return "no_consent"
        return "invalid_phone" if phone != person.phone else None

    def too_much(self, one: Sent, today: date, at: datetime) -> str | None:
        """The rules of content and frequency, for a message that would leave today."""
        others = [(self._counted(other, one, today, at), other) for other in self.sent if other.member == one.member]
        days = [(day, other) for day, other in others if day is not None]
        for rule in self._active("same_content"):
            if any(0 <= (today - day).days < (rule.days or 0) and other.content == one.content for day, other in days):
                return "same_content"
        fewer = self.people[one.member].fewer
        for rule in self._active("frequency"):
            most, window = rule.most or 0, rule.days or 0
            if fewer and most == 1:
                window *= 2
            elif fewer:
                most //= 2
            if rule.plain_only and not one.plain:
                continue
            met = [
                day for day, other in days if 0 <= (today - day).days < window and (other.plain or not rule.plain_only)
            ]
            if len(met) >= most:
                return "frequency_cap"
        return None

    @staticmethod
    def _counted(other: Sent, one: Sent, today: date, at: datetime) -> date | None:
        """The day for which another message counts against one that would leave today; None: it does not."""
        if other is one or other.kind != "marketing" or other.day is None or other.day > today:
            return None
        if other.state in GONE:
            return other.day
        if other.state != "queued":
            return None
        alive = other.send_before is None or other.send_before > at
        return today if other.gateway is not None or (other.id < one.id and alive) else None

"""The ledger's deeds in plain Python, straightforward and slow (design 4.2–4.4): what comes in, what goes out, what ends."""

from dataclasses import dataclass, field
from datetime import date

from tests.oracle_ledger import DAY, Deed, Lot, Member, Policy, in_order


@dataclass
class Ledger:
    policy: Policy
    members: dict[int, Member] = field(default_factory=dict)
    keys: dict[tuple[str, str], tuple[int, str, int]] = field(default_factory=dict)
    closed: date | None = None
    extensions: dict[str, tuple[tuple[object, ...], tuple[int, int, int]]] = field(default_factory=dict)

    def settle(self, member: Member, day: date) -> None:
        """Before a posting of `day`: what is due by then matures, what ended before it is gone."""
        self.mature(member, day)
        self.expire(member, day - DAY)

    def mature(self, member: Member, through: date) -> None:
        due = [lot for lot in member.lots if not lot.ready and lot.available_on <= through]
        for lot in due:
            lot.ready = True
        if due:
            member.pay()

    def expire(self, member: Member, through: date) -> None:
        over = [lot for lot in member.lots if lot.expires_on and lot.expires_on <= through and lot.left()]
        for end in sorted({lot.expires_on for lot in over if lot.expires_on}):
            lots = [lot for lot in over if lot.expires_on == end]
            reference = f"expire:{member.id}:{end}"
            if any(entry.reference == reference for entry in member.entries):
                reference += f":{lots[0].entry.reference}"
            day = max(end, self.closed + DAY) if self.closed else end
            points = sum(lot.left() for lot in lots)
            entry = member.post(Deed(member.id, member.home, "expire", -points, "night", reference, day))
            entry.take(lots, points, day)

    def judged(self, deed: Deed) -> str | None:
        known = self.keys.get((deed.source, deed.reference))
        return None if known is None else "known" if known == (deed.member, deed.kind, deed.points) else "conflict"

    def credit(self, deed: Deed) -> str:
        judged = self.judged(deed)
        if judged != "conflict":
            self.settle(self.members[deed.member], deed.day)
        if judged is None:
            self.add(deed)
            self.members[deed.member].pay(deed.day)
        return judged or "posted"

    def add(self, deed: Deed, *, hold_days: int = 0) -> Lot:
        """An entry and its lot, settled before; whoever calls it lets the member pay afterwards."""
        self.keys[deed.source, deed.reference] = (deed.member, deed.kind, deed.points)
        member, held = self.members[deed.member], deed.day + hold_days * DAY
        lot = Lot(member.post(deed), deed.store, deed.points, held, deed.expires_on, ready=held <= deed.day)
        member.lots.append(lot)
        return lot

    def debit(self, deed: Deed) -> str:
        """A conflict or a short balance leaves everything as it was; what is posted is the member's newest entry."""
        judged = self.judged(deed)
        if judged == "conflict":
            return judged
        member = self.members[deed.member]
        if judged is None and -deed.points > spendable_on(member, deed.day):
            return "short"
        self.settle(member, deed.day)
        if judged is None:
            self.keys[deed.source, deed.reference] = (deed.member, deed.kind, deed.points)
            member.post(deed).take(member.spendable(), -deed.points, deed.day)
        return judged or "posted"

    def extend(
        self, *, form: str, member: int | None, first_on: date, last_on: date, good_until: date, day: date
    ) -> str:
        """Lots that end within some days are good for longer; `extensions`: what was asked, and members, lots and points."""
        asked = (member, first_on, last_on, good_until)
        if form in self.extensions:
            return "known" if self.extensions[form][0] == asked else "conflict"
        found = [
            (who.id, lot)
            for who in self.members.values()
            for lot in who.lots
            if member in {None, who.id} and lot.left() and lot.expires_on and lot.expires_on < good_until
            and max(first_on, day) <= lot.expires_on <= last_on
        ]  # fmt: skip
        points = sum(lot.left() for _, lot in found)
        self.extensions[form] = (asked, (len({who for who, _ in found}), len(found), points))
        for _, lot in found:
            lot.expires_on = good_until
        return "posted"


def spendable_on(member: Member, day: date) -> int:
    """What a settling of `day` would leave to spend: what matures pays first what is owed, then what is over is gone."""
    owed, free = member.debt(), 0
    for lot in in_order(lot for lot in member.lots if lot.ready or lot.available_on <= day):
        paid = min(owed, lot.left())
        owed -= paid
        free += lot.left() - paid if (lot.expires_on or day) >= day else 0
    return free

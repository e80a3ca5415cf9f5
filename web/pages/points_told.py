"""A member's ledger in plain sentences, for the page and for the command line."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from zoneinfo import ZoneInfo

from queries.points_shown import Consumed, Earning, EntryShown, LotShown, Origin, Receipt, Spent
from queries.tags import TagStory
from rules.calendar import business_date
from web.pages.frame import number, yuan
from web.pages.points_words import WORDS, day_told

SOON = 7  # days before points end


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One entry of the ledger, told: `sum` is how it was worked out, `notes` what to know of it now, the rest detail."""

    id: int
    on: str
    sentence: str
    points: int
    after: int
    sum: str | None
    notes: tuple[str, ...]
    details: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class LotLine:
    """Living points, told; `soon`: how long they have when that is not long."""

    sentence: str
    details: tuple[str, ...]
    soon: str | None
    held: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TagLine:
    """A tag, told: since when and why, and how the member stands to each part of its rule now."""

    tag: str
    since: str
    facts: tuple[tuple[bool, str], ...]


class Teller:
    """Tells of one member's points in a language (zh | en); days of the year of `today` go without their year."""

    def __init__(self, *, language: str, today: date) -> None:
        self.language = language
        self.today = today
        self.words = WORDS[language]

    def say(self, word: str, /, **parts: object) -> str:
        """A sentence of points_words.py, filled in."""
        return self.words[word].format(**parts)

    def day(self, day: date) -> str:
        year = None if day.year == self.today.year else day.year
        return day_told(year=year, month=day.month, day=day.day, language=self.language)

    def end(self, day: date | None) -> str:
        return self.words["for_ever"] if day is None else self.say("until", day=self.day(day))

    def tag(self, story: TagStory, *, zone: ZoneInfo) -> TagLine:
        """Why a member has a tag."""
        because = story.because or self.words["tag_by_hand"]
        facts = tuple(
            (fact.holds, fact.words + (self.say("tag_now", value=fact.value) if fact.value else ""))
            for fact in story.facts
        )
        day = self.day(business_date(at=story.since, zone=zone))
        return TagLine(tag=story.tag, since=self.say("tag_since", day=day, because=because), facts=facts)

    def left(self, day: date) -> str:
        """How many days are left until one."""
        days = (day - self.today).days
        return self.say("days_left", days=days) if days else self.words["last_day"]

    def origin(self, origin: Origin) -> str:
        """Where the points of a lot came from."""
        if origin.source == "purchase" and origin.receipt is not None:
            return f"{self.day(origin.on)} {self._receipt(origin.receipt)}"
        known = f"came_{origin.source}"
        return self.say(
            known if known in self.words else "came_other", day=self.day(origin.on), store=origin.store.name
        )

    def lot(self, lot: LotShown) -> LotLine:
        """One of the lots that are alive."""
        assert lot.origin is not None  # noqa: S101  told of every living lot
        details = [self.say("lot_of", points=number(lot.points))] if lot.remaining < lot.points else []
        details += [self.say("lot_owed", store=lot.store.name)] if lot.origin.seller != lot.store else []
        details += self._extensions(lot)
        soon = lot.expires_on is not None and (lot.expires_on - self.today).days <= SOON
        sentence = self.say(
            "lot_left", points=number(lot.remaining), origin=self.origin(lot.origin), end=self.end(lot.expires_on)
        )
        return LotLine(
            sentence=sentence, details=tuple(details),
            soon=self.left(lot.expires_on) if soon and lot.expires_on else None,
            held=self.say("from", day=self.day(lot.available_on)) if lot.is_held(on=self.today) else None,
        )  # fmt: skip

    def line(self, entry: EntryShown) -> Line:
        """One entry of the ledger."""
        notes = [self.say("from", day=self.day(lot.available_on)) for lot in entry.lots if lot.is_held(on=self.today)]
        notes += [self.say("owes", points=number(entry.owed))] if entry.owed else []
        return Line(
            id=entry.id, on=self.day(entry.on), sentence=self._sentence(entry), points=entry.points,
            after=entry.balance_after, sum=self._sum(entry), notes=tuple(notes), details=tuple(self._details(entry)),
        )  # fmt: skip

    def _receipt(self, receipt: Receipt) -> str:
        return self.say("receipt", store=receipt.store.name, number=receipt.number)

    def _sentence(self, entry: EntryShown) -> str:
        if entry.kind == "redeem":
            return self._redeemed(entry)
        if entry.kind in {"refund", "restore"}:
            return self._undone(entry)
        if entry.kind == "adjust":
            return self._merged(entry) if entry.source == "merge" else self._adjusted(entry)
        if entry.kind == "earn" and entry.receipt is not None:
            if entry.bonus:
                return self.say(entry.bonus, receipt=self._receipt(entry.receipt))
            bought = entry.receipt
            return self.say("earn", store=bought.store.name, amount=yuan(bought.amount), number=bought.number)
        return self.say("earn_plain" if entry.kind == "earn" else entry.kind, store=entry.store.name)

    def _adjusted(self, entry: EntryShown) -> str:
        done = self.say("adjust_up" if entry.points > 0 else "adjust_down", store=entry.store.name)
        return done + (self.say("because", reason=entry.reason) if entry.reason else "")

    def _merged(self, entry: EntryShown) -> str:
        what, _, other = (entry.reason or "").rpartition("#")
        word = "merge_debt" if what.startswith("欠分") else "merge_in" if entry.points > 0 else "merge_out"
        return self.say(word, store=entry.store.name, other=other)

    def _redeemed(self, entry: EntryShown) -> str:
        value = "" if entry.value is None else yuan(entry.value)
        word = "redeem_reward" if entry.reward else "redeem_value" if value else "redeem_plain"
        said = self.say(word, store=entry.store.name, reward=entry.reward, value=value)
        said += self.say("worth", value=value) if entry.reward and value else ""
        return said + (self.say("on_receipt", number=entry.receipt.number) if entry.receipt else "")

    def _undone(self, entry: EntryShown) -> str:
        receipt = entry.receipt
        bill = "" if receipt is None else self.say("refund_of", store=receipt.store.name, number=receipt.number)
        if entry.kind == "restore":
            word = "restore_cancel" if receipt is None else "restore_refund"
            return self.say(word, bill=bill, what=self._spent(entry.spent))
        if entry.bonus or receipt is None or receipt.sale is None:
            return self.say("taken_back", bill=bill)
        return self.say("refund", sale=receipt.sale.number, amount=yuan(abs(receipt.amount)), bill=bill)

    def _spent(self, spent: Spent | None) -> str:
        if spent is None:
            return ""
        return self.say("spent_reward" if spent.reward else "spent_points", day=self.day(spent.on), reward=spent.reward)

    def _sum(self, entry: EntryShown) -> str | None:
        """¥99.90 × 1.5 = 149.85, rounded down 149; None where nothing is to be worked out, or the rows do not give it."""
        if entry.earning is None or entry.receipt is None:
            return None
        one, earning = Decimal(1), entry.earning
        shares = [(by, amount) for by, amount in earning.shares or ((one, entry.receipt.amount),) if by]
        exact = sum((by * amount for by, amount in shares), Decimal(0)) * earning.per_yuan * earning.tier_multiplier
        if exact.to_integral_value(ROUND_FLOOR) != entry.points:
            return None
        terms = [f"{yuan(amount)} × {_plain(by)}" if by != one else yuan(amount) for by, amount in shares]
        factors = [_plain(by) for by in (earning.per_yuan, earning.tier_multiplier) if by != one]
        base = f"({' + '.join(terms)})" if len(terms) > 1 and factors else " + ".join(terms)
        product = " × ".join([base, *factors])
        told = f"{product} = {_plain(exact)}" if len(terms) > 1 or "×" in product else product
        told += "" if exact == entry.points else self.say("exact", points=number(entry.points))
        told += self._because(earning)
        return None if told == product else told

    def _because(self, earning: Earning) -> str:
        """What the factors were, in words."""
        words = [self.say("by_promotion", by=_plain(by)) for by, _ in earning.shares if by not in {0, 1}]
        words += [self.say("by_yuan", by=_plain(earning.per_yuan))] if earning.per_yuan != 1 else []
        words += [self.say("by_tier", by=_plain(earning.tier_multiplier))] if earning.tier_multiplier != 1 else []
        words += [self.say("earns_nothing", amount=yuan(amount)) for by, amount in earning.shares if not by]
        return self.say("brackets", words=self.words["between"].join(words)) if words else ""

    def _details(self, entry: EntryShown) -> list[str]:
        told = [self._moved(part) for part in entry.consumed if part.paid_on is None]
        told += self._owed(entry)
        for lot in entry.lots:
            told.append(self.say(
                "lot_again" if entry.kind == "restore" else "lot", points=number(lot.points), store=lot.store.name,
                end=self.end(lot.expires_on),
                left=self.say("left", points=number(lot.remaining)) if lot.remaining else self.words["left_none"],
            ))  # fmt: skip
            if lot.available_on > entry.on:
                told.append(self.say("held", day=self.day(lot.available_on)))
            told += self._extensions(lot) + self._uses(lot)
        return told

    def _moved(self, part: Consumed) -> str:
        # A receipt's points are owed by its store: that goes without saying.
        owed = "" if part.origin.seller == part.store else self.say("owed_by", store=part.store.name)
        return self.say(
            "took" if part.points > 0 else "gave_back", points=number(abs(part.points)), owed=owed,
            origin=self.origin(part.origin), end=self.end(part.expires_on),
        )  # fmt: skip

    def _owed(self, entry: EntryShown) -> list[str]:
        """What a refund could not take at once, and what paid it."""
        paid = [part for part in entry.consumed if part.paid_on is not None]
        short = entry.owed + sum(part.points for part in paid)
        if not short:
            return []
        told = [self.say("short", points=number(short))]
        told += [
            self.say("paid", day=self.day(part.paid_on), points=number(part.points), origin=self.origin(part.origin))
            for part in paid if part.paid_on is not None
        ]  # fmt: skip
        return [*told, self.say("owes", points=number(entry.owed)) if entry.owed else self.words["settled"]]

    def _extensions(self, lot: LotShown) -> list[str]:
        return [
            self.say(
                "extended", day=self.day(one.on), was=self.day(one.was), until=self.day(one.until), reason=one.reason
            )
            for one in lot.extensions
        ]

    def _uses(self, lot: LotShown) -> list[str]:
        told = [
            self.say(
                "use_paid" if use.paid else f"use_{use.kind}", day=self.day(use.on), points=number(abs(use.points))
            )
            for use in lot.uses
        ]
        return [*told, self.say("uses_more", used=number(lot.used))] if lot.used > len(told) else told


def _plain(figure: Decimal) -> str:
    """1.5, 1,200: without zeros that say nothing."""
    return f"{figure.normalize():,f}"

"""A program played over what really happened, member by member: what would have been issued, spent, lapsed, and is left.

Everybody does what they did: buys, returns, asks for the same redemptions. Pure; nothing is read and no clock is looked
at. With the program that was in force it ends where the ledger ends.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rules.backtest_events import (
    Adjust,
    Bonus,
    BonusBack,
    Cancel,
    Erased,
    Extend,
    Grant,
    Life,
    Opening,
    Redeem,
    Refund,
    Sale,
)  # fmt: skip
from rules.backtest_points import Account, Lot, Spent
from rules.backtest_tally import Tally, Window
from rules.backtest_terms import A_POINT, Price, Terms, quarter_of
from rules.backtest_tiers import Ladder


@dataclass(slots=True)
class _Bought:
    """A sale that will be refunded: what is left of it, what it earned, what was taken back."""

    day: int
    store: int
    amount: int
    earns: int
    factor: int
    points: int
    lot: Lot | None
    refunded: int = 0
    taken: int = 0


class Player:
    """Plays one program. `tally` grows with every member."""

    def __init__(self, *, terms: Terms, window: Window) -> None:
        self.terms, self.window = terms, window
        self.first, self.last = window.first, window.last
        self.promotions = terms.promotions
        self.tally = Tally()
        self._deeds: Mapping[type, Callable[[Any], None]] = {
            Sale: self._sale, Refund: self._refund, Redeem: self._redeem, Cancel: self._cancel, Adjust: self._adjust,
            Opening: self._opening, Grant: self._grant, Extend: self._extend, Bonus: self._bonus,
            BonusBack: self._bonus_back, Erased: self._erase,
        }  # fmt: skip

    def play(self, *, life: Life) -> None:
        """Lives one member's life to the end of the window."""
        self._begin(life)
        deeds = self._deeds
        for event in life.events:
            if event.closed > self.closed:
                self._close(event.closed)
            deeds[type(event)](event)
        if self.window.last_night > self.closed:
            self._close(self.window.last_night)
        self.tally.alive += self.account.alive() + self.late
        self.tally.debt += self.account.debt
        if not life.erased and life.joined <= self.window.last:
            self.tally.members[self.ladder.rank] += 1

    def _begin(self, life: Life) -> None:
        self.refunded, self.buyer = life.refunded, life.buyer
        self.account, self.ladder = Account(), Ladder(self.terms)
        self.closed = self.late = 0
        self.erased = False
        self.sales: dict[int, _Bought] = {}
        self.spent: dict[int, Spent] = {}
        self.spent_on: dict[int, Spent] = {}
        self.missed: dict[int, Redeem] = {}
        self.bonuses: dict[int, list[tuple[Lot, int]]] = {}

    def _told(self, day: int) -> bool:
        return self.first <= day <= self.last

    # Nights, and what every posting settles first

    def _close(self, last: int) -> None:
        first = self.closed + 1 if self.closed else self.window.first_night
        account = self.account
        if account.held:
            account.mature(last + 1)
        if account.lots and account.lots[0].expires <= last:
            self._expire(last, first if self.closed else 0)
        self.closed = last
        if not self.erased:
            self.ladder.close(first, last)

    def _settle(self, day: int) -> None:
        account = self.account
        if account.held:
            account.mature(day)
        if account.lots and account.lots[0].expires < day:
            self._expire(day - 1, self.closed + 1 if self.closed else 0)

    def _expire(self, through: int, open_from: int) -> None:
        """What ended before the first night that is still open is dated with that one."""
        for expires, points in self.account.expire(through):
            day = max(expires, open_from)
            if day > self.last:
                self.late += points
            elif day >= self.first:
                self.tally.expired += points

    # Deeds

    def _earn(self, points: int, day: int) -> Lot:
        self._settle(day)
        if self.first <= day <= self.last:
            self.tally.issued += points
        return self.account.add(points, day, day + self.terms.hold_days, self.terms.ends[day])

    def _sale(self, sale: Sale) -> None:
        closed, day, key, amount, counts, earns, store, parts = sale
        if parts is not None and self.promotions is not None:
            earns = self.promotions.earns(parts=parts, day=day, store=store, buyer=self.buyer)
        factor = self.terms.factors[self.ladder.rank_on(day, closed)]
        points = earns * factor // A_POINT
        lot = self._earn(points, day) if points > 0 else None
        self.ladder.fresh.append((day, quarter_of(day), counts))
        if key in self.refunded:
            self.sales[key] = _Bought(day, store, amount, earns, factor, max(points, 0), lot)

    def _refund(self, refund: Refund) -> None:
        """First what had been spent on it comes back, then what it had earned is taken back (design 4.4)."""
        self._settle(refund.day)
        sale = self.sales[refund.sale]
        sale.refunded -= refund.amount
        sale.earns += self._earns(refund, sale)
        self.ladder.fresh.append((refund.day, quarter_of(sale.day), refund.counts))
        spent = self.spent_on.get(refund.sale)
        if spent is not None:
            part = spent.points * sale.refunded // sale.amount if sale.amount else 0
            self._restore(spent, (spent.points if refund.whole else part) - spent.restored, refund.day)
        if sale.lot is not None:
            keeps = max(sale.earns * sale.factor // A_POINT, 0)
            wanted = sale.points - keeps - sale.lot.lapsed - sale.taken
            sale.taken += self._take_back(sale.lot, wanted, refund.day)

    def _earns(self, refund: Refund, sale: _Bought) -> int:
        """The lines of a refund by what they earned at their sale."""
        if refund.parts is None or self.promotions is None:
            return refund.earns
        return self.promotions.earns(parts=refund.parts, day=sale.day, store=sale.store, buyer=self.buyer)

    def _take_back(self, lot: Lot, points: int, day: int) -> int:
        if points <= 0:
            return 0
        self.account.take_back(lot, points)
        if self._told(day):
            self.tally.taken_back += points
        return points

    def _redeem(self, redeem: Redeem) -> None:
        self._settle(redeem.day)
        price, told = self._price(redeem), self._told(redeem.day)
        if price is None or price.points > self.account.balance:
            self.missed[redeem.key] = redeem
            if told:
                self.tally.refuse(redeem.points)
            return
        spent = Spent(price.points, price.value, self.account.take(price.points))
        self.spent[redeem.key] = spent
        if redeem.sale:
            self.spent_on[redeem.sale] = spent
        if told:
            self.tally.grant(spent)

    def _price(self, redeem: Redeem) -> Price | None:
        """None: the program would not grant it to anybody, or not to this rank."""
        terms = self.terms
        if not redeem.reward:
            fits = redeem.points >= terms.redeem_min and redeem.points % terms.redeem_step == 0
            return Price(redeem.points, 1, None) if fits else None
        if redeem.reward not in terms.prices:
            return Price(redeem.points, 1, terms.worths.get(redeem.reward))
        price = terms.prices[redeem.reward]
        return price if price is not None and price.min_rank <= self.ladder.rank else None

    def _restore(self, spent: Spent, points: int, day: int) -> None:
        if points <= 0:
            return
        if self._told(day):
            self.tally.undo(spent, points)
        self.account.restore(spent, points, day)

    def _cancel(self, cancel: Cancel) -> None:
        self._settle(cancel.day)
        spent, missed = self.spent.get(cancel.redemption), self.missed.get(cancel.redemption)
        if spent is not None:
            self._restore(spent, spent.points - spent.restored, cancel.day)
        elif missed is not None and self._told(missed.day):
            self.tally.refuse(missed.points, -1)

    def _adjust(self, adjust: Adjust) -> None:
        self._settle(adjust.day)
        points = max(adjust.points, -self.account.balance)
        if points < 0:
            self.account.take(-points)
        elif points > 0:
            self.account.add(points, adjust.day, adjust.day, self.terms.ends[adjust.day])
        if self._told(adjust.day):
            self.tally.brought += points

    def _opening(self, opening: Opening) -> None:
        self._settle(opening.day)
        self.account.add(opening.points, opening.day, opening.day, opening.expires)
        if self._told(opening.day):
            self.tally.brought += opening.points

    def _grant(self, grant: Grant) -> None:
        self.ladder.grant(grant)

    def _extend(self, extend: Extend) -> None:
        """What has ended stays ended, and nothing ends sooner than it would have."""
        first, last = max(extend.first, extend.day), min(extend.last, extend.good_until - 1)
        self.account.extend(first, last, extend.good_until)

    def _bonus(self, bonus: Bonus) -> None:
        points = self.terms.newcomer_points if bonus.brought else self.terms.referrer_points
        if points:
            self.bonuses.setdefault(bonus.newcomer, []).append((self._earn(points, bonus.day), points))

    def _bonus_back(self, back: BonusBack) -> None:
        self._settle(back.day)
        for lot, points in self.bonuses.pop(back.newcomer, []):
            self._take_back(lot, points - lot.lapsed, back.day)

    def _erase(self, _: Erased) -> None:
        self.erased = True

"""What headquarters do between the deeds, written where the panel would write it and told to the oracle; and nights."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

from actions.extensions import Whose, extend
from actions.night import close_nights
from tables.scope import scope
from tests import make
from tests.oracle_ledger import DAY
from tests.oracle_promotions import Promotion
from tests.oracle_refunds import Refunds
from tests.simulator_deeds import Told, answer, judged

DONE: Told = ("posted", ())


@dataclass(frozen=True)
class Grant:
    """A rank given for a time."""

    member: int
    rank: int
    since: date
    until: date

    async def do(self, _: Path) -> Told:
        sql = "INSERT INTO tier_grant (member, tier, valid_from, valid_until, reason) SELECT $1, id, $3, $4, '' FROM tier WHERE rank = $2"
        await make.execute(sql, self.member, self.rank, self.since, self.until)
        return DONE

    def tell(self, shop: Refunds) -> Told:
        shop.members[self.member].grants.append((self.rank, self.since, self.until))
        return DONE


@dataclass(frozen=True)
class Extend:
    """A longer life for the lots of one member, or of all, that end within some days."""

    form: str
    member: int | None
    first_on: date
    last_on: date
    good_until: date
    today: date

    async def do(self, _: Path) -> Told:
        async with scope(role="hq_admin"):
            done = await extend(
                form=self.form, whose=Whose(member=self.member), first_on=self.first_on, last_on=self.last_on,
                good_until=self.good_until, reason="停业", business_date=self.today,
            )  # fmt: skip
        return answer(done.known, done.members, done.lots, done.points)

    def tell(self, shop: Refunds) -> Told:
        code = shop.extend(
            form=self.form, member=self.member, first_on=self.first_on, last_on=self.last_on, good_until=self.good_until,
            day=self.today,
        )  # fmt: skip
        return judged(code, *shop.extensions[self.form][1])


@dataclass(frozen=True)
class EditTier:
    rank: int
    spend: Decimal
    multiplier: Decimal

    async def do(self, _: Path) -> Told:
        sql = "UPDATE tier SET quarterly_spend = $2, earn_multiplier = $3 WHERE rank = $1"
        await make.execute(sql, self.rank, self.spend, self.multiplier)
        return DONE

    def tell(self, shop: Refunds) -> Told:
        tier = shop.tiers[self.rank - 1]
        tier.spend, tier.multiplier = self.spend, self.multiplier
        return DONE


@dataclass(frozen=True)
class EditPolicy:
    """`changes` by the names of the columns."""

    changes: tuple[tuple[str, object], ...]

    async def do(self, _: Path) -> Told:
        places = ", ".join(f"{name} = ${n}" for n, (name, _) in enumerate(self.changes, 1))
        await make.execute(f"UPDATE points_policy SET {places}", *(value for _, value in self.changes))
        return DONE

    def tell(self, shop: Refunds) -> Told:
        shop.policy = replace(shop.policy, **dict(self.changes))  # type: ignore[arg-type]  # the draw knows the types
        return DONE


@dataclass(frozen=True)
class EditCategory:
    name: str
    earns: bool
    counts: bool
    promotable: bool

    async def do(self, _: Path) -> Told:
        sql = "UPDATE category SET earns = $2, counts_for_tier = $3, promotable = $4 WHERE name = $1"
        await make.execute(sql, self.name, self.earns, self.counts, self.promotable)
        return DONE

    def tell(self, shop: Refunds) -> Told:
        shop.categories = {**shop.categories, self.name: (self.earns, self.counts)}
        shop.unpromotable = shop.unpromotable - {self.name} | (frozenset() if self.promotable else {self.name})
        return DONE


@dataclass(frozen=True)
class Promote:
    """One promotion more, or the first one ends."""

    promotion: Promotion | None

    async def do(self, _: Path) -> Told:
        it = self.promotion
        if it is None:
            await make.execute(
                "UPDATE points_promotion SET is_active = false WHERE id = (SELECT min(id) FROM points_promotion)"
            )
            return DONE
        await make.execute(
            "INSERT INTO points_promotion (name, multiplier, starts_on, ends_on, weekdays, stores, categories, tag, birthday_month)"
            " SELECT 'P', $1, $2, $3, $4, $5, (SELECT array_agg(id) FROM category WHERE name = ANY ($6::text[])),"
            " (SELECT id FROM tag WHERE name = $7), $8",
            it.multiplier, it.starts_on, it.ends_on, it.weekdays, it.stores, it.categories, it.tag, it.birthday_month,
        )  # fmt: skip
        return DONE

    def tell(self, shop: Refunds) -> Told:
        if self.promotion:
            shop.promotions.append(self.promotion)
        elif shop.promotions:
            shop.promotions[0] = replace(shop.promotions[0], active=False)
        return DONE


@dataclass(frozen=True)
class Tagging:
    """A tag put on or taken off."""

    member: int
    tag: str
    on: bool

    async def do(self, _: Path) -> Told:
        put = "INSERT INTO member_tag (member, tag) SELECT $1, id FROM tag WHERE name = $2 ON CONFLICT DO NOTHING"
        off = "DELETE FROM member_tag WHERE member = $1 AND tag = (SELECT id FROM tag WHERE name = $2)"
        await make.execute(put if self.on else off, self.member, self.tag)
        return DONE

    def tell(self, shop: Refunds) -> Told:
        tags = shop.members[self.member].tags
        if self.on:
            tags.add(self.tag)
        else:
            tags.discard(self.tag)
        return DONE


@dataclass(frozen=True)
class EditReward:
    reward: int
    points: int
    active: bool
    stock: int | None

    async def do(self, _: Path) -> Told:
        sql = "UPDATE reward SET points = $2, is_active = $3, stock = $4 WHERE id = $1"
        await make.execute(sql, self.reward, self.points, self.active, self.stock)
        return DONE

    def tell(self, shop: Refunds) -> Told:
        gift = shop.rewards[self.reward]
        gift.points, gift.active, gift.stock = self.points, self.active, self.stock
        return DONE


@dataclass(frozen=True)
class Night:
    """All nights that wait, in the small hours of `today`."""

    today: date

    @property
    def now(self) -> datetime:
        return datetime.combine(self.today, time(2, 30), make.ZONE)

    async def do(self, _: Path) -> Told:
        await close_nights(through=self.today - DAY, now=self.now, zone=make.ZONE)
        return DONE

    def tell(self, shop: Refunds) -> Told:
        first = shop.closed + DAY if shop.closed else self.today - DAY
        for n in range((self.today - first).days):
            shop.night(first + n * DAY, self.now)
        return DONE

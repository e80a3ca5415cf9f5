"""The receipts of one day of the demo: who came, when, and what they took. Pure chance from a seed and the date."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from zoneinfo import ZoneInfo

from actions.demo_data import Category, Product, demo_chain
from actions.demo_people import Person

_FEN, _GRAM = Decimal("0.01"), Decimal("0.001")
_THOUSAND, _HUNDRED = 1000, 100
# Receipts without a card, for each hundred members of the chain and each shop.
_STRANGERS_PER_HUNDRED = (0.25, 0.65)
_LINES_OF_STRANGERS = (60, 30, 10)


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """Quantity in kilos or pieces, amount in yuan."""

    sku: str
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """`shop` is an index into the chain's shops; `person` None: nobody showed a card."""

    shop: int
    at: datetime
    person: Person | None
    lines: tuple[Line, ...]
    number: str = ""

    @property
    def tier_amount(self) -> Decimal:
        """What counts for the tier."""
        return sum((line.amount for line in self.lines if line.sku not in _SILENT), Decimal(0))


_SILENT = {product.sku for category in demo_chain().categories if not category.earns for product in category.products}


def day_random(*, seed: int, day: date) -> Random:
    """The chance of one day, the same whether or not the days before it were made just now."""
    return Random(f"{seed}:{day}")  # noqa: S311  nothing here is a secret


def receipts_of(*, rng: Random, day: date, people: Sequence[Person], zone: ZoneInfo) -> list[Receipt]:
    """All receipts of a day in the order of their time, not numbered yet."""
    found = [_visit(rng, day, person, zone) for person in people if _comes(rng, day, person)]
    for shop in range(len(demo_chain().shops)):
        # At least one, so that a day that was lived can be told from one that was not.
        fewest, most = (max(round(len(people) * share / _HUNDRED), 1) for share in _STRANGERS_PER_HUNDRED)
        found += [_stranger(rng, day, shop, zone) for _ in range(rng.randint(fewest, most))]
    return sorted(found, key=lambda receipt: receipt.at)


def numbered(*, receipts: Sequence[Receipt], day: date) -> list[Receipt]:
    """The receipts with the numbers that each shop's till prints on them."""
    printed = [0] * len(demo_chain().shops)
    result = []
    for receipt in receipts:
        printed[receipt.shop] += 1
        result.append(replace(receipt, number=f"{day:%y%m%d}-{printed[receipt.shop]:04}"))
    return result


def receipt_worth(*, rng: Random, day: date, person: Person, amount: Decimal, zone: ZoneInfo) -> Receipt:
    """One more receipt of a member, of about (to a few fen) an amount: fine fruit by weight."""
    dearest = max((p for c in demo_chain().categories for p in c.products if p.by_weight), key=lambda p: p.price)
    line = _weighed(dearest, (amount / dearest.price).quantize(_GRAM))
    return Receipt(shop=person.home, at=_moment(rng, day, person, person.home, zone), person=person, lines=(line,))


def _comes(rng: Random, day: date, person: Person) -> bool:
    low, high = person.habit.only_days
    if day <= person.joined_on:
        return day == person.joined_on
    if not low <= day.day <= high or (person.stops_on and day > person.stops_on):
        return False
    return rng.random() * _THOUSAND * _HUNDRED < person.habit.weekdays[day.weekday()] * person.pace


def _visit(rng: Random, day: date, person: Person, zone: ZoneInfo) -> Receipt:
    shops = len(demo_chain().shops)
    away = rng.randrange(_HUNDRED) < person.wandering
    shop = (person.home + rng.randint(1, shops - 1)) % shops if away else person.home
    count = rng.choices((1, 2, 3, 4), person.habit.lines)[0]
    lines = _basket(rng, count=count, tastes=person.tastes, size=person.habit.size)
    at = person.joined_at if day == person.joined_on else _moment(rng, day, person, shop, zone)
    return Receipt(shop=shop, at=at, person=person, lines=lines)


def _stranger(rng: Random, day: date, shop: int, zone: ZoneInfo) -> Receipt:
    tastes = tuple(category.weight for category in demo_chain().categories)
    count = rng.choices((1, 2, 3), _LINES_OF_STRANGERS)[0]
    at = _time(rng, day, rng.choice(demo_chain().shops[shop].hours), zone)
    return Receipt(shop=shop, at=at, person=None, lines=_basket(rng, count=count, tastes=tastes, size=_HUNDRED))


def _moment(rng: Random, day: date, person: Person, shop: int, zone: ZoneInfo) -> datetime:
    trade = demo_chain().shops[shop].hours
    hour = min(max(rng.choice(person.habit.hours), trade[0]), trade[-1])
    return _time(rng, day, hour, zone)


def _time(rng: Random, day: date, hour: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(hour, rng.randrange(60), rng.randrange(60)), tzinfo=zone)


def _basket(rng: Random, *, count: int, tastes: Sequence[int], size: int) -> tuple[Line, ...]:
    """Different products; the first ones of a category are the popular ones."""
    wanted: dict[str, Product] = {}
    for category in rng.choices(demo_chain().categories, tastes, k=count):
        product = _pick(rng, category)
        wanted[product.sku] = product
    return tuple(_line(rng, product, size) for product in wanted.values())


def _pick(rng: Random, category: Category) -> Product:
    count = len(category.products)
    return rng.choices(category.products, range(count + 1, 1, -1))[0]


def _line(rng: Random, product: Product, size: int) -> Line:
    if product.by_weight:
        return _weighed(product, Decimal(rng.randint(350, 1600) * size // _HUNDRED) / _THOUSAND)
    pieces = 2 if rng.randrange(_HUNDRED) < size // 6 else 1
    return Line(sku=product.sku, quantity=Decimal(pieces), amount=product.price * pieces)


def _weighed(product: Product, kilos: Decimal) -> Line:
    amount = (product.price * kilos).quantize(_FEN, ROUND_HALF_UP)
    return Line(sku=product.sku, quantity=kilos, amount=amount)

"""The demo chain as it is written down in demo_chain.toml: shops, goods, habits, words to make people of."""

import tomllib
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from rules.program import Program, parse_program

FILE = Path(__file__).with_name("demo_chain.toml")


@dataclass(frozen=True, kw_only=True, slots=True)
class Shop:
    """`share`: how many of ten members call it their home; `opens` and `closes` are full hours of trade."""

    code: str
    name: str
    region: str
    address: str
    phone: str
    latitude: Decimal
    longitude: Decimal
    opening_hours: str
    kind: str
    share: int

    @property
    def hours(self) -> range:
        """The hours of the day in which somebody pays."""
        opens, closes = self.opening_hours.split("-")
        return range(int(opens[:2]) + (opens[3:] != "00"), int(closes[:2]))


@dataclass(frozen=True, kw_only=True, slots=True)
class Product:
    """`by_weight`: the price is for a kilo, else for a piece."""

    sku: str
    name: str
    price: Decimal
    by_weight: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Category:
    """What earns nothing neither counts for a tier nor may be advertised."""

    name: str
    weight: int
    products: tuple[Product, ...]
    earns: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Habit:
    """How somebody shops; demo_chain.toml says what the numbers are. `only_days`: first and last day of the month."""

    name: str
    share: int
    weekdays: tuple[int, ...]
    hours: tuple[int, ...]
    lines: tuple[int, ...]
    size: int
    likes: dict[str, int]
    tag: str | None = None
    purpose: str | None = None
    women: bool = False
    only_days: tuple[int, int] = (1, 31)


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """What people are made of: names with their weights, given-name characters, wishes, phone ranges; of `interests` the sku,
    the kind and the weight.
    """

    surnames: dict[str, int]
    women: str
    men: str
    wishes: tuple[str, ...]
    interests: tuple[tuple[str, str, int], ...]
    prefixes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoChain:
    """Everything of the demo that does not come from chance."""

    name: str
    signature: str
    phone: str
    shops: tuple[Shop, ...]
    program: Program
    categories: tuple[Category, ...]
    habits: tuple[Habit, ...]
    words: Words


@cache
def demo_chain() -> DemoChain:
    """The file, read once."""
    told = tomllib.loads(FILE.read_text(encoding="utf-8"), parse_float=Decimal)
    return DemoChain(
        **told["chain"],
        shops=tuple(
            Shop(**{**shop, "latitude": Decimal(shop["latitude"]), "longitude": Decimal(shop["longitude"])})
            for shop in told["stores"]
        ),
        program=parse_program(data=told["program"]),
        categories=tuple(_category(category) for category in told["categories"]),
        habits=tuple(Habit(**_frozen(habit)) for habit in told["habits"]),
        words=Words(**_frozen(told["people"])),
    )


def _category(told: dict[str, Any]) -> Category:
    products = tuple(
        Product(sku=sku, name=name, price=Decimal(price), by_weight=unit == "kg")
        for sku, name, price, unit in told["products"]
    )
    return Category(**{**told, "products": products})


def _frozen(told: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in told.items()}

"""The demo's members: who they are, how they shop, what they allowed. From a seed alone, nothing is asked of anybody."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from actions.demo_data import Category, Habit, demo_chain

_DAY = timedelta(days=1)
# In per cent of all members.
_NEWCOMERS, _LAPSED, _AT_HOME_ON_THE_MAP, _WISHES, _CARDS = 12, 15, 30, 8, 45
_YES, _NO, _WITHDRAWN_LATER = 70, 14, 6
_HUNDRED = 100
_LONGEST_MEMBERSHIP = 700
_LAPSED_SINCE = (60, 100)
_MICRO_DEGREE = Decimal("0.000001")
_REACH = 18_000  # micro degrees around the shop, two kilometres
# The pretend phones that do not answer: a few, at fixed places in the row of people.
_DEAD_EVERY, _SWITCHED_OFF_EVERY = 331, 151


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """What a member brings over from the paper cards: a tier, points, and when those end (None: by the policy)."""

    tier: str | None
    points: int
    expires_on: date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """A member of the demo. `home` is an index into the shops; `pace` in per cent of the habit's; `consents` by
    purpose, what was asked alone; `wandering`: the chance in a hundred to buy in another shop.
    """

    phone: str
    name: str
    title: str
    birthday: date | None
    home: int
    place: tuple[Decimal, Decimal] | None
    joined_on: date
    joined_at: datetime
    habit: Habit
    pace: int
    stops_on: date | None
    card: Card | None
    consents: dict[str, bool]
    consent_source: str
    withdrawn_at: datetime | None
    tagged: bool
    wish: str | None
    tastes: tuple[int, ...]
    wandering: int = 8


def make_people(*, seed: int, count: int, first: date, last: date, zone: ZoneInfo) -> list[Person]:
    """The members of a demo whose receipts go from `first` to `last`; one in eight joins in between."""
    rng = Random(f"{seed}:people")  # noqa: S311  nothing here is a secret
    phones = _phones(rng)
    return [_person(rng, next(phones), first=first, last=last, zone=zone) for _ in range(count)]


def _person(rng: Random, phone: str, *, first: date, last: date, zone: ZoneInfo) -> Person:
    chain = demo_chain()
    habit = rng.choices(chain.habits, [habit.share for habit in chain.habits])[0]
    woman = habit.women or _chance(rng, 58)
    home = rng.choices(range(len(chain.shops)), [shop.share for shop in chain.shops])[0]
    new = _chance(rng, _NEWCOMERS) and first < last
    joined_on = first + _DAY * (rng.randint(1, (last - first).days) if new else -rng.randint(1, _LONGEST_MEMBERSHIP))
    decided = rng.randrange(_HUNDRED)
    asked = ("marketing_sms", habit.purpose) if decided < _YES + _NO else (habit.purpose,)
    consents = {purpose: decided < _YES for purpose in asked if purpose}
    place = _place(rng, home) if _chance(rng, _AT_HOME_ON_THE_MAP) else None
    return Person(
        phone=phone,
        name=_name(rng, woman=woman),
        title=("女士" if woman else "先生") if _chance(rng, 85) else "",
        birthday=_birthday(rng) if _chance(rng, 72) else None,
        home=home,
        place=place,
        joined_on=joined_on,
        joined_at=_at(rng, joined_on, zone),
        habit=habit,
        pace=rng.choice((20, 30, 40, 50, 60, 70, 90, 160)),
        stops_on=last - _DAY * rng.randint(*_LAPSED_SINCE) if not new and _chance(rng, _LAPSED) else None,
        card=None if new or not _chance(rng, _CARDS) else _card(rng, last),
        consents=consents | ({"location": True} if place else {}),
        consent_source=rng.choice(("收银台扫码入会", "小程序入会", "门店纸质登记表")),
        withdrawn_at=_withdrawal(rng, max(joined_on, first), last, zone) if decided < _YES else None,
        tagged=_chance(rng, 55),
        wish=rng.choice(chain.words.wishes) if _chance(rng, _WISHES) else None,
        tastes=tuple(_liking(habit, category) for category in chain.categories),
    )


def _phones(rng: Random) -> Iterator[str]:
    """Mobile numbers, each once; the simulator lets those fail that end in 7 or 0000, which only a few do."""
    seen: set[str] = set()
    prefixes = demo_chain().words.prefixes
    while True:
        number = f"{rng.choice(prefixes)}{rng.randrange(10**7):07}{rng.choice('012345689')}"
        if len(seen) % _DEAD_EVERY == _DEAD_EVERY - 1:
            number = number[:-4] + "0000"
        elif len(seen) % _SWITCHED_OFF_EVERY == _SWITCHED_OFF_EVERY - 1:
            number = number[:-1] + "7"
        if number not in seen:
            seen.add(number)
            yield number


def _name(rng: Random, *, woman: bool) -> str:
    words = demo_chain().words
    given = words.women if woman else words.men
    surname = rng.choices(list(words.surnames), list(words.surnames.values()))[0]
    return surname + "".join(rng.choices(given, k=2 if _chance(rng, 70) else 1))


def _birthday(rng: Random) -> date:
    return date(rng.randint(1950, 2005), 1, 1) + _DAY * rng.randrange(365)


def _place(rng: Random, home: int) -> tuple[Decimal, Decimal]:
    shop = demo_chain().shops[home]
    return (
        shop.latitude + rng.randint(-_REACH, _REACH) * _MICRO_DEGREE,
        shop.longitude + rng.randint(-_REACH, _REACH) * _MICRO_DEGREE,
    )


def _card(rng: Random, last: date) -> Card:
    """A third of the old points go within the fortnight that begins where the demo ends, many on days of reminders."""
    tiers = [tier.name for tier in demo_chain().program.tiers]
    days = rng.choice((3, 15, 15, rng.randint(4, 14))) if _chance(rng, 33) else None
    return Card(
        tier=rng.choices((None, *tiers[1:]), (88, 9, 3))[0],
        points=rng.randint(8, 90) * 10,
        expires_on=None if days is None else last + _DAY * days,
    )


def _withdrawal(rng: Random, first: date, last: date, zone: ZoneInfo) -> datetime | None:
    if not _chance(rng, _WITHDRAWN_LATER) or first >= last:
        return None
    return _at(rng, first + _DAY * rng.randint(1, (last - first).days), zone)


def _liking(habit: Habit, category: Category) -> int:
    return category.weight * habit.likes.get(category.name, 1)


def _at(rng: Random, day: date, zone: ZoneInfo) -> datetime:
    """Some moment of a day's trade."""
    return datetime.combine(day, time(rng.randint(9, 20), rng.randrange(60), rng.randrange(60)), tzinfo=zone)


def _chance(rng: Random, per_cent: int) -> bool:
    return rng.randrange(_HUNDRED) < per_cent

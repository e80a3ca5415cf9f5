"""Tiers: rank by quarterly spend."""

from piccolo.columns import Integer, Varchar
from piccolo.table import Table

from tables.columns import Key, Money, Multiplier, Words


class Tier(Table):
    """`rank` 1 is the lowest, costs nothing and is given at birth."""

    id = Key()
    rank = Integer(unique=True)
    name = Varchar(length=40, unique=True)
    quarterly_spend = Money()
    earn_multiplier = Multiplier()
    benefits = Words()

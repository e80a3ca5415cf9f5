"""The chain and its stores."""

from piccolo.columns import Boolean, Numeric, Varchar
from piccolo.table import Table

from tables.columns import Key, Words


class Chain(Table):
    """One row: whose messages these are. `signature` stands as 【signature】 before every message."""

    id = Key()
    name = Varchar(length=60)
    signature = Varchar(length=12)
    phone = Varchar(length=40)


class Store(Table):
    id = Key()
    code = Varchar(length=40, unique=True)
    name = Varchar(length=100)
    region = Varchar(length=60)
    address = Words()
    phone = Varchar(length=40)
    latitude = Numeric(digits=(9, 6), null=True, default=None)
    longitude = Numeric(digits=(9, 6), null=True, default=None)
    opening_hours = Varchar(length=100)
    kind = Varchar(length=20, default="other")
    is_active = Boolean(default=True)

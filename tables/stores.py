"""The chain and its stores."""

from piccolo.columns import Boolean, Integer, Numeric, Varchar
from piccolo.table import Table

from tables.columns import Key, Words


class Chain(Table):
    """One row: whose messages these are, how long its staff stay logged in, and how many rows a person may take away as files
    in 24 hours (null: any number). `signature` stands as 【signature】 before every message.
    """

    id = Key()
    name = Varchar(length=60)
    signature = Varchar(length=12)
    phone = Varchar(length=40)
    idle_hours = Integer(default=8)
    session_days = Integer(default=7)
    second_factor_required = Boolean(default=False)
    export_rows_a_day = Integer(null=True, default=20_000)
    hq_export_rows_a_day = Integer(null=True, default=None)


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

"""Categories, products and what lies in the stores."""

from piccolo.columns import Boolean, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from tables.columns import Key, Money, Quantity, Refers
from tables.stores import Store


class Category(Table):
    """`earns`: gives points; `counts_for_tier`: counts towards a tier; `promotable`: may be advertised."""

    id = Key()
    name = Varchar(length=100, unique=True)
    earns = Boolean(default=True)
    counts_for_tier = Boolean(default=True)
    promotable = Boolean(default=True)


class Product(Table):
    id = Key()
    sku = Varchar(length=64, unique=True)
    name = Varchar(length=200)
    category = Refers(Category, null=True)
    price = Money(null=True, default=None)
    safety_stock = Quantity(null=True, default=None)


class Stock(Table):
    id = Key()
    store = Refers(Store, index=False)
    product = Refers(Product)
    quantity = Quantity()
    unique_stock = Unique(["store", "product"])

"""Segments: saved rules that select members, and what budgets their messages have."""

from piccolo.columns import Integer, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from tables.columns import Day, Key, Money, Refers, Words
from tables.members import Member
from tables.products import Product
from tables.stores import Store


class Segment(Table):
    """A rule in the language of rules/segments.py. `members`: how many it selected when the night of `counted_on` ended."""

    id = Key()
    name = Varchar(length=60, unique=True)
    rule = Words()
    note = Words()
    members = Integer(null=True, default=None)
    counted_on = Day(null=True)


class MemberInterest(Table):
    """A product that a member wished for or marked as a favourite. kind: wish | favourite."""

    id = Key()
    member = Refers(Member, index=False)
    product = Refers(Product)
    kind = Varchar(length=10, default="favourite")
    source = Varchar(length=20, default="staff")
    since = Day()
    unique_interest = Unique(["member", "product", "kind"])


class SmsBudget(Table):
    """What messages may cost in a month (its first day; null: in every month), for one store or, without one, for the chain."""

    id = Key()
    store = Refers(Store, null=True)
    month = Day(null=True)
    amount = Money()

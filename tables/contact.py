"""What HQ allows: how often, when and with which words members are written to."""

from piccolo.columns import Boolean, Integer, Numeric, Time, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from tables.columns import Day, Key, Refers, Words
from tables.stores import Store


class ContactRule(Table):
    """One rule; of several the strictest wins. kind: hours (`opens`, `closes`, of a store or of all) | frequency (`most` in
    `days`; `plain_only`: among and for campaigns that are neither event nor rhythm) | same_content (`days`) |
    complaints | opt_out (`share` of what was handed over, above which a campaign stops) | delivery (`share` of what was
    reported, below which it stops) | promotion_share (`share` over `days`).
    """

    id = Key()
    kind = Varchar(length=20)
    store = Refers(Store, null=True)
    opens = Time(null=True, default=None)
    closes = Time(null=True, default=None)
    most = Integer(null=True, default=None)
    days = Integer(null=True, default=None)
    plain_only = Boolean(default=False)
    share = Numeric(digits=(6, 5), null=True, default=None)
    is_active = Boolean(default=True)


class BlockedWord(Table):
    """A word or symbol that no message may hold; `source`: the law or the gateway that says so."""

    id = Key()
    word = Varchar(length=40, unique=True)
    source = Words()
    since = Day(null=True)
    is_active = Boolean(default=True)


class InvalidPhones(Table):
    """How many members of a store had a number that is nobody's when a quarter ended."""

    id = Key()
    quarter = Day()
    store = Refers(Store)
    members = Integer()
    invalid = Integer()
    unique_count = Unique(["quarter", "store"])

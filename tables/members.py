"""Members, their consents and totals of their purchases."""

from piccolo.columns import JSONB, Boolean, Integer, Numeric, Varchar
from piccolo.table import Table

from tables.columns import At, Day, Key, Money, Refers
from tables.keys import ApiKey
from tables.staff import Staff
from tables.stores import Store
from tables.tiers import Tier


class Member(Table):
    """A customer known by phone; `phone` is E.164 and null once the member was erased. `merged_into`: the file of the same
    person that is kept (sql/merges.sql); this one has ended with `erased_at`.
    """

    id = Key()
    phone = Varchar(length=16, unique=True, null=True, default=None)
    name = Varchar(length=60)
    title = Varchar(length=20)
    birthday = Day(null=True)
    home_store = Refers(Store, index=False)
    joined_on = Day()
    tier = Refers(Tier)
    tier_valid_until = Day(null=True)
    latitude = Numeric(digits=(9, 6), null=True, default=None)
    longitude = Numeric(digits=(9, 6), null=True, default=None)
    preferences = JSONB(default="{}")
    phone_status = Varchar(length=10, default="unknown")
    referred_by = Refers("self", null=True, index=False)
    erased_at = At(null=True)
    merged_into = Refers("self", null=True, index=False)


class Consent(Table):
    """A dated yes or no to one purpose; append-only, the newest one counts."""

    id = Key()
    member = Refers(Member, index=False)
    purpose = Varchar(length=20)
    granted = Boolean()
    source = Varchar(length=100)
    text_version = Varchar(length=40)
    store = Refers(Store, null=True)
    staff = Refers(Staff, null=True)
    at = At(now=True)


class Suppression(Table):
    """A no that outlives a member or comes from a stranger; the phone only as a keyed hash."""

    id = Key()
    phone_hmac = Varchar(length=64, unique=True)
    since = At(now=True)
    source = Varchar(length=100)


class MemberStats(Table):
    """One row for every member from birth, provable from `purchase`; never the source of a tier."""

    member = Refers(Member, primary_key=True, index=False)
    first_purchase_on = Day(null=True)
    last_purchase_on = Day(null=True, index=True)
    purchase_count = Integer(default=0)
    total_spend = Money()
    average_interval_days = Numeric(digits=(8, 2), null=True, default=None)
    quarter = Day(null=True, help_text="the first day of the quarter that the next two columns speak of")
    quarter_spend = Money()
    last_quarter_spend = Money()


class MemberLookup(Table):
    """A member of another store reached by full phone, or a phone that nobody has (`weight` 3); append-only."""

    id = Key()
    staff = Refers(Staff, null=True, index=False)
    api_key = Refers(ApiKey, null=True, index=False)
    member = Refers(Member, null=True)
    weight = Integer(default=1)
    at = At()

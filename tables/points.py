"""The ledger: entries, lots, allocations, accounts. The arithmetic is in sql/points.sql."""

from piccolo.columns import BigInt, Boolean, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from tables.columns import At, Day, Key, Money, Refers
from tables.members import Member
from tables.program import Reward
from tables.purchases import Purchase
from tables.staff import Staff
from tables.stores import Store


class PointsAccount(Table):
    """A member's totals, one narrow row. `lapses_on` is never later than the first day on which a living lot is still
    good; `touched_on` is the newest business date posted since the last check, null when nothing was.
    """

    member = Refers(Member, primary_key=True, index=False)
    balance = BigInt(default=0)
    pending = BigInt(default=0)
    debt = BigInt(default=0)
    earned_total = BigInt(default=0)
    lapses_on = Day(null=True)
    touched_on = Day(null=True)


class PointsEntry(Table):
    """One line of the ledger; never updated or deleted. `balance_after` is the running sum of the member's points,
    `value` what the redeemed points were worth in yuan.
    """

    id = Key()
    member = Refers(Member, index=False)
    store = Refers(Store, index=False)
    kind = Varchar(length=10)
    points = BigInt()
    balance_after = BigInt()
    source = Varchar(length=20)
    reference = Varchar(length=120)
    reason = Varchar(length=200, null=True, default=None)
    purchase = Refers(Purchase, null=True, index=False)
    reward = Refers(Reward, null=True, index=False)
    value = Money(null=True, default=None)
    staff = Refers(Staff, null=True, index=False)
    business_date = Day()
    created_at = At(now=True)
    unique_key = Unique(["source", "reference"])


class PointsLot(Table):
    """Earned points with one expiry. `matured`: they may be spent; before that they are pending."""

    id = Key()
    entry = Refers(PointsEntry)
    member = Refers(Member, index=False)
    store = Refers(Store, index=False)
    points = BigInt()
    remaining = BigInt()
    available_on = Day()
    expires_on = Day(null=True)
    matured = Boolean(default=True)


class PointsAllocation(Table):
    """Which lot a debit consumed; negative when given back. `paid_on`: the day on which a later lot paid what was owed."""

    id = Key()
    entry = Refers(PointsEntry)
    lot = Refers(PointsLot)
    points = BigInt()
    paid_on = Day(null=True)


class PointsExtension(Table):
    """A longer life given to lots that end from `first_on` to `last_on`: they are good until `good_until`; append-only."""

    id = Key()
    form = Varchar(length=64, unique=True)
    content = Varchar(length=32)
    first_on = Day()
    last_on = Day()
    good_until = Day()
    reason = Varchar(length=200)
    members = BigInt()
    lots = BigInt()
    points = BigInt()
    staff = Refers(Staff, null=True)
    business_date = Day()
    created_at = At(now=True)


class PointsExtensionLot(Table):
    """One lot that lives longer, and what it had left that day."""

    id = Key()
    extension = Refers(PointsExtension)
    lot = Refers(PointsLot)
    points = BigInt()
    expired_on = Day()

"""The ledger: entries, lots, allocations, accounts. The arithmetic is in sql/points.sql."""

from piccolo.columns import BigInt, Boolean, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from tables.columns import At, Day, Key, Refers
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
    """One line of the ledger; never updated or deleted. `balance_after` is the running sum of the member's points."""

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
    """Which lot a debit consumed; negative when given back."""

    id = Key()
    entry = Refers(PointsEntry)
    lot = Refers(PointsLot)
    points = BigInt()

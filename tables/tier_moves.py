"""A member's moves between tiers and the ranks given for a time."""

from piccolo.columns import Varchar
from piccolo.table import Table

from tables.columns import At, Day, Key, Refers
from tables.members import Member
from tables.staff import Staff
from tables.tiers import Tier


class TierChange(Table):
    """A move decided by the night of `business_date`, good from the next day on; append-only."""

    id = Key()
    member = Refers(Member, index=False)
    from_tier = Refers(Tier)
    to_tier = Refers(Tier)
    reason = Varchar(length=20)
    business_date = Day()
    created_at = At(now=True)


class TierGrant(Table):
    """A rank given for a time: imported, a gift, a protection."""

    id = Key()
    member = Refers(Member)
    tier = Refers(Tier)
    valid_from = Day(index=True)
    valid_until = Day(index=True)
    reason = Varchar(length=100)
    staff = Refers(Staff, null=True, index=False)
    created_at = At(now=True)

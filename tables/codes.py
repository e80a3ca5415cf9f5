"""Codes that a member reads out to prove that the points are theirs. The digits are nowhere: they follow from row and secret."""

from piccolo.columns import Integer, Varchar
from piccolo.table import Table

from tables.columns import At, Key, Refers
from tables.members import Member
from tables.points import PointsEntry
from tables.stores import Store


class RedemptionCode(Table):
    """`attempts`: wrong guesses; `entry`: the redemption that it was used for; `address`: from where it was asked for.
    `phone`: the number that it proves, instead of a redemption.
    """

    id = Key()
    member = Refers(Member)
    store = Refers(Store)
    attempts = Integer(default=0)
    entry = Refers(PointsEntry, null=True, index=False)
    address = Varchar(length=45, null=True, default=None)
    phone = Varchar(length=16, null=True, default=None)
    created_at = At()
    expires_at = At()

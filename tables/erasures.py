"""What members asked in a shop: to be forgotten. What became of it head office decides."""

from piccolo.columns import Varchar
from piccolo.table import Table

from tables.columns import At, Day, Key, Refers, Words
from tables.members import Member
from tables.staff import Staff
from tables.stores import Store


class ErasureRequest(Table):
    """`store`: the member's home store when it was asked; `proof`: how the shop saw who asks, phone | document | known |
    letter. state: open | done | refused (`reason`) | withdrawn; one open one a member. After the erasure it says no more than
    that it was asked and done.
    """

    id = Key()
    member = Refers(Member)
    store = Refers(Store)
    staff = Refers(Staff, null=True)
    asked_at = At()
    due_on = Day()
    proof = Varchar(length=10)
    note = Words()
    state = Varchar(length=10, default="open")
    decided_by = Refers(Staff, null=True)
    decided_at = At(null=True)
    reason = Words()

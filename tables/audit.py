"""Who changed people and configuration, with what it was before and after, and who did what changes nothing; append-only."""

from piccolo.columns import JSONB, BigInt, Varchar
from piccolo.table import Table

from tables.columns import At, Key, Refers
from tables.members import Member
from tables.staff import Staff
from tables.stores import Store


class AuditLog(Table):
    id = Key()
    at = At(now=True)
    staff = Refers(Staff, null=True, index=False)
    role = Varchar(length=40, null=True, default=None)
    store = Refers(Store, null=True, index=False)
    action = Varchar(length=20)
    table_name = Varchar(length=40)
    row_id = BigInt(null=True, default=None)
    member = Refers(Member, null=True, index=False)
    before = JSONB(null=True, default=None)
    after = JSONB(null=True, default=None)
    address = Varchar(length=60, null=True, default=None)

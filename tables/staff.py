"""Staff: who logs in, with which role, for which stores."""

from piccolo.apps.user.tables import BaseUser
from piccolo.columns import Boolean, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from tables.columns import Key, Refers
from tables.stores import Store


class Staff(BaseUser, tablename="staff"):
    """Piccolo's user with a role; `password_is_temporary` asks for a change at the first log-in."""

    id = Key()
    email = Varchar(length=255, unique=True, null=True, default=None)
    role = Varchar(length=20)
    phone = Varchar(length=16, null=True, default=None)
    password_is_temporary = Boolean(default=False)

    _min_password_length = 8


class StaffStore(Table):
    id = Key()
    staff = Refers(Staff, index=False)
    store = Refers(Store)
    unique_staff_store = Unique(["staff", "store"])

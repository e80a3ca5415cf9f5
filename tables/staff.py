"""Staff: who logs in, with which role, for which stores."""

import asyncio
import hmac
from datetime import UTC, datetime
from typing import Any

from piccolo.apps.user.tables import BaseUser
from piccolo.columns import Array, BigInt, Boolean, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from rules.passwords import LONGEST, SHORTEST, check_password
from tables.columns import At, Key, Refers, Words
from tables.stores import Store


class Hashed(str):
    """A good password as it is stored: hashed where it held nobody up, before Piccolo comes to it."""

    __slots__ = ()


class Staff(BaseUser, tablename="staff"):
    """Piccolo's user with a role; `password_is_temporary` asks for a change at the first log-in."""

    id = Key()
    email = Varchar(length=255, unique=True, null=True, default=None)
    role = Varchar(length=20)
    phone = Varchar(length=16, null=True, default=None)
    password_is_temporary = Boolean(default=False)

    _min_password_length = SHORTEST
    _max_password_length = LONGEST

    @classmethod
    def _validate_password(cls, password: str) -> None:
        if not isinstance(password, Hashed):
            check_password(password=password)

    @classmethod
    def hash_password(cls, password: str, salt: str = "", iterations: int | None = None) -> str:
        """As Piccolo's own, which knows no `Hashed`."""
        return str(password) if isinstance(password, Hashed) else super().hash_password(password, salt, iterations)

    @classmethod
    async def create_user(cls, username: str, password: str, **extra_params: Any) -> "Staff":  # noqa: ANN401  its columns
        """As Piccolo's own, which would hold up everybody else while it hashes. Raises Refusal weak_password."""
        check_password(password=password, username=username)
        hashed = await asyncio.to_thread(cls.hash_password, password)
        user = cls(username=username, password=hashed, **extra_params)
        await user.save()
        return user

    @classmethod
    async def login(cls, username: str, password: str) -> int | None:
        """The id of who may log in with this password, else None; a name that nobody has takes as long as one that is.

        Piccolo's own would hold up everybody else while it hashes.
        """
        if len(username) > (cls.username.length or 0) or len(password) > LONGEST:
            return None
        row = await cls.select(cls.id, cls.password).where(cls.username == username, cls.active.eq(True)).first()
        if row is None:
            await asyncio.to_thread(cls.hash_password, password)
            return None
        if not await asyncio.to_thread(cls.fits, password=password, stored=row["password"]):
            return None
        await cls.update({cls.last_login: datetime.now(UTC).astimezone().replace(tzinfo=None)}).where(
            cls.username == username
        )
        return int(row["id"])

    @classmethod
    def fits(cls, *, password: str, stored: str) -> bool:
        """Whether a password is the one behind a stored hash; slow on purpose."""
        _, iterations, salt, _ = cls.split_stored_password(stored)
        return hmac.compare_digest(cls.hash_password(password, salt, int(iterations)), stored)

    @classmethod
    async def update_password(cls, user: str | int, password: str) -> None:
        """Changes a password; with an id it is its owner's own choice (a name is Piccolo hashing a known one anew)."""
        if isinstance(user, str):
            await super().update_password(user, password)
            return
        owner = await cls.select(cls.username).where(cls.id == user).first()
        check_password(password=password, username=owner["username"] if owner else "")
        # What is hashed already Piccolo would refuse to take, so it is written here.
        hashed = await asyncio.to_thread(cls.hash_password, password)
        await cls.update({cls.password: hashed, cls.password_is_temporary: False}).where(cls.id == user)


class StaffStore(Table):
    id = Key()
    staff = Refers(Staff, index=False)
    store = Refers(Store)
    unique_staff_store = Unique(["staff", "store"])


class SecondFactor(Table, tablename="second_factor"):
    """Somebody's authenticator: `credentials` is its sealed secret, `hashes` those of recovery codes still unused, `last_step`
    the newest half minute whose code was taken. Until it `is_on` nobody is asked for it.
    """

    id = Key()
    staff = Refers(Staff, unique=True, index=False)
    credentials = Words(secret=True)
    hashes = Array(base_column=Varchar(length=64), default=[], secret=True)
    last_step = BigInt(default=0)
    is_on = Boolean(default=False)
    since = At(now=True)

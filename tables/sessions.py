"""Log-ins that are open: who holds which token, since when, and until when at most."""

import hashlib
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

from piccolo.columns import Integer, Varchar
from piccolo_api.session_auth.tables import SessionsBase

from tables.columns import At
from tables.scope import current

# With what a log-in is being opened, in two words: the stock panel, which opens it, knows of none.
BROWSER: ContextVar[str] = ContextVar("browser", default="")
# From where and with what it was opened its owner shall see.
_KEEP = """
UPDATE session SET token = $1, address = coalesce(current_setting('app.address', true), ''), browser = $3 WHERE id = $2
"""


def _fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class Session(SessionsBase, tablename="session"):
    """Piccolo's session, which keeps a fingerprint of the token alone: who reads the table or a backup cannot log in."""

    token = Varchar(length=100, unique=True, secret=True)
    user_id = Integer(index=True, help_text="the staff member")
    opened_at = At(now=True)
    seen_at = At(now=True)
    address = Varchar(length=45)
    browser = Varchar(length=40)

    @classmethod
    async def create_session(
        cls, user_id: int, expiry_date: datetime | None = None, max_expiry_date: datetime | None = None
    ) -> "Session":
        """Opens a session; the token itself is only in the answer. What has ended for this person goes."""
        await cls.delete().where(
            cls.user_id == user_id, cls.expiry_date < datetime.now(UTC).astimezone().replace(tzinfo=None)
        )
        session = await super().create_session(user_id, expiry_date, max_expiry_date)
        token = session.token
        await current().execute(_KEEP, _fingerprint(token), session.id, BROWSER.get())
        session.token = token
        return session  # type: ignore[return-value]  # Piccolo names its base class

    @classmethod
    async def get_user_id(cls, token: str, increase_expiry: timedelta | None = None) -> int | None:
        """The staff member of a token that is still good, else None."""
        return await super().get_user_id(_fingerprint(token), increase_expiry)

    @classmethod
    async def remove_session(cls, token: str) -> None:
        """Ends the session of a token."""
        await super().remove_session(_fingerprint(token))

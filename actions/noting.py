"""Deeds that change no row and are shown in the audit log all the same: log-ins and files that leave."""

from config.settings import settings
from tables.scope import current, scope


async def note_export(*, what: str, file: str, rows: int) -> None:
    """That `rows` rows leave as `file`, of the table or page `what`, inside the open scope of who takes them. Many within an
    hour become an alarm. Without a phone or a name in `file`.
    """
    await current().execute("SELECT deed.exported($1, $2, $3, $4)", what, file, rows, settings().export_alarm)


async def note_log_in(*, username: str, good: bool, address: str) -> None:
    """An attempt to log in under a name as typed; nothing for a name that nobody has. Opens a scope of its own."""
    async with scope(role="door", address=address) as connection:
        await connection.execute("SELECT deed.log_in_noted($1, $2)", username, good)


async def note_log_out(*, staff: int) -> None:
    """That somebody logged out, inside their open scope."""
    await current().execute("SELECT deed.noted('logout', 'staff', $1, '{}')", staff)

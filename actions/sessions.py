"""Ending log-ins: one's own, and as head office everybody's. Whose may be ended the database decides."""

from tables.scope import current


async def end_session(*, session: int) -> None:
    """One (id); nothing where it is not there or not for this role."""
    await current().execute("DELETE FROM session WHERE id = $1", session)


async def end_sessions(*, staff: int, but: int | None = None) -> None:
    """All of a person (id), or all `but` one (id)."""
    await current().execute("DELETE FROM session WHERE user_id = $1 AND id IS DISTINCT FROM $2", staff, but)

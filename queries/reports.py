"""Whether news of gateways wait: what the clock asks every few seconds."""

from datetime import datetime

from gateways.registry import kinds
from tables.scope import scope


async def reports_waiting(*, now: datetime) -> bool:
    """Whether it is some report's turn to be joined to its message. Opens a scope of its own."""
    async with scope(role="job") as connection:
        found = await connection.fetchval(
            "SELECT EXISTS (SELECT FROM report_inbox WHERE joined IS NULL AND next_at <= $1)", now
        )
    return bool(found)


async def accounts_polled() -> bool:
    """Whether an active account has to be asked for its news. Opens a scope of its own."""
    asked = [name for name, kind in kinds().items() if kind.polls]
    async with scope(role="job") as connection:
        found = await connection.fetchval(
            "SELECT EXISTS (SELECT FROM gateway_account WHERE is_active AND gateway = ANY ($1::text[]))", asked
        )
    return bool(found)

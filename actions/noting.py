"""Deeds that change no row and are shown in the audit log all the same: log-ins and files that leave."""

from datetime import datetime

import asyncpg

from config.settings import settings
from rules.refusals import Refusal
from tables.scope import current, scope

_EXPORTED = "SELECT outcome, most, remaining, again_at FROM deed.exported($1, $2, $3, $4)"


async def note_export(*, what: str, file: str, rows: int) -> None:
    """That `rows` rows leave as `file`, of the table or page `what`, inside the open scope of who takes them, who hands them
    out after its commit. Many within an hour become an alarm. Without a phone or a name in `file`.

    Raises Refusal too_many beyond what the chain allows a person within 24 hours, not_allowed for a cashier; the rows are
    then not handed out.
    """
    try:
        row = await current().fetchrow(_EXPORTED, what, file, rows, settings().export_alarm)
    except asyncpg.InsufficientPrivilegeError as error:
        raise _NOT_YOURS from error
    assert row is not None  # noqa: S101  one question, one answer
    if row["outcome"] != "taken":
        raise _too_many(rows=rows, most=row["most"], remaining=row["remaining"], again_at=row["again_at"])


def _too_many(*, rows: int, most: int, remaining: int, again_at: datetime | None) -> Refusal:
    en = f"This file has {rows:,} rows. You may take {most:,} within 24 hours and have {remaining:,} left"
    zh = f"本次共 {rows:,} 行；每人 24 小时内最多导出 {most:,} 行，您还可导出 {remaining:,} 行"
    if again_at is None:
        return Refusal("too_many", f"{en}: choose fewer, or ask headquarters.", f"{zh}：请缩小范围，或联系总部。")
    when = again_at.astimezone(settings().zone)
    return Refusal(
        "too_many",
        f"{en}: choose fewer, or come back after {when:%Y-%m-%d %H:%M}.",
        f"{zh}：请缩小范围，或在 {when.month}月{when.day}日 {when:%H:%M} 之后再导出。",
    )


async def note_log_in(*, username: str, good: bool, address: str) -> None:
    """An attempt to log in under a name as typed; nothing for a name that nobody has. Opens a scope of its own."""
    async with scope(role="door", address=address) as connection:
        await connection.execute("SELECT deed.log_in_noted($1, $2)", username, good)


async def note_log_out(*, staff: int) -> None:
    """That somebody logged out, inside their open scope."""
    await current().execute("SELECT deed.noted('logout', 'staff', $1, '{}')", staff)


_NOT_YOURS = Refusal(
    "not_allowed", "Cashiers take no lists away as files: ask your store manager.", "收银员不能导出列表：请联系店长。"
)

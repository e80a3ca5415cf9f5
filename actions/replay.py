"""A backtest: purchases imported business date by business date, with the night of each date after it."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from actions.imports import ImportReport, Progress, silent
from actions.night import LOCK, close_date, refuse_future, yesterday
from actions.night_frame import Night
from actions.purchases_import import StagedPurchases, staged_purchases
from queries.nights import nights_closed
from rules.calendar import business_date
from rules.refusals import Refusal
from tables.scope import exclusive, scope

_BEHIND = """
SELECT count(*) AS receipts, min(r.business_date) AS first FROM import_receipt r
WHERE r.problem IS NULL AND r.business_date <= $1 AND NOT EXISTS (
    SELECT 1 FROM purchase p WHERE p.store = r.store AND p.kind = 'sale' AND p.receipt_no = r.receipt_no)
"""


async def replay(*, path: Path, zone: ZoneInfo, now: datetime, progress: Progress = silent) -> ImportReport:
    """Lives through a file of purchases. Nothing is sent: notices end as skipped, reason replay.

    Interrupted and started again it goes on where it was. Raises Refusal `replay_behind` when the file has receipts
    that are not known yet of a date already closed, `future_night` for a date that has not ended.
    """
    today = business_date(at=now, zone=zone)
    async with (
        exclusive(name=LOCK, wait=True),
        staged_purchases(path=path, store=None, dry_run=False, zone=zone, today=today, progress=progress) as staged,
    ):
        days = {day: (low, high) for day, low, high in await staged.days()}
        if days:
            refuse_future(through=max(days), newest=yesterday(now=now, zone=zone))
            await _live(staged=staged, days=days, zone=zone, now=now, progress=progress)
    return staged.report


async def _live(
    *, staged: StagedPurchases, days: dict[date, tuple[int, int]], zone: ZoneInfo, now: datetime, progress: Progress
) -> None:
    closed = (await nights_closed()).last
    if closed is not None:
        await _refuse_behind(staged=staged, closed=closed)
    first, last = min(days), max(days)
    day = min(first, closed + timedelta(days=1)) if closed else first
    total = (last - day).days + 1
    for done in range(1, total + 1):
        if day in days:
            low, high = days[day]
            await staged.post(low=low, high=high)
        if closed is None or day > closed:
            await close_date(night=Night(business_date=day, now=now, zone=zone, replay=True))
        progress("replaying", done, total)
        day += timedelta(days=1)


async def _refuse_behind(*, staged: StagedPurchases, closed: date) -> None:
    async with scope(role="job", connection=staged.connection) as connection:
        row = await connection.fetchrow(_BEHIND, closed)
    if row is not None and row["receipts"]:
        raise Refusal(
            code="replay_behind",
            en=f"{row['receipts']} receipts lie before the last closed night ({closed}), the first on {row['first']}: "
            "replay into an empty database, or use `regulars import purchases`.",
            zh=f"有 {row['receipts']} 张小票早于最后结清的营业日（{closed}），最早为 {row['first']}："
            "请在空数据库中回放，或使用 regulars import purchases。",
        )

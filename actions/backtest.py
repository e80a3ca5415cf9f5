"""A changed program tried over the chain's own history, beside today's one. Nothing is written."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta

from actions.imports import Progress, silent
from actions.program import apply_program, read_program
from queries.backtest import Nights, Promoted, read_lives
from queries.backtest_ledger import (
    Extent,
    count_receipts,
    read_extent,
    read_ids,
    read_ledger,
    read_nights,
    read_rewards,
)  # fmt: skip
from rules.backtest import Player
from rules.backtest_events import Life
from rules.backtest_tally import Tally, Window
from rules.backtest_terms import Terms, make_terms
from rules.program import Program
from rules.refusals import Refusal
from tables.scope import scope, session

_TELL_EVERY = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """Two programs played over the same days. `changes`: what the second one changes, a line each; `begins`: the first day
    of all history; `nights`: the first and the last one that was closed by then, None when none was; `ledger`: what the
    books themselves say of these days.
    """

    changes: list[str]
    begins: date
    since: date
    until: date
    nights: tuple[date, date] | None
    members: int
    receipts: int
    today: Program
    wanted: Program
    played_today: Tally
    played_wanted: Tally
    ledger: Tally


async def try_program(
    *, program: Program, since: date | None = None, until: date | None = None, progress: Progress = silent
) -> Tried:
    """Plays `program` and today's over everything up to `until`, and counts the days from `since` (default: all).

    Opens scopes of its own; what is read is one snapshot. Raises Refusal bad_window, no_program, no_history, and what
    applying the program would refuse (tier_in_use).
    """
    if since is not None and until is not None and since > until:
        raise Refusal(
            code="bad_window",
            en=f"The window begins on {since}, after its end on {until}: turn the two dates round.",
            zh=f"起始日期 {since} 晚于结束日期 {until}：请对调两个日期。",
        )
    async with scope(role="hq_admin"):
        changes = await apply_program(program=program, dry_run=True)
    async with _snapshot():
        today = await read_program()
        if today is None:
            raise Refusal(
                code="no_program",
                en="There is no program yet to compare with: run `regulars program apply` first.",
                zh="还没有可供比较的会员方案：请先运行 regulars program apply。",
            )
        return await _tried(
            changes=changes, today=today, wanted=program, since=since, until=until, progress=progress
        )  # fmt: skip


@asynccontextmanager
async def _snapshot() -> AsyncIterator[None]:
    """A scope that sees one moment and that the database lets write nothing."""
    async with session() as connection:
        await connection.execute(
            "SET default_transaction_isolation = 'repeatable read'; SET default_transaction_read_only = on"
        )
        async with scope(role="hq_viewer", connection=connection):
            yield


async def _tried(
    *, changes: list[str], today: Program, wanted: Program, since: date | None, until: date | None, progress: Progress
) -> Tried:
    extent, done = await read_extent(), await read_nights()
    begins, first, last = _days(extent=extent, newest=done[-1][1] if done else None, since=since, until=until)
    # What lapses after the last night is dated with the first open day: where all is played that belongs to it.
    end = last if until == last else last + timedelta(days=1)
    nights = Nights(done=done, through=last)
    window = Window(
        first=first.toordinal(), last=end.toordinal(), first_night=nights.first, last_night=nights.last
    )  # fmt: skip
    terms = await _terms(today=today, wanted=wanted)
    players = [Player(terms=one, window=window) for one in terms]
    async with aclosing(read_lives(through=end, nights=nights, promoted=_promoted(terms=terms[1]))) as lives:
        await _play(lives=lives, players=players, members=extent.members, progress=progress)
    return Tried(
        changes=changes, begins=begins, since=first, until=last, members=extent.members, today=today, wanted=wanted,
        nights=(date.fromordinal(nights.first), date.fromordinal(nights.last)) if nights.first else None,
        receipts=await count_receipts(since=first, until=last),
        played_today=players[0].tally, played_wanted=players[1].tally, ledger=await read_ledger(since=first, until=end),
    )  # fmt: skip


def _days(*, extent: Extent, newest: date | None, since: date | None, until: date | None) -> tuple[date, date, date]:
    """The first day of all, the first and the last one to tell of. Raises Refusal `no_history` when they hold nothing."""
    if extent.first is None or extent.last is None:
        raise _no_history()
    first, last = since or extent.first, max(extent.last, newest or extent.last)
    if first > last or (until is not None and until < extent.first):
        raise _no_history()
    return extent.first, first, min(until or last, last)


def _no_history() -> Refusal:
    return Refusal(
        code="no_history",
        en="Nothing happened in those days: no member bought, earned or redeemed. Choose a later end or an earlier begin.",
        zh="所选日期内没有会员消费、积分或兑换记录：请调整起止日期。",
    )


async def _terms(*, today: Program, wanted: Program) -> list[Terms]:
    rewards, ids = await read_rewards(), await read_ids()
    return [make_terms(program=program, today=today, rewards=rewards, ids=ids) for program in (today, wanted)]


def _promoted(*, terms: Terms) -> Promoted:
    """Which receipts have to be read line by line."""
    promotions = terms.promotions
    if promotions is None:
        return Promoted()
    return Promoted(
        first=date.fromordinal(promotions.first), last=date.fromordinal(promotions.last), tags=promotions.tags
    )


async def _play(*, lives: AsyncIterator[Life], players: list[Player], members: int, progress: Progress) -> None:
    played = 0
    async for life in lives:
        for player in players:
            player.play(life=life)
        played += 1
        if played % _TELL_EVERY == 0:
            progress("playing", played, members)

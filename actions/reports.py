"""What gateways report: kept as it comes, then joined to its message, which gets its end once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from gateways.protocol import ERROR_CLASSES, Report
from tables.scope import scope

MOST = 5_000
LONGEST_ID = 100
LONGEST_PART = 40
LONGEST_BODY = 500
_LARGEST = 2**63 - 1
_MOST_TRIES = 3
_STATES = ("delivered", "failed")
_ERRORS = (None, *ERROR_CLASSES)

_TAKE = "SELECT deed.reports_take($1, $2, $3, $4, $5, $6, $7, $8, $9)"
_JOIN = "SELECT * FROM deed.reports_join($1, $2)"
_EXPIRE = "SELECT deed.sends_expire($1, $2)"
_TIDY = "SELECT deed.reports_tidy($1, $2)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Joined:
    """`taken`: reports looked at, `ended`: messages that got their end."""

    taken: int = 0
    ended: int = 0


def fault_of(*, report: Report) -> str | None:
    """Why a report cannot be kept, without a word of what it says; None when it can. Its types are not trusted: what a
    gateway was told may have been anything.
    """
    if not is_storable(texts=(report.gateway_message_id, report.part, report.body)):
        return "a text is none, or holds half a character or a null"
    if not 0 < len(report.gateway_message_id) <= LONGEST_ID or len(report.part) > LONGEST_PART:
        return f"a message's number has 1 to {LONGEST_ID} characters, a part's at most {LONGEST_PART}"
    if report.state not in _STATES or report.error_class not in _ERRORS:
        return "a state or an error class is none of ours"
    if not is_moment(at=report.at):
        return "a time is none, or without a zone"
    if report.message is not None and not (isinstance(report.message, int) and 0 < report.message <= _LARGEST):
        return "a number of ours is none"
    return None


def is_storable(*, texts: Iterable[object]) -> bool:
    """Whether the database can keep them: texts of whole characters, none of which is null."""
    try:
        return all(isinstance(text, str) and "\0" not in text and (text.isascii() or text.encode()) for text in texts)
    except UnicodeEncodeError:
        return False


def is_moment(*, at: object) -> bool:
    """Whether it is an instant, with a zone."""
    return isinstance(at, datetime) and at.tzinfo is not None


async def take_reports(*, gateway: str, reports: Sequence[Report], now: datetime) -> int:
    """Keeps what an account (its name) told, in one statement; returns how many were new. Opens its own scope.

    Twice changes nothing. What cannot be kept (`fault_of`) is left out: of a gateway that is asked, the rest must not wait.
    """
    good = [report for report in reports if fault_of(report=report) is None]
    if not good:
        return 0
    async with scope(role="job") as connection:
        kept: int = await connection.fetchval(
            _TAKE,
            gateway,
            now,
            [report.gateway_message_id for report in good],
            [report.message for report in good],
            [report.part for report in good],
            [report.state for report in good],
            [report.error_class for report in good],
            [report.at for report in good],
            [report.body[:LONGEST_BODY] for report in good],
        )
    return kept


async def join_reports(*, now: datetime, most: int = MOST) -> Joined:
    """Joins at most `most` waiting reports to their messages; call it again while `taken` is `most`. Opens its own scope.

    Two at once take turns. A report may be here before the gateway's answer to our call was written: then it
    decides. What finds no message is looked at again, less and less often.
    """
    row = await _yielding(_JOIN, now, most)
    return Joined(taken=row["taken"], ended=row["ended"])


async def expire_messages(*, now: datetime, most: int = MOST) -> int:
    """What was accepted 72 hours ago without a report has failed, `expired`: at most `most`; returns how many. Opens its own
    scope.
    """
    return int((await _yielding(_EXPIRE, now, most))[0])


async def _yielding(statement: str, *arguments: object) -> asyncpg.Record:
    """A statement's row. A worker that takes over a chunk locks it before its messages, and goes first."""
    for _ in range(_MOST_TRIES - 1):
        try:
            return await _row(statement, *arguments)
        except asyncpg.DeadlockDetectedError:
            continue
    return await _row(statement, *arguments)


async def _row(statement: str, *arguments: object) -> asyncpg.Record:
    async with scope(role="job") as connection:
        (row,) = await connection.fetch(statement, *arguments)
    return row


async def tidy_reports(*, now: datetime, most: int = MOST) -> int:
    """Forgets at most `most` reports that are older than 7 days, and as many numbers of gateways that no report will name
    any more; returns how many rows went. Opens its own scope.
    """
    async with scope(role="job") as connection:
        gone: int = await connection.fetchval(_TIDY, now, most)
    return gone

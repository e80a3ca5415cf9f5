"""What the `regulars` command shows: sentences and progress on stderr, answers on stdout."""
# ruff: noqa: PLC0415 – rich is loaded only by a command that draws

import select
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import click

from rules.refusals import Refusal

if TYPE_CHECKING:  # they cost more time than --help may take
    from actions.imports import ImportReport
    from actions.report_file import Table
    from queries.points import PointsExplained
    from queries.points_shown import EntryShown

LINE_SECONDS = 2.0
SILENT_SECONDS = 30.0
LINE_SHARE = 0.1
# A pipe has no width; a table must not be cut there.
WIDE = 200


def say(sentence: str) -> None:
    """Talk goes to stderr, so that stdout holds nothing but the answer."""
    click.echo(sentence, err=True)


def is_heard() -> bool:
    """Whether somebody still reads stdout and stderr."""
    poll = select.poll()
    for stream in (sys.stdout, sys.stderr):
        poll.register(stream.fileno(), 0)
    return not any(event & select.POLLERR for _, event in poll.poll(0))


def explained(*, error: Exception) -> str | None:
    """What a person should read of an error; None when it is a mistake of ours, which needs its traceback."""
    import asyncpg

    from config.errors import ConfigError

    if isinstance(error, Refusal):
        return f"{error.en}\n{error.zh}"
    if isinstance(error, ConfigError):
        return str(error)
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}."
    lost = (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, OSError)
    # asyncpg tells a connection that is gone and a wrong call by the same class.
    if isinstance(error, lost) or (isinstance(error, asyncpg.InterfaceError) and "closed" in str(error)):
        what = str(error).strip(". ") or type(error).__name__
        return f"The connection to the database was lost ({what}). What was committed stays: run the command again."
    return None


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """What long work calls with (stage, done, of how many): a bar on a terminal, now and then a line elsewhere."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True))

    def show(stage: str, done: int, total: int) -> None:
        bar.start()
        if not bar.tasks or bar.tasks[0].description != stage:
            for task in bar.task_ids:
                bar.remove_task(task)
            bar.add_task(stage, total=total or None)
        bar.update(bar.task_ids[0], completed=done, total=total or None)

    try:
        yield show
    finally:
        bar.stop()


@dataclass
class _Lines:
    """At most one line in two seconds, and then only for a tenth more, another stage or half a minute of silence."""

    stage: str = ""
    share: float = 0.0
    said_at: float = field(default_factory=time.monotonic)

    def __call__(self, stage: str, done: int, total: int) -> None:
        silent = time.monotonic() - self.said_at
        share = done / total if total else 0.0
        news = stage != self.stage or share - self.share >= LINE_SHARE or silent >= SILENT_SECONDS
        if silent >= LINE_SECONDS and news:
            say(f"{stage}: {done} of {total} ({share:.0%})" if total else f"{stage}: {done}")
            self.stage, self.share, self.said_at = stage, share, time.monotonic()


def show_report(*, report: "ImportReport") -> int:
    """Say what became of a file; 1 when there were rows and nothing of it could be taken."""
    counts = ", ".join(f"{count} {outcome}" for outcome, count in report.counts.items() if count) or "nothing taken"
    dry = " Dry run: nothing was written." if report.dry_run else ""
    say(f"{report.kind}: {report.rows} rows read, {counts}.{dry}")
    if report.left_out:
        say(f"{report.left_out} rows: tags or places left out, to which the member has not agreed.")
    if not report.rejected:
        return 0
    where = f" See {report.rejects_file}: each line with its reason." if report.rejects_file else ""
    say(f"{report.rejected} rows rejected.{where}")
    return 0 if any(report.counts.values()) else 1


def show_findings(*, findings: Iterable[tuple[str, Iterable[Mapping[str, object]]]]) -> int:
    """Print the rows that break an invariant, a line each; 1 when there are any."""
    broken = 0
    for name, rows in findings:
        for row in rows:
            broken += 1
            click.echo(f"{name}: " + ", ".join(f"{column}={value}" for column, value in row.items()))
    say(f"{broken} rows break an invariant." if broken else "All invariants hold.")
    return 1 if broken else 0


def show_points(*, account: "PointsExplained", phone: str, today: date) -> None:
    """Print every point of a member as a table, oldest first: below an entry what bore it, and which lots it moved."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from web.pages.points_told import Teller

    console = Console(width=None if sys.stdout.isatty() else WIDE, highlight=False, soft_wrap=not sys.stdout.isatty())
    console.print(
        f"{phone} · member {account.member} of {account.home_store.code}: balance {account.balance}, "
        f"pending {account.pending}, debt {account.debt}"
        + (f", lapsed and not yet taken {account.lapsed}" if account.lapsed else "")
        + f"; earned {account.earned_total} in all",
        markup=False,
    )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("date", "kind", "points", "after", "left", "good until", "owed by"):
        table.add_column(title, justify="right" if title in {"points", "after"} else "left", no_wrap=True)
    table.add_column("where and why", overflow="fold")
    teller = Teller(language="en", today=today)
    for entry in reversed(account.entries):
        line = teller.line(entry)
        told = [line.sentence, *filter(None, [line.sum]), *(f"  {detail}" for detail in line.details)]
        table.add_row(*map(escape, [*_cells(entry), "\n".join(told)]))
    console.print(table)


def show_table(*, table: "Table") -> None:
    """Print a report's table; numbers stand to the right."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table as Shown

    console = Console(width=None if sys.stdout.isatty() else WIDE, highlight=False, soft_wrap=not sys.stdout.isatty())
    shown = Shown(title=escape(table.title), title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number, heading in enumerate(table.headings):
        words = all(isinstance(row[number], str) for row in table.rows)
        shown.add_column(escape(heading), justify="left" if words else "right")
    for row in table.rows:
        shown.add_row(*("" if cell is None else escape(cell) if isinstance(cell, str) else f"{cell:,}" for cell in row))
    console.print(shown)


def _cells(entry: "EntryShown") -> list[str]:
    """An entry's figures, and a line for each lot that it made."""
    return [
        str(entry.on),
        entry.kind,
        f"{entry.points:+d}",
        str(entry.balance_after),
        "\n".join(f"{lot.remaining} of {lot.points}" for lot in entry.lots),
        "\n".join("for ever" if lot.expires_on is None else str(lot.expires_on) for lot in entry.lots),
        "\n".join(lot.store.code for lot in entry.lots),
    ]

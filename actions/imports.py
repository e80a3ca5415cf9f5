"""What every import shares: how it reports, what it refuses before it begins."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rules.refusals import Refusal
from tables.scope import scope

# Called with (what is going on, done so far, of how many); the command line draws a bar from it.
Progress = Callable[[str, int, int], None]


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass(kw_only=True)
class ImportReport:
    """What became of a file: rows read; `counts` of rows (or receipts) by outcome such as created, updated, unchanged,
    posted, known; rows rejected and the file that says why; of the rows taken, those of which a tag or place was `left_out`,
    because the member has not agreed to it. With `dry_run` nothing was written.
    """

    kind: str
    dry_run: bool
    rows: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    rejected: int = 0
    left_out: int = 0
    rejects_file: Path | None = None


async def require_program() -> None:
    """Members need a tier at birth and purchases a rule to earn by. Raises Refusal `no_program`."""
    async with scope(role="job") as connection:
        ready = await connection.fetchval(
            "SELECT EXISTS (SELECT 1 FROM tier WHERE rank = 1) AND EXISTS (SELECT 1 FROM points_policy)"
        )
    if not ready:
        raise Refusal(
            code="no_program",
            en="There is no program yet: run `regulars program apply program.toml` first.",
            zh="还没有会员方案：请先运行 regulars program apply program.toml。",
        )

"""What the tests of members' files share: a small chain, a file, the import of it, and looks at what came of it."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from actions.imports import ImportReport
from actions.members import import_members
from tables.scope import owner

TODAY = date(2026, 11, 21)
A, B, C = "+8613900000001", "+8613900000002", "+8613900000003"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "members.csv"


@pytest.fixture
async def chain(db: None) -> None:
    """Two stores, three tiers, points that are good for 60 days."""
    async with owner() as connection:
        await connection.execute("""
            INSERT INTO store (code, name) VALUES ('S1', '一店'), ('S2', '二店');
            INSERT INTO tier (rank, name, quarterly_spend) VALUES (1, '铜卡', 0), (2, '银卡', 1000), (3, '金卡', 3000);
            INSERT INTO points_policy (id, valid_days, remind_days) VALUES (1, 60, '{15,3}');
        """)


async def imported(path: Path, *lines: str, **how: Any) -> ImportReport:
    path.write_text("\n".join(lines), encoding="utf-8")
    return await import_members(path=path, **{"dry_run": False, "today": TODAY, "consent_source": None, **how})


def outcome(report: ImportReport) -> tuple[int, int, int, int]:
    counts = report.counts
    return counts["created"], counts["updated"], counts["unchanged"], report.rejected


def rejects(report: ImportReport) -> list[tuple[int, str, str]]:
    assert report.rejects_file is not None
    with report.rejects_file.open(encoding="utf-8-sig", newline="") as file:
        return sorted((int(row["line"]), row["column"], row["value"]) for row in csv.DictReader(file))


async def told(sql: str, *values: object) -> list[tuple[Any, ...]]:
    async with owner() as connection:
        return [tuple(row) for row in await connection.fetch(sql, *values)]

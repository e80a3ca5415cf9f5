"""Stores from a file."""

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from actions.imports import ImportReport
from actions.stores import import_stores
from tables.scope import owner

pytestmark = pytest.mark.usefixtures("db")

HEAD = "code,name,region,address,latitude,longitude,phone,opening_hours,kind"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "stores.csv"


async def imported(path: Path, *lines: str, dry_run: bool = False) -> ImportReport:
    path.write_text("\n".join(lines), encoding="utf-8")
    return await import_stores(path=path, dry_run=dry_run)


def outcome(report: ImportReport) -> tuple[int, int, int, int]:
    counts = report.counts
    return counts["created"], counts["updated"], counts["unchanged"], report.rejected


def rejects(report: ImportReport) -> list[tuple[int, str, str]]:
    """Line, column, value of each."""
    assert report.rejects_file is not None
    with report.rejects_file.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(" / " in row["reason"] for row in rows)
    return [(int(row["line"]), row["column"], row["value"]) for row in rows]


async def stores() -> list[dict[str, Any]]:
    async with owner() as connection:
        return [dict(row) for row in await connection.fetch("SELECT * FROM store ORDER BY code")]


async def test_a_store_comes_with_all_its_cells(path: Path) -> None:
    report = await imported(path, HEAD, "S1,一店,浦东,世纪大道1号,31.230416,121.473701,021-5555,8:00-22:00,社区")
    (store,) = await stores()
    del store["id"]
    assert store == {
        "code": "S1",
        "name": "一店",
        "region": "浦东",
        "address": "世纪大道1号",
        "latitude": Decimal("31.230416"),
        "longitude": Decimal("121.473701"),
        "phone": "021-5555",
        "opening_hours": "8:00-22:00",
        "kind": "community",
        "is_active": True,
    }
    assert (report.kind, report.rows, outcome(report)) == ("stores", 1, (1, 0, 0, 0))
    assert report.rejects_file is None
    assert list(path.parent.iterdir()) == [path]


async def test_headings_may_be_chinese(path: Path) -> None:
    await imported(path, "门店代码,门店名称,区域,地址,纬度,经度,电话,营业时间,类型", "S1,一店,,,,,,,写字楼")
    (store,) = await stores()
    assert (store["code"], store["name"], store["kind"], store["latitude"]) == ("S1", "一店", "office", None)


async def test_what_is_given_overwrites_and_an_empty_cell_never_does(path: Path) -> None:
    await imported(path, HEAD, "S1,一店,浦东,路1号,31,121,123,8-22,mall", "S2,二店,,,,,,,")
    report = await imported(path, HEAD, "S1,新店,,,32,122,,,", "S2,,,,,,,,")
    first, second = await stores()
    assert outcome(report) == (0, 1, 1, 0)
    assert (first["name"], first["region"], first["latitude"], first["kind"]) == ("新店", "浦东", 32, "mall")
    assert (second["name"], second["kind"]) == ("二店", "other")


async def test_the_same_file_again_changes_nothing(path: Path) -> None:
    lines = (HEAD, "S1,一店,浦东,路1号,31.12345678,121,123,8-22,mall", "S2,二店,,,,,,,")
    await imported(path, *lines)
    before = await stores()
    report = await imported(path, *lines)
    assert outcome(report) == (0, 0, 2, 0)
    assert await stores() == before


async def test_a_dry_run_tells_and_writes_only_the_rejects(path: Path) -> None:
    await imported(path, HEAD, "S1,一店,,,,,,,")
    lines = (HEAD, "S1,新名,,,,,,,", "S2,二店,,,,,,,", "S3,,,,,,,,")
    report = await imported(path, *lines, dry_run=True)
    assert report.dry_run
    assert outcome(report) == (1, 1, 0, 1)
    assert rejects(report) == [(4, "name", "")]
    assert [store["name"] for store in await stores()] == ["一店"]


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        (",一店,,,,,,,", "code", ""),
        ("S9,,,,,,,,", "name", ""),
        ("S9,一店,,,91,121,,,", "latitude", "91"),
        ("S9,一店,,,31,-180.5,,,", "longitude", "'-180.5"),
        ("S9,一店,,,北纬31,121,,,", "latitude", "北纬31"),
        ("S9,一店,,,31,,,,", "longitude", ""),
        ("S9,一店,,,,121,,,", "latitude", ""),
        ("S9,一店,,,,,,,shop", "kind", "shop"),
        (f"S9,{'长' * 101},,,,,,,", "name", "长" * 101),
    ],
)
async def test_a_row_that_is_wrong_is_rejected_and_the_rest_taken(
    path: Path, row: str, column: str, value: str
) -> None:
    report = await imported(path, HEAD, row, "S1,一店,,,,,,,")
    assert outcome(report) == (1, 0, 0, 1)
    assert rejects(report) == [(2, column, value)]
    assert [store["code"] for store in await stores()] == ["S1"]


async def test_a_line_that_repeats_is_taken_once_and_one_that_contradicts_is_rejected(path: Path) -> None:
    report = await imported(path, HEAD, "S1,一店,,,,,,,", "S1,一店,,,,,,,", "S1,别店,,,,,,,")
    assert outcome(report) == (1, 0, 1, 1)
    assert rejects(report) == [(4, "code", "S1")]
    assert report.rejects_file is not None
    assert "Line 2" in report.rejects_file.read_text(encoding="utf-8-sig")
    assert [store["name"] for store in await stores()] == ["一店"]


async def test_progress_reaches_its_end(path: Path) -> None:
    path.write_text(f"{HEAD}\nS1,一店,,,,,,,\n", encoding="utf-8")
    told: list[tuple[str, int, int]] = []
    await import_stores(path=path, dry_run=False, progress=lambda *news: told.append(news))
    assert [stage for stage, _, _ in told] == ["reading", "writing"]
    assert all(done == total for _, done, total in told)

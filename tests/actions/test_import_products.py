"""Products from a file."""

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from actions.imports import ImportReport
from actions.products import import_products
from tables.scope import owner

pytestmark = pytest.mark.usefixtures("db")

HEAD = "sku,name,category,price,safety_stock"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "products.csv"


async def imported(path: Path, *lines: str, dry_run: bool = False) -> ImportReport:
    path.write_text("\n".join(lines), encoding="utf-8")
    return await import_products(path=path, dry_run=dry_run)


def outcome(report: ImportReport) -> tuple[int, int, int, int]:
    counts = report.counts
    return counts["created"], counts["updated"], counts["unchanged"], report.rejected


async def products() -> list[tuple[Any, ...]]:
    async with owner() as connection:
        rows = await connection.fetch(
            "SELECT p.sku, p.name, c.name, p.price, p.safety_stock FROM product p"
            " LEFT JOIN category c ON c.id = p.category ORDER BY sku"
        )
    return [tuple(row) for row in rows]


async def categories() -> list[str]:
    async with owner() as connection:
        return [row["name"] for row in await connection.fetch("SELECT name FROM category ORDER BY name")]


async def test_products_come_with_their_categories(path: Path) -> None:
    report = await imported(path, HEAD, "A1,苹果,水果,9.90,2.5", "A2,梨,水果,,", "A3,购物袋,,0.5,")
    assert outcome(report) == (3, 0, 0, 0)
    assert await products() == [
        ("A1", "苹果", "水果", Decimal("9.90"), Decimal("2.500")),
        ("A2", "梨", "水果", None, None),
        ("A3", "购物袋", None, Decimal("0.50"), None),
    ]
    assert await categories() == ["水果"]


async def test_headings_may_be_chinese(path: Path) -> None:
    await imported(path, "货号,商品名称,品类,售价,安全库存", 'A1,苹果,水果,"1,234.5",3')
    assert await products() == [("A1", "苹果", "水果", Decimal("1234.50"), Decimal("3.000"))]


async def test_what_is_given_overwrites_and_an_empty_cell_never_does(path: Path) -> None:
    await imported(path, HEAD, "A1,苹果,水果,9.90,2", "A2,梨,水果,5,")
    report = await imported(path, HEAD, "A1,,,8.80,", "A2,雪梨,时令,,")
    assert outcome(report) == (0, 2, 0, 0)
    assert await products() == [
        ("A1", "苹果", "水果", Decimal("8.80"), Decimal("2.000")),
        ("A2", "雪梨", "时令", Decimal("5.00"), None),
    ]


async def test_the_same_file_again_changes_nothing(path: Path) -> None:
    lines = (HEAD, "A1,苹果,水果,9.90,2", "A2,梨,,,")
    await imported(path, *lines)
    before = await products()
    assert outcome(await imported(path, *lines)) == (0, 0, 2, 0)
    assert await products() == before


async def test_a_dry_run_sees_that_a_new_category_changes_a_product_and_makes_none(path: Path) -> None:
    await imported(path, HEAD, "A1,苹果,水果,,")
    report = await imported(path, HEAD, "A1,苹果,时令,,", "A2,梨,干果,,", dry_run=True)
    assert outcome(report) == (1, 1, 0, 0)
    assert await categories() == ["水果"]
    assert await products() == [("A1", "苹果", "水果", None, None)]


async def test_what_is_wrong_is_rejected_with_its_column(path: Path) -> None:
    report = await imported(
        path, HEAD, "A1,苹果,,-1,", "A2,苹果,,九元,", "A3,苹果,,,-2", "A4,,,,", ",苹果,,,", "A6,梨,,1,", "A6,梨,,2,"
    )
    assert outcome(report) == (1, 0, 0, 6)
    assert report.rejects_file is not None
    with report.rejects_file.open(encoding="utf-8-sig", newline="") as file:
        told = sorted((int(row["line"]), row["column"]) for row in csv.DictReader(file))
    assert told == [(2, "price"), (3, "price"), (4, "safety_stock"), (5, "name"), (6, "sku"), (8, "sku")]


async def test_more_rows_than_one_commit_takes(path: Path) -> None:
    lines = [HEAD, *(f"A{number},货{number},类{number % 7},1," for number in range(12_345))]
    assert outcome(await imported(path, *lines)) == (12_345, 0, 0, 0)
    lines[6_000] = lines[6_000].replace(",1,", ",2,")
    assert outcome(await imported(path, *lines)) == (0, 1, 12_344, 0)
    assert len(await categories()) == 7

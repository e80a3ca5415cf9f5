"""Refunds in a purchases file: whole, by amount, by line, of another store's sale, sent again, and what is refused."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from actions.imports import ImportReport
from actions.purchases_import import import_purchases
from queries.invariants import check_all
from tests import make
from tests.actions.test_import_purchases import rejects
from tests.make import ZONE

TODAY = date(2026, 11, 20)
HEADER = "store,receipt_no,purchased_at,member_phone,sku,category,quantity,amount,kind,refund_of"
SALE = (
    "S1,R1,2026-11-01 10:00,13900000001,A,水果,2,60,,",
    "S1,R1,2026-11-01 10:00,13900000001,B,蔬菜,1,40,sale,",
)
ROWS = "SELECT receipt_no, store, amount, points, business_date FROM purchase WHERE kind = 'refund' ORDER BY receipt_no"


@pytest.fixture(autouse=True)
async def shop(db: None) -> None:
    await make.make_program()
    await make.make_store("S1")
    await make.make_store("S2")


async def take_lines(tmp_path: Path, *lines: str, dry_run: bool = False) -> ImportReport:
    path = tmp_path / "purchases.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    report = await import_purchases(path=path, zone=ZONE, today=TODAY, dry_run=dry_run)
    assert await check_all(progress=lambda *_: None) == []
    return report


async def refunds() -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in await make.fetch(ROWS)]


async def test_a_file_refunds_by_line_by_amount_and_in_another_store(tmp_path: Path) -> None:
    lines = (
        "S2,b,2026-11-03 10:00,,,,1,10.50,退货,S1:R1",
        "S1,R1,2026-11-02 10:00,,A,,1,-30,refund,R1",
        *SALE,
    )
    assert (await take_lines(tmp_path, *lines, dry_run=True)).counts == {"posted": 3, "known": 0}
    report = await take_lines(tmp_path, *lines)
    assert (report.counts, report.rejected) == ({"posted": 3}, 0)
    assert await refunds() == [
        ("R1", 1, Decimal("-30.00"), -30, date(2026, 11, 2)),
        ("b", 2, Decimal("-10.50"), -11, date(2026, 11, 3)),
    ]
    assert await make.value("SELECT balance FROM points_account") == 59
    assert await make.value("SELECT quantity FROM purchase_line WHERE refund_of = 1 ORDER BY id LIMIT 1") == -1
    before = await make.digest()
    assert (await take_lines(tmp_path, *lines)).counts == {"known": 3}
    assert await make.digest() == before


async def test_what_cannot_be_refunded_is_rejected_and_the_rest_taken(tmp_path: Path) -> None:
    report = await take_lines(
        tmp_path, *SALE,
        "S1,a,2026-11-02 10:00,,,,1,100.01,refund,R1",
        "S1,c,2026-11-02 10:00,,,,1,5,refund,NONE",
        "S1,d,2026-11-02 10:00,,,,1,5,refund,",
        "S1,e,2026-11-02 10:00,,,,1,0,refund,R1",
        "S1,f,2026-11-02 10:00,,,,1,5,refund,R1",
        "S1,f,2026-11-02 10:00,,,,1,5,refund,R2",
        "S1,g,2026-10-31 10:00,,,,1,5,refund,R1",
        "S1,h,2026-11-02 10:00,,,,1,5,swap,R1",
        "S1,i,2026-11-02 10:00,,,,1,5,,R1",
        "S1,k,2026-11-02 10:00,,,,1,5,refund,R1",
    )  # fmt: skip
    said = {(row["line"], row["value"]): row["reason"] for row in rejects(report)}
    for place, words in {
        ("6", "refund"): "receipt that is refunded is empty", ("7", "0"): "refund of nothing", ("8", "f"): "different receipts",
        ("9", "f"): "different receipts", ("11", "swap"): "is no kind", ("0", "a"): "more than is left",
        ("0", "c"): "no receipt of that number", ("0", "g"): "lies after this refund",
    }.items():  # fmt: skip
        assert words in said[place], place
    assert [row[0] for row in await refunds()] == ["k"]
    assert report.counts["posted"] == 2

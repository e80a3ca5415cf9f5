"""Purchases files: what is taken, what is refused with place, value and remedy, and that a receipt is never halved."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from actions.imports import ImportReport
from actions.purchases_import import import_purchases
from queries.invariants import check_all
from rules.refusals import Refusal
from tests import make
from tests.make import ZONE, Till

TODAY = date(2026, 11, 20)
HEADER = "store,receipt_no,purchased_at,member_phone,sku,category,quantity,amount"


@pytest.fixture
async def shop(db: None) -> None:
    await make.make_program()
    await make.make_store("S1")
    await make.make_store("S2")


async def take(path: Path, **options: Any) -> ImportReport:
    return await import_purchases(path=path, zone=ZONE, today=TODAY, **options)


async def take_lines(tmp_path: Path, *lines: str) -> ImportReport:
    path = tmp_path / "purchases.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return await take(path)


def rejects(report: ImportReport) -> list[dict[str, str]]:
    assert report.rejects_file is not None
    with report.rejects_file.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


async def receipts() -> list[str]:
    return [row["receipt_no"] for row in await make.fetch("SELECT receipt_no FROM purchase ORDER BY receipt_no")]


GOOD = "S1,GOOD,2026-11-01 10:00:00,13900000001,A,水果,1,100.00"


@pytest.mark.parametrize(
    ("line", "column", "value", "reason"),
    [
        ("S9,R,2026-11-01 10:00,13900000001,A,水果,1,5", "store", "S9", "import the stores first"),
        (",R,2026-11-01 10:00,13900000001,A,水果,1,5", "store", "", "no store"),
        ("S1,R,2026-11-01 10:00,12345,A,水果,1,5", "member_phone", "12345", ""),
        ("S1,R,2026-11-01 10:00,13900000001,A,水果,x,5", "quantity", "x", "not a quantity"),
        ("S1,R,2026-11-01 10:00,13900000001,A,水果,1,五元", "amount", "五元", "not an amount"),
        ("S1,R,2026-11-01 10:00,13900000001,A,水果,1,5.001", "amount", "5.001", "2 decimals"),
        ("S1,R,2027-01-01 10:00,13900000001,A,水果,1,5", "purchased_at", "2027-01-01 10:00", "future"),
        ("S1,R,yesterday,13900000001,A,水果,1,5", "purchased_at", "yesterday", "not a date"),
        ("S1,R,2026-02-30 10:00,13900000001,A,水果,1,5", "purchased_at", "2026-02-30 10:00", "not a date"),
        ("S1,,2026-11-01 10:00,13900000001,A,水果,1,5", "receipt_no", "", "receipt number is empty"),
        ("S1,R,2026-11-01 10:00,13900000001,A,水果,1,-5", "receipt_no", "R", "less than zero"),
        (f"S1,{'9' * 65},2026-11-01 10:00,13900000001,A,水果,1,5", "receipt_no", "9" * 65, "longer than 64"),
    ],
)
async def test_what_is_wrong_is_refused_with_its_place_and_the_rest_is_taken(
    shop: None, tmp_path: Path, line: str, column: str, value: str, reason: str
) -> None:
    report = await take_lines(tmp_path, line, GOOD)
    assert report.counts == {"posted": 1}
    assert await receipts() == ["GOOD"]
    (found,) = rejects(report)
    assert (found["line"], found["column"]) == ("2", column)
    assert found["value"].lstrip("'") == value
    assert reason in found["reason"]
    assert any("一" <= sign <= "鿿" for sign in found["reason"]), "in both languages"


async def test_a_receipt_with_one_bad_line_is_refused_whole(shop: None, tmp_path: Path) -> None:
    report = await take_lines(
        tmp_path,
        "S1,R1,2026-11-01 10:00,13900000001,A,水果,1,5",
        "S1,R1,2026-11-01 10:00,13900000001,B,水果,1,abc",
        "S1,R1,2026-11-01 10:00,13900000001,C,水果,1,7",
        GOOD,
    )
    assert await receipts() == ["GOOD"]
    assert {row["line"]: "another line" in row["reason"] for row in rejects(report)} == {
        "2": True,
        "3": False,
        "4": True,
    }


async def test_a_line_cut_off_in_the_middle_takes_its_receipt_with_it(shop: None, tmp_path: Path) -> None:
    path = tmp_path / "purchases.csv"
    path.write_text(
        f"{HEADER}\n{GOOD}\nS1,R1,2026-11-01 10:00,13900000001,A,水果,1,5\nS1,R1,2026-11-01 1", encoding="utf-8"
    )
    report = await take(path)
    assert await receipts() == ["GOOD"]
    assert {row["line"] for row in rejects(report)} == {"3", "4"}


async def test_lines_that_disagree_about_the_member_or_the_day(shop: None, tmp_path: Path) -> None:
    report = await take_lines(
        tmp_path,
        "S1,R1,2026-11-01 10:00,13900000001,A,水果,1,5",
        "S1,R1,2026-11-01 10:00,13900000002,A,水果,1,5",
        "S1,R2,2026-11-01 10:00,13900000001,A,水果,1,5",
        "S1,R2,2026-11-02 10:00,13900000001,A,水果,1,5",
    )
    assert await receipts() == []
    assert report.rejected == 4
    assert await make.value("SELECT count(*) FROM member") == 0, "nobody is born of a refused receipt"


async def test_the_same_file_again_changes_nothing(shop: None, tmp_path: Path) -> None:
    till = Till(tmp_path / "purchases.csv")
    for number in range(30):
        till.sale(
            f"R{number}", at=make.noon(date(2026, 11, 1 + number % 9)), phone=f"1390000000{number % 7}", amount="33.30"
        )
    first = await take(till.save())
    before = await make.fetch("SELECT * FROM points_account ORDER BY member")
    again = await take(till.save())
    assert (first.counts, again.counts) == ({"posted": 30}, {"known": 30})
    assert await make.fetch("SELECT * FROM points_account ORDER BY member") == before
    assert await check_all(progress=lambda *_: None) == []


async def test_a_known_receipt_with_other_content_is_refused_and_stays(shop: None, tmp_path: Path) -> None:
    await take_lines(tmp_path, GOOD)
    report = await take_lines(tmp_path, GOOD.replace("100.00", "120.00"), GOOD.replace("GOOD", "NEW"))
    assert report.counts == {"conflict": 1, "posted": 1}
    assert "other content" in rejects(report)[0]["reason"]
    assert str(await make.value("SELECT amount FROM purchase WHERE receipt_no = 'GOOD'")) == "100.00"


async def test_the_same_number_in_another_store_is_another_receipt(shop: None, tmp_path: Path) -> None:
    report = await take_lines(tmp_path, GOOD, GOOD.replace("S1,", "S2,"))
    assert report.counts == {"posted": 2}


async def test_unknown_people_and_goods_are_made_and_nobody_consents(shop: None, tmp_path: Path) -> None:
    await take_lines(
        tmp_path,
        "S2,R1,2026-11-01 10:00,139 0000 0009,D100,热带水果,1.250,99.90",
        "S2,R2,2026-11-01,,,,1,8",
    )
    assert await make.fetch(
        "SELECT m.phone, s.code, t.rank, m.joined_on FROM member m JOIN store s ON s.id = m.home_store JOIN tier t ON t.id = m.tier"
    ) == [{"phone": "+8613900000009", "code": "S2", "rank": 1, "joined_on": date(2026, 11, 1)}]
    assert (
        await make.value("SELECT c.name FROM product p JOIN category c ON c.id = p.category WHERE sku = 'D100'")
        == "热带水果"
    )
    assert await make.value("SELECT count(*) FROM consent") == 0
    assert await make.value("SELECT count(*) FROM purchase WHERE member IS NULL") == 1
    assert await make.value("SELECT sum(points) FROM points_entry") == 99


async def test_a_dry_run_writes_nothing_and_says_what_would_be(shop: None, tmp_path: Path) -> None:
    path = tmp_path / "purchases.csv"
    path.write_text(f"{HEADER}\n{GOOD}\nS9,R,2026-11-01,13900000001,A,水果,1,5\n", encoding="utf-8")
    report = await take(path, dry_run=True)
    assert (report.counts, report.rejected) == ({"posted": 1, "known": 0}, 1)
    for table in ("purchase", "member", "product", "category", "points_entry"):
        assert await make.value(f"SELECT count(*) FROM {table}") == 0


async def test_gb18030_chinese_headings_and_a_store_for_the_whole_file(shop: None, tmp_path: Path) -> None:
    path = tmp_path / "小票.csv"
    path.write_bytes(
        "小票号,消费时间,会员手机号,商品编码,品类,数量,金额\nR1,2026/11/1 9:05,１３９00000001,A,国产水果,1,12.5\n".encode(
            "gb18030"
        )
    )
    report = await take(path, store="S1")
    assert report.counts == {"posted": 1}
    assert await make.value("SELECT name FROM category") == "国产水果"


async def test_xlsx_is_taken_and_a_formula_is_refused(shop: None, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER.split(","))
    sheet.append(["S1", "R1", "2026-11-01 10:00:00", "13900000001", "A", "水果", 1, 10.5])
    sheet.append(["S1", "R2", "2026-11-01 10:00:00", "13900000001", "A", "水果", 1, "=1+1"])
    path = tmp_path / "purchases.xlsx"
    book.save(path)
    report = await take(path)
    assert report.counts == {"posted": 1}
    assert "H3" in str(rejects(report)[0])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"a,b\n1,2\n", "bad_columns"),
        (b"\xff\xfe\x00a", "bad_encoding"),
        (HEADER.encode() + b",colour\n", "bad_columns"),
    ],
)
async def test_a_file_that_cannot_be_meant_is_refused_whole(
    shop: None, tmp_path: Path, content: bytes, code: str
) -> None:
    path = tmp_path / "purchases.csv"
    path.write_bytes(content)
    with pytest.raises(Refusal) as refused:
        await take(path)
    assert refused.value.code == code
    assert await receipts() == []


async def test_without_a_program_nothing_is_taken(db: None, tmp_path: Path) -> None:
    await make.make_store("S1")
    path = tmp_path / "purchases.csv"
    path.write_text(f"{HEADER}\n{GOOD}\n", encoding="utf-8")
    with pytest.raises(Refusal, match="no program"):
        await take(path)


async def test_sums_beyond_the_ledger_are_refused(shop: None, tmp_path: Path) -> None:
    line = "S1,BIG,2026-11-01 10:00,13900000001,A,水果,1,9999999999.99"
    report = await take_lines(tmp_path, line, line.replace(",A,", ",B,"), GOOD)
    assert await receipts() == ["GOOD"]
    assert report.rejected == 2

"""XLSX files: every kind of cell as text, formulas rejected, bombs refused unopened."""

import os
import zipfile
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from actions.sheets import open_sheet
from actions.sheets_layout import RowProblem, SheetColumn
from rules.refusals import Refusal

COLUMNS = tuple(SheetColumn(name=name, required=name == "phone") for name in ("phone", "name", "at"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "members.xlsx"


def _save(path: Path, *rows: tuple[object, ...], second: tuple[object, ...] = ()) -> Path:
    book: Any = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if second:
        book.create_sheet("Second").append(second)
    book.save(path)
    return path


def _rows(path: Path) -> list[tuple[int, list[str] | RowProblem]]:
    with open_sheet(path=path, columns=COLUMNS) as sheet:
        rows = list(sheet)
        assert (sheet.rows_read, sheet.bytes_read) == (len(rows), sheet.bytes_total)
    return rows


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (13912345678, "13912345678"),
        ("13912345678", "13912345678"),
        (" 007 ", "007"),
        (99.9, "99.9"),
        (0.1 + 0.2, "0.3"),
        (1.005, "1.005"),
        (-0.00001, "-0.00001"),
        (200.0, "200"),
        (True, "true"),
        (False, "false"),
        (date(2017, 3, 1), "2017-03-01"),
        (datetime(2017, 3, 1, 12, 30), "2017-03-01 12:30:00"),  # noqa: DTZ001  a spreadsheet knows no zones
        (datetime(2017, 1, 1, 11, 53, 26), "2017-01-01 11:53:26"),  # noqa: DTZ001  as above
        (time(11, 53), "11:53:00"),
        (None, ""),
    ],
)
def test_a_cell_is_the_text_a_person_would_have_typed(path: Path, value: object, text: str) -> None:
    _save(path, ("phone", "name"), ("1", value))
    assert _rows(path) == [(2, ["1", text, ""])]


def test_rows_keep_their_numbers_and_the_other_sheets_do_not_matter(path: Path) -> None:
    _save(path, (), (None, "phone", "name", "at"), (), (None, "1", "a", "b"), (None, "2"), second=("=1+1",))
    assert _rows(path) == [(4, ["1", "a", "b"]), (5, ["2", "", ""])]


def test_a_workbook_under_another_name_is_known_by_its_content(path: Path) -> None:
    _save(path, ("phone",), ("1",))
    assert _rows(path.rename(path.with_suffix(".csv"))) == [(2, ["1", "", ""])]


def test_formulas_errors_and_numbers_too_long_cost_their_row(path: Path) -> None:
    _save(path, ("phone", "name"), ("1", "a"), ("2", "=A2&B2"), ("3", "#N/A"), (1234567890123456789, "d"), ("5", "e"))
    rows = dict(_rows(path))
    problems = {line: row for line, row in rows.items() if isinstance(row, RowProblem)}
    assert [line for line in rows if line not in problems] == [2, 6]
    assert (problems[3].column, problems[4].column) == ("B3", "B4")
    assert problems[3].reason_en == "Cell B3 holds a formula: copy the column and paste it as values."
    assert "#N/A" in problems[4].reason_zh
    assert "as text" in problems[5].reason_en


def test_cells_past_the_headings_cost_their_row(path: Path) -> None:
    _save(path, ("phone", "name"), ("1", "a", "b"), ("2", "c"))
    (_, first), (_, second) = _rows(path)
    assert isinstance(first, RowProblem)
    assert second == ["2", "c", ""]


def test_headings_alone_are_no_rows(path: Path) -> None:
    assert _rows(_save(path, ("phone", "name"))) == []


def _repack(path: Path, member: str, content: bytes) -> Path:
    """The workbook with one member put in place of the one it has."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members[member] = content
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


SHEET = "xl/worksheets/sheet1.xml"
FAR = b"""<worksheet><sheetData><row r="1"><c r="A1"/></row>
<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>"""
# What packs badly, so that its size alone is no reason: the parser would keep it all.
LETTERS = os.urandom(1_000_000).hex()


@pytest.mark.parametrize(
    ("member", "content", "code"),
    [
        pytest.param("xl/media/picture.bin", b"\0" * 20_000_000, "zip_bomb", id="packed too tightly"),
        pytest.param(SHEET, FAR, "too_large", id="one cell in the last corner"),
        pytest.param(SHEET, b"<worksheet><sheetData>", "bad_xlsx", id="cut XML"),
        pytest.param(SHEET, b'<!DOCTYPE x [<!ENTITY a "aa">]><worksheet/>', "bad_xlsx", id="entities"),
        pytest.param(SHEET, b'<worksheet><row><c r="?"/></row></worksheet>', "bad_xlsx", id="nonsense for a place"),
        pytest.param(SHEET, b"<a>" * 200_000, "bad_xlsx", id="deeper than any cell"),
        pytest.param("xl/workbook.xml", b"<a>" * 200_000, "bad_xlsx", id="a deep list of sheets"),
        pytest.param(SHEET, f'<worksheet x="{LETTERS}"/>'.encode(), "bad_xlsx", id="a tag without end"),
        pytest.param(SHEET, f"<worksheet>{LETTERS}</worksheet>".encode(), "bad_xlsx", id="a cell without end"),
        pytest.param("xl/sharedStrings.xml", f"<sst>{LETTERS}</sst>".encode(), "bad_xlsx", id="a text without end"),
        pytest.param(SHEET, b'<worksheet><row r="1048577"/></worksheet>', "too_large", id="more rows than there are"),
        pytest.param("xl/workbook.xml", b"<workbook/>", "bad_xlsx", id="no sheets"),
        pytest.param("xl/_rels/workbook.xml.rels", b"<Relationships/>", "bad_xlsx", id="a sheet that is nowhere"),
    ],
)
def test_a_workbook_made_to_harm_is_refused_unopened(path: Path, member: str, content: bytes, code: str) -> None:
    _repack(_save(path, ("phone",), ("1",)), member, content)
    with pytest.raises(Refusal) as caught:
        open_sheet(path=path, columns=COLUMNS)
    assert caught.value.code == code


def test_sizes_that_lie_do_not_help_a_bomb(path: Path) -> None:
    _save(path, ("phone",), ("1",))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/picture.bin", b"\0" * 5_000_000)
        archive.getinfo("xl/media/picture.bin").file_size = 100
    with pytest.raises(Refusal, match="not a readable XLSX"):
        open_sheet(path=path, columns=COLUMNS)


@pytest.mark.parametrize(
    ("rows", "code"),
    [([], "empty_file"), ([("phone", "=1+1")], "bad_columns"), ([("name",)], "bad_columns")],
)
def test_a_sheet_without_good_headings_is_refused(path: Path, rows: list[tuple[object, ...]], code: str) -> None:
    with pytest.raises(Refusal) as caught:
        open_sheet(path=_save(path, *rows), columns=COLUMNS)
    assert caught.value.code == code


def test_what_is_no_workbook_is_refused(path: Path) -> None:
    path.write_text("phone,name\n")
    with pytest.raises(Refusal, match="save it as XLSX or CSV"):
        open_sheet(path=path, columns=COLUMNS)

"""Import files: what is read, what is rejected, what is refused, and in how much memory."""

import csv
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from actions.sheets import RejectWriter, open_sheet
from actions.sheets_layout import RowProblem, Sheet, SheetColumn
from rules.refusals import Refusal

COLUMNS = (
    SheetColumn(name="phone", titles=("mobile", "手机号"), required=True),
    SheetColumn(name="name", titles=("姓名",), required=True),
    SheetColumn(name="points", titles=("积分",)),
)
ROW = ["13912345678", "张三", "200"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "members.csv"


def _open(path: Path, content: bytes | str) -> Sheet:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return open_sheet(path=path, columns=COLUMNS)


def _taken(sheet: Sheet) -> list[tuple[int, list[str] | str]]:
    """Lines with their cells, or with the English reason."""
    with sheet:
        return [(line, cells.reason_en if isinstance(cells, RowProblem) else cells) for line, cells in sheet]


def _lines_rejected(sheet: Sheet) -> tuple[list[int], list[int]]:
    """Lines taken, lines rejected."""
    rows = _taken(sheet)
    return [line for line, row in rows if isinstance(row, list)], [line for line, row in rows if isinstance(row, str)]


LONG = "phone,name\n1,一二三四五六七八九\n2,".encode()  # long enough to be surely UTF-8
TEXT = "手机号,姓名,积分\n13912345678,张三,200\n"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(TEXT.encode(), id="UTF-8"),
        pytest.param(TEXT.encode("utf-8-sig"), id="UTF-8 with BOM"),
        pytest.param(TEXT.encode("gb18030"), id="GB18030"),
        pytest.param(TEXT.replace("\n", "\r\n").encode(), id="Windows line ends"),
        pytest.param(TEXT.replace("\n", "\r").encode(), id="old Mac line ends"),
        pytest.param(TEXT.rstrip().encode(), id="no line end at the end"),
        pytest.param(TEXT.replace(",", ";").encode(), id="semicolons"),
        pytest.param(TEXT.replace(",", "\t").encode(), id="tabs"),
        pytest.param(b"Phone , Name*,points,,\n13912345678, " + "张三　".encode() + b",200,,\n", id="padded"),
        pytest.param(b'"phone","name","points"\n"13912345678","' + "张三".encode() + b'","200"\n', id="quoted"),
        pytest.param("points,name,mobile\n200,张三,13912345678\n".encode(), id="another order"),
    ],
)
def test_one_row_however_it_is_written(path: Path, content: bytes) -> None:
    assert _taken(_open(path, content)) == [(2, ROW)]


def test_absent_columns_and_cells_are_empty_and_blank_rows_are_passed_over(path: Path) -> None:
    content = "phone,name\n1,a\n\n , \n,,,\n2,\n"
    assert _taken(_open(path, content)) == [(2, ["1", "a", ""]), (6, ["2", "", ""])]


def test_headings_alone_are_no_rows(path: Path) -> None:
    assert _taken(_open(path, "phone,name\n")) == []


def test_progress_ends_at_the_whole(path: Path) -> None:
    with _open(path, TEXT) as sheet:
        rows = list(sheet)
        assert (sheet.rows_read, sheet.bytes_read) == (len(rows), sheet.bytes_total)
    assert sheet.bytes_total == len(TEXT.encode())


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (b"", "empty_file", "empty"),
        (b"\n  \n,,\n", "empty_file", "empty"),
        ("\ufeff".encode(), "empty_file", "empty"),
        (b"phone,points\n", "bad_columns", "missing: add name/姓名"),
        (b"phone,name,nmae\n", "bad_columns", "“nmae”: did you mean name?"),
        (b"phone,name,colour\n", "bad_columns", "Accepted: phone/mobile/手机号, name/姓名, points/积分"),
        ("phone,name,手机号\n".encode(), "bad_columns", "phone stands there more than once"),
        (b"phone,,name\n", "bad_columns", "Unknown heading “”"),
        (b"phone,name," + b"x" * 300_000 + b"\n", "bad_columns", "cannot be read"),
        (TEXT.encode("utf-16"), "bad_encoding", "UTF-16"),
        (TEXT.encode("utf-16-le"), "bad_encoding", "UTF-16"),
        (b"phone,name\n1,caf\xe9,\n", "bad_encoding", "see byte 16"),
        (b"\xd0\xcf\x11\xe0old office", "bad_xlsx", "old XLS"),
        (b"PK\x03\x04no archive", "bad_xlsx", "not a readable XLSX"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_with_a_remedy(path: Path, content: bytes, code: str, says: str) -> None:
    with pytest.raises(Refusal) as caught:
        _open(path, content)
    assert caught.value.code == code
    assert says in caught.value.en
    assert "：" in caught.value.zh


def test_no_file_is_refused_by_its_name_alone(path: Path) -> None:
    with pytest.raises(Refusal, match=r"^members\.csv cannot be opened"):
        open_sheet(path=path, columns=COLUMNS)


@pytest.mark.parametrize(
    ("content", "taken", "rejected"),
    [
        pytest.param(b"phone,name,points\n1,a,5\n2,b\n3,c,7\n", [2, 4], [3], id="too few cells"),
        pytest.param(b"phone,name\n1,a\n2,b", [2, 3], [], id="a whole last line"),
        pytest.param(b"phone,name,points\n1,a,5\n2,", [2], [3], id="a half-written last line"),
        pytest.param(b"phone,name\n1,a,x\n2,b,\n", [3], [2], id="too many cells"),
        pytest.param(b"phone,name\n1,a\n2,\0\n3,c\n", [2, 4], [3], id="NUL"),
        pytest.param(b"phone,name\n1,a\n" + b"\0" * 500, [2], [3], id="a tail of NULs after a power cut"),
        pytest.param(LONG + "三".encode()[:2], [2], [3], id="cut in a character"),
        pytest.param(LONG + b"\xff\n3,c\n", [2, 4], [3], id="UTF-8 with damage"),
        pytest.param("phone,name\n1,张三\n2,".encode("gb18030") + b"\xd5", [2], [3], id="GB18030 cut in a character"),
        pytest.param(b'phone,name\n1,"a\nb"\n2,c\n', [2, 4], [], id="a cell of two lines"),
        pytest.param(b'phone,name\n1,"a\n2,b\n3,c\n', [3, 4], [2], id="a quote not closed by the end"),
        pytest.param(b'phone,name\n1,"a\n' + b"2,b\n" * 500, [*range(3, 503)], [2], id="a quote not closed for long"),
        pytest.param(b'phone,name\n1,"a"b\n2,c\n', [3], [2], id="text after a quote"),
        pytest.param(b"phone,name\n1," + b"x" * 200_000 + b"\n2,b\n", [3], [2], id="a cell too long"),
        pytest.param(b'phone,name\n"1",' + b"x" * 3_000_000 + b"\n2,b\n", [3], [2], id="a line too long"),
        pytest.param(b'phone,name\n1,"' + b"x" * 3_000_000 + b"\n2,b\n", [3], [2], id="a line too long, in a quote"),
        pytest.param(b"phone,name\n1,a\n2," + b"x" * 3_000_000, [2], [3], id="a line too long at the end"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_read_costs_itself_only(
    path: Path, content: bytes, taken: list[int], rejected: list[int]
) -> None:
    assert _lines_rejected(_open(path, content)) == (taken, rejected)


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("traced")
@pytest.mark.parametrize("opening", [b"2,", b'2,"'])
def test_a_cell_of_300_megabytes_is_rejected_without_being_kept(path: Path, opening: bytes) -> None:
    path.write_bytes(b"phone,name\n1,a\n" + opening)
    size = 300_000_000
    with path.open("r+b") as file:
        file.truncate(size)  # a hole of zeros takes no room on the disk
        file.seek(size)
        file.write(b"\n3,c\n")
    assert _lines_rejected(open_sheet(path=path, columns=COLUMNS)) == ([2, 4], [3])
    assert tracemalloc.get_traced_memory()[1] < 30_000_000


@pytest.mark.usefixtures("traced")
def test_a_quote_that_never_closes_does_not_gather_the_file(path: Path) -> None:
    with _open(path, b'phone,name\n1,"a\n' + b"2,bbbbbbbbbbbbbbbbbbbb\n" * 100_000) as sheet:
        tracemalloc.reset_peak()
        rejected = [line for line, cells in sheet if isinstance(cells, RowProblem)]
    assert (rejected, sheet.rows_read) == ([2], 100_001)
    assert tracemalloc.get_traced_memory()[1] < 10_000_000


def test_rejects_are_written_for_a_spreadsheet_and_only_when_there_are_any(path: Path) -> None:
    beside = path.with_name("members.csv.rejects.csv")
    beside.write_text("of the last time")
    with RejectWriter(path=path) as rejects:
        assert not beside.exists()
    assert (rejects.count, beside.exists()) == (0, False)
    with RejectWriter(path=path) as rejects:
        rejects.add(line=3, column="name", value="=cmd()", reason_en="No.", reason_zh="不行。")
        rejects.add_problem(line=4, problem=RowProblem(reason_en="Cut.", reason_zh="截断。", raw='a,"b'))
        rejects.add_refusal(line=5, column="points", value="-5", refusal=Refusal(code="x", en="E", zh="Z"))
    assert rejects.count == 3
    assert beside.read_bytes().startswith(b"\xef\xbb\xbf")
    with beside.open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [
            ["line", "column", "value", "reason"],
            ["3", "name", "'=cmd()", "No. / 不行。"],
            ["4", "", 'a,"b', "Cut. / 截断。"],
            ["5", "points", "'-5", "E / Z"],
        ]

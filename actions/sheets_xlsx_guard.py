"""Looking at an XLSX file before it is opened: its size unpacked, its extent, its formulas and error cells.

The reader that follows builds a full rectangle in memory and shows a formula as whatever was last computed.
"""

import posixpath
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from xml.parsers import expat

from rules.refusals import Refusal

MOST_UNPACKED_BYTES = 300_000_000
_HIGHEST_RATIO = 200
_SMALL = 1_000_000  # packed however tightly, that much does no harm
_MOST_CELLS = 10_000_000
_MOST_ROWS = 1 << 20  # no spreadsheet has more
_MOST_ELEMENTS = 4 * _MOST_CELLS
_DEEPEST = 100  # a cell stands six elements deep; the parser keeps all that are open
_LONGEST = 1 << 20  # a tag or a text is kept until it ends; a cell has at most 32,767 letters
_CHUNK = 1 << 18
_WORKBOOK, _RELATIONS, _STRINGS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "sharedstrings.xml"

# What damaged or forged archives, XML and cell references make the standard library raise.
_DAMAGE = (zipfile.BadZipFile, zlib.error, expat.ExpatError, LookupError, ValueError, RuntimeError, EOFError)

Attributes = dict[str, str]


def inspect_xlsx(*, path: Path) -> dict[int, tuple[str, str]]:
    """The rows of the first sheet that hold a formula or an error: row (from 1) → (place such as `C5`, kind).

    Kind is `formula` or `error`. Raises Refusal `bad_xlsx`, `zip_bomb` or `too_large`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_bomb(archive)
            # Reads every member to its end: sizes that lie do not survive the check sum.
            if archive.testzip() is not None:
                raise _not_xlsx()
            extent = _Extent()
            _walk(archive, _first_sheet(archive), extent.start)
            for member in archive.namelist():
                if member.lower().endswith(_STRINGS):
                    _walk(archive, member, lambda *_: None)
    except Refusal:
        raise
    except _DAMAGE as error:
        raise _not_xlsx() from error
    return extent.odd


@dataclass(kw_only=True, slots=True)
class _Extent:
    """Walks the elements of a sheet, following rows and cells as the reader will place them."""

    row: int = 0
    column: int = 0
    last_row: int = 0
    last_column: int = 0
    odd: dict[int, tuple[str, str]] = field(default_factory=dict)

    def start(self, name: str, attributes: Attributes) -> None:
        local = name.rpartition(":")[2]
        if local == "c":
            self._cell(attributes)
        elif local == "row":
            self.row, self.column = int(attributes.get("r", self.row + 1)), 0
            if self.row > _MOST_ROWS:
                raise _too_large(_place(self.row, 1))
        elif local == "f":
            self.odd.setdefault(self.row, (_place(self.row, self.column), "formula"))

    def _cell(self, attributes: Attributes) -> None:
        reference = attributes.get("r")
        if reference is None:
            self.column += 1
        else:
            letters = reference.rstrip("0123456789")
            self.column, self.row = _column_number(letters), int(reference[len(letters) :])
        if self.column > self.last_column or self.row > self.last_row:
            self._grow()
        if attributes.get("t") == "e":
            self.odd.setdefault(self.row, (_place(self.row, self.column), "error"))

    def _grow(self) -> None:
        self.last_column, self.last_row = max(self.column, self.last_column), max(self.row, self.last_row)
        if self.last_column * self.last_row > _MOST_CELLS:
            raise _too_large(_place(self.last_row, self.last_column))


def _refuse_bomb(archive: zipfile.ZipFile) -> None:
    unpacked = sum(member.file_size for member in archive.infolist())
    packed = sum(member.compress_size for member in archive.infolist())
    if unpacked > MOST_UNPACKED_BYTES or (unpacked > _SMALL and unpacked > packed * _HIGHEST_RATIO):
        raise Refusal(
            code="zip_bomb",
            en=f"The file would unpack to {unpacked // 1_000_000} MB: save it as CSV, or split it.",
            zh=f"文件解压后将有 {unpacked // 1_000_000} MB：请另存为 CSV 或拆分。",
        )


def _first_sheet(archive: zipfile.ZipFile) -> str:
    """The member that holds the first sheet in the order of the tabs."""
    sheets: list[str] = []
    targets: dict[str, str] = {}

    def note_sheet(name: str, attributes: Attributes) -> None:
        if name.rpartition(":")[2] == "sheet":
            sheets.extend(value for key, value in attributes.items() if key.endswith(":id"))

    def note_target(name: str, attributes: Attributes) -> None:
        if name.rpartition(":")[2] == "Relationship":
            targets[attributes["Id"]] = attributes["Target"]

    _walk(archive, _WORKBOOK, note_sheet)
    _walk(archive, _RELATIONS, note_target)
    if not sheets:
        raise _not_xlsx()
    return posixpath.normpath(posixpath.join("/xl", targets[sheets[0]])).lstrip("/")


def _walk(archive: zipfile.ZipFile, member: str, start: Callable[[str, Attributes], None]) -> None:
    """Every element of a member; one that is too deep, too long or too full for a spreadsheet's is no workbook."""
    begun, ended, fed, quiet = 0, 0, 0, 0
    ends = list[str]()

    def begin(name: str, attributes: Attributes) -> None:
        nonlocal begun
        begun += 1
        start(name, attributes)

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    parser.EndElementHandler = ends.append
    parser.StartDoctypeDeclHandler = _refuse_doctype
    with archive.open(member) as file:
        while chunk := file.read(_CHUNK):
            before = begun
            parser.Parse(chunk, False)
            quiet = 0 if ends or begun > before else quiet + len(chunk)
            fed, ended = fed + len(chunk), ended + len(ends)
            ends.clear()
            kept = max(fed - parser.CurrentByteIndex, quiet)
            if begun - ended > _DEEPEST or begun > _MOST_ELEMENTS or kept > _LONGEST:
                raise _not_xlsx()
        parser.Parse(b"", True)


def _refuse_doctype(*_: object) -> None:
    raise _not_xlsx()  # no spreadsheet writes one; entities that multiply come with it


@lru_cache(maxsize=20_000)
def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _place(row: int, column: int) -> str:
    letters = ""
    while column:
        column, digit = divmod(column - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return f"{letters}{row}"


def _too_large(place: str) -> Refusal:
    return Refusal(
        code="too_large",
        en=f"The sheet reaches to {place}: delete the unused rows and columns, or save it as CSV.",
        zh=f"工作表范围到 {place}：请删除未使用的行和列，或另存为 CSV。",
    )


def _not_xlsx() -> Refusal:
    return Refusal(
        code="bad_xlsx",
        en="The file is not a readable XLSX workbook: open it in a spreadsheet and save it as XLSX or CSV, "
        "without a password.",
        zh="文件不是可读取的 XLSX 工作簿：请用表格软件打开后另存为 XLSX 或 CSV，且不设密码。",
    )

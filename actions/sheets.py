"""Import files: open one, whatever its kind, and write down what could not be taken."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Self

from actions.sheets_csv import CsvSheet
from actions.sheets_layout import RowProblem, Sheet, SheetColumn
from actions.sheets_xlsx import XlsxSheet
from rules.cells import harmless
from rules.refusals import Refusal

_ZIP, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_LONGEST_VALUE = 200


def open_sheet(*, path: Path, columns: Sequence[SheetColumn]) -> Sheet:
    """Opens a CSV or XLSX file, told apart by content, and reads its heading row.

    Raises Refusal: `no_file`, `empty_file`, `bad_columns`, `bad_encoding`, `bad_xlsx`, `zip_bomb`, `too_large`.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(len(_ZIP))
    except OSError as error:
        raise Refusal(
            code="no_file",
            en=f"{path.name} cannot be opened ({error.strerror}): check the path and its permissions.",
            zh=f"无法打开 {path.name}：请检查路径和权限。",
        ) from error
    if not magic:
        raise Refusal(code="empty_file", en="The file is empty: save it again.", zh="文件为空：请重新保存。")
    if magic == _OLD_OFFICE:
        raise Refusal(
            code="bad_xlsx",
            en="The file is an old XLS or has a password: save it as XLSX or CSV, without a password.",
            zh="文件是旧版 XLS 或设有密码：请另存为 XLSX 或 CSV，且不设密码。",
        )
    if magic == _ZIP or path.suffix.lower() in {".xlsx", ".xlsm"}:
        return XlsxSheet(path=path, columns=columns)
    return CsvSheet(path=path, columns=columns)


class RejectWriter:
    """Writes FILE.rejects.csv beside FILE, once there is something to reject; an old one goes at the start."""

    def __init__(self, *, path: Path) -> None:
        self.path = path.with_name(path.name + ".rejects.csv")
        self.count = 0
        self._file: IO[str] | None = None
        self._writer: Any = None  # the csv module does not name the type of its writers
        self.path.unlink(missing_ok=True)

    def add(self, *, line: int, column: str, value: str, reason_en: str, reason_zh: str) -> None:
        """One thing that was not taken, from this line of FILE; the reason is written in both languages."""
        if self._file is None:
            # With BOM: without it a spreadsheet takes Chinese for another encoding.
            self._file = self.path.open("w", encoding="utf-8-sig", newline="")
            self._writer = csv.writer(self._file)
            self._writer.writerow(("line", "column", "value", "reason"))
        self.count += 1
        self._writer.writerow((line, _safe(column), _safe(value), f"{reason_en} / {reason_zh}"))

    def add_problem(self, *, line: int, problem: RowProblem) -> None:
        """A row that could not be read at all."""
        self.add(
            line=line,
            column=problem.column,
            value=problem.raw,
            reason_en=problem.reason_en,
            reason_zh=problem.reason_zh,
        )

    def add_refusal(self, *, line: int, column: str, value: str, refusal: Refusal) -> None:
        """A cell that a rule refused."""
        self.add(line=line, column=column, value=value, reason_en=refusal.en, reason_zh=refusal.zh)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _safe(value: str) -> str:
    return harmless(value[:_LONGEST_VALUE].replace("\0", "�"))

"""Reading the first sheet of an XLSX file row by row, every cell as the text a person would have typed."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from actions.sheets_layout import Cells, Layout, RowProblem, Sheet, SheetColumn
from actions.sheets_xlsx_guard import inspect_xlsx
from rules.refusals import Refusal

_EXACT_BELOW = 10**15  # a spreadsheet keeps 15 digits; what is longer has been changed already
_ODD = {
    "formula": ("holds a formula: copy the column and paste it as values.", "是公式：请复制该列并粘贴为数值。"),
    "error": ("holds an error such as #N/A: write the value.", "是错误值（如 #N/A）：请填写实际值。"),
}


class XlsxSheet(Sheet):
    """The first sheet of a workbook; its size, formulas and errors were looked at before it is opened."""

    def __init__(self, *, path: Path, columns: Sequence[SheetColumn]) -> None:
        super().__init__(bytes_total=path.stat().st_size)
        self._odd = inspect_xlsx(path=path)
        try:
            self._book = CalamineWorkbook.from_path(path)
            sheet = self._book.get_sheet_by_index(0)
        except CalamineError as error:
            raise Refusal(
                code="bad_xlsx",
                en=f"The workbook cannot be read ({error}): save it again as XLSX or CSV.",
                zh="工作簿无法读取：请重新另存为 XLSX 或 CSV。",
            ) from error
        self._height = sheet.end[0] + 1 if sheet.end else 1
        self._rows = enumerate(sheet.iter_rows(), start=1)
        self._row = 0
        self._layout = self._read_headings(columns)

    @property
    def bytes_read(self) -> int:
        return self.bytes_total * self._row // self._height

    def close(self) -> None:
        self._book.close()

    def __iter__(self) -> Iterator[tuple[int, Cells | RowProblem]]:
        for row, values in self._rows:
            self._row = row
            problem = self._odd.get(row)
            if problem is None and not any(value != "" for value in values):
                continue
            self.rows_read += 1
            yield row, _odd_cell(*problem) if problem else self._read(values)

        self._row = self._height

    def _read(self, values: Sequence[object]) -> Cells | RowProblem:
        try:
            cells = [_text(value) for value in values]
        except Refusal as refusal:
            return RowProblem(reason_en=refusal.en, reason_zh=refusal.zh)
        fitted = cells if len(cells) == self._layout.width else self._layout.fit(cells)
        return fitted if isinstance(fitted, RowProblem) else self._layout.arrange(fitted)

    def _read_headings(self, columns: Sequence[SheetColumn]) -> Layout:
        for row, values in self._rows:
            if row in self._odd:
                problem = _odd_cell(*self._odd[row])
                raise Refusal(code="bad_columns", en=problem.reason_en, zh=problem.reason_zh)
            if headings := [_text(value) for value in values] if any(values) else []:
                return Layout(headings=headings, columns=columns)
        raise Refusal(
            code="empty_file",
            en="The first sheet is empty: its first row must hold the headings.",
            zh="第一个工作表为空：第一行必须是列标题。",
        )


def _odd_cell(place: str, kind: str) -> RowProblem:
    en, zh = _ODD[kind]
    return RowProblem(reason_en=f"Cell {place} {en}", reason_zh=f"单元格 {place} {zh}", column=place)


def _text(value: object) -> str:
    return _TEXTS.get(type(value), str)(value)


def _number(value: float) -> str:
    """The digits as typed: 15 of them, which is what a spreadsheet keeps, without the noise of binary fractions."""
    if abs(value) >= _EXACT_BELOW:
        raise Refusal(
            code="bad_number",
            en=f"The number {value:.0f} is longer than the 15 digits a spreadsheet keeps, its end is lost: "
            "format the column as text and enter it again.",
            zh=f"数字 {value:.0f} 超过表格能保留的 15 位，末尾已丢失：请将该列设为文本格式后重新填写。",
        )
    if value.is_integer():
        return str(int(value))
    text = f"{value:.15g}"
    return f"{Decimal(text):f}" if "e" in text else text


def _instant(value: datetime) -> str:
    # A time of day is a fraction of a day there: 11:53:26 may come as 11:53:25.999999.
    return (value + timedelta(microseconds=500_000)).replace(microsecond=0).isoformat(" ")


_TEXTS: dict[type, Callable[[Any], str]] = {
    str: str,
    float: _number,
    int: str,
    bool: lambda value: "true" if value else "false",
    date: date.isoformat,
    datetime: _instant,
    time: time.isoformat,
    timedelta: str,
}

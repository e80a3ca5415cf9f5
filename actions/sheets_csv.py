"""Reading a CSV file row by row, in memory that no file can make grow."""

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from actions.sheets_encoding import find_encoding
from actions.sheets_layout import Cells, Layout, RowProblem, Sheet, SheetColumn, known_headings
from rules.refusals import Refusal

LONGEST_LINE = 1 << 20
_MOST_LINES_OF_A_ROW = 64
_SHOWN = 200
_SEPARATORS = (",", ";", "\t")

_TOO_LONG = RowProblem(
    reason_en="The line is longer than 1 MB: the file may be damaged here; correct the line.",
    reason_zh="该行超过 1 MB：文件此处可能已损坏，请更正该行。",
)
_NO_TEXT = RowProblem(
    reason_en="The line holds bytes that are no text: the file may be damaged here; write the line again.",
    reason_zh="该行含有非文本字节：文件此处可能已损坏，请重写该行。",
)


class CsvSheet(Sheet):
    """A CSV file. A row that cannot be read costs itself only: the next line is tried again as a row."""

    def __init__(self, *, path: Path, columns: Sequence[SheetColumn]) -> None:
        encoding = find_encoding(path=path)
        super().__init__(bytes_total=path.stat().st_size)
        self._suspect, self._careful = encoding.suspect, encoding.suspect or encoding.odd_lines
        self._file: IO[str] = path.open(
            encoding=encoding.codec, errors="replace" if encoding.suspect else "strict", newline=""
        )
        self._line = 1  # of the file, where the next row begins
        self._held: list[str | RowProblem] = []  # the lines of the row being read
        self._again: deque[str | RowProblem] = deque()  # lines that an unreadable row had swallowed
        try:
            self._separator, self._layout = self._read_headings(columns)
        except BaseException:
            self.close()
            raise

    @property
    def bytes_read(self) -> int:
        """How far the file has been read, a little ahead of the rows."""
        raw = self._file.buffer  # type: ignore[attr-defined]  # a text file over bytes always has one
        return self.bytes_total if raw.closed else int(raw.raw.tell())

    def close(self) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[tuple[int, Cells | RowProblem]]:
        return self._careful_rows() if self._careful else self._plain_rows()

    def _plain_rows(self) -> Iterator[tuple[int, Cells | RowProblem]]:
        """A file without quotes or odd lines, where a line is a row: flat, because it runs millions of times."""
        before, width, arrange = self._line - 1, self._layout.width, self._layout.arrange
        reader = csv.reader(self._file, delimiter=self._separator)
        while True:
            try:
                for cells in reader:
                    if len(cells) != width:
                        yield from self._unfit(before + reader.line_num, cells)
                        continue
                    arranged = arrange(cells)
                    if any(arranged):
                        self.rows_read += 1
                        yield before + reader.line_num, arranged
            except csv.Error as error:
                self.rows_read += 1
                yield before + reader.line_num, _unreadable(error, raw="")
            else:
                return

    def _unfit(self, line: int, cells: Cells) -> Iterator[tuple[int, Cells | RowProblem]]:
        if any(map(str.strip, cells)):
            self.rows_read += 1
            fitted = self._layout.fit(cells)
            yield line, fitted if isinstance(fitted, RowProblem) else self._layout.arrange(fitted)

    def _careful_rows(self) -> Iterator[tuple[int, Cells | RowProblem]]:
        while True:
            try:
                yield from self._rows()
            except csv.Error as error:
                yield self._rejected(error)
            else:
                return

    def _rows(self) -> Iterator[tuple[int, Cells | RowProblem]]:
        """Rows until one is unreadable: then csv.Error, with its lines in `_held`."""
        for cells in csv.reader(self._lines(), delimiter=self._separator, strict=True):
            line = self._line
            self._line += len(self._held)
            self._held.clear()
            if len(cells) != self._layout.width:
                yield from self._unfit(line, cells)
            elif any(arranged := self._layout.arrange(cells)):
                self.rows_read += 1
                yield line, arranged

    def _lines(self) -> Iterator[str]:
        """The lines of the file, each kept until its row is complete; csv.Error where a row cannot go on."""
        held, again, suspect, readline = self._held, self._again, self._suspect, self._file.readline
        while True:
            line: str | RowProblem = again.popleft() if again else readline(LONGEST_LINE)
            if not line:
                return
            if isinstance(line, str) and (suspect or len(line) == LONGEST_LINE):
                line = self._checked(line)
            held.append(line)
            if isinstance(line, RowProblem) or len(held) > _MOST_LINES_OF_A_ROW:
                raise csv.Error("the row has no end")
            yield line

    def _checked(self, line: str) -> str | RowProblem:
        if len(line) == LONGEST_LINE and line[-1] not in "\r\n":
            while (piece := self._file.readline(LONGEST_LINE)) and piece[-1] not in "\r\n":
                pass
            return _TOO_LONG
        return _NO_TEXT if self._suspect and ("\0" in line or "\ufffd" in line) else line

    def _rejected(self, error: csv.Error) -> tuple[int, RowProblem]:
        """Gives up the first line of the row being read; the lines after it will be read again."""
        first, *rest = self._held
        self._held.clear()
        self._again.extendleft(reversed(rest))
        line = self._line
        self._line += 1
        self.rows_read += 1
        if isinstance(first, RowProblem):
            return line, first
        return line, _unreadable(error, raw=first)

    def _read_headings(self, columns: Sequence[SheetColumn]) -> tuple[str, Layout]:
        while (line := self._file.readline(LONGEST_LINE)) and not line.strip(" \t\r\n,;\ufeff"):
            self._line += 1
        if not line:
            raise Refusal(
                code="empty_file",
                en="The file is empty: its first row must hold the headings.",
                zh="文件为空：第一行必须是列标题。",
            )
        self._line += 1
        try:
            split = {separator: next(csv.reader([line], delimiter=separator)) for separator in _SEPARATORS}
        except csv.Error as error:
            raise Refusal(
                code="bad_columns",
                en=f"The heading row cannot be read ({error}): write the headings in the first line.",
                zh="标题行无法读取：请在第一行填写列标题。",
            ) from error
        best = max(_SEPARATORS, key=lambda mark: known_headings(headings=split[mark], columns=columns))
        return best, Layout(headings=split[best], columns=columns)


def _unreadable(error: csv.Error, *, raw: str) -> RowProblem:
    return RowProblem(
        reason_en=f"The row cannot be read ({error}): look for a quote that is not closed or a cell too long.",
        reason_zh="该行无法读取：请检查是否有未闭合的引号或过长的单元格。",
        raw=raw[:_SHOWN].strip(),
    )

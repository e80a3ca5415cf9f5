"""A report as a file: CSV that a spreadsheet opens in Chinese, or a workbook."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import TextIOWrapper
from typing import IO, Literal, TypeAlias
from unicodedata import east_asian_width

from xlsxwriter import Workbook
from xlsxwriter.format import Format

from rules.cells import harmless

Cell: TypeAlias = str | int | Decimal | None
Language: TypeAlias = Literal["zh", "en"]

_NARROWEST, _WIDEST = 8, 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """One table of a report. Numbers are numbers: points an int, yuan a Decimal; None is an empty cell."""

    title: str
    headings: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]


def write_csv(*, table: Table, file: IO[bytes]) -> None:
    """UTF-8 with its mark, without which a spreadsheet takes Chinese for another encoding. The file stays open."""
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow(map(harmless, table.headings))
    writer.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in table.rows)
    text.detach()


def write_xlsx(*, tables: Sequence[Table], file: IO[bytes]) -> None:
    """A sheet for each table, row by row onto the disk, so that the size of a report is not the size of the process."""
    with Workbook(file, {"constant_memory": True}) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        points, yuan = book.add_format({"num_format": "#,##0"}), book.add_format({"num_format": "#,##0.00"})
        for table in tables:
            sheet = book.add_worksheet(table.title)
            sheet.freeze_panes(1, 0)
            for column, width in enumerate(_widths(table)):
                sheet.set_column(column, column, width)
            for column, heading in enumerate(table.headings):
                sheet.write_string(0, column, heading, bold)
            for number, row in enumerate(table.rows, 1):
                for column, cell in enumerate(row):
                    if isinstance(cell, str):
                        # Never as a formula, whatever a store's name begins with.
                        sheet.write_string(number, column, cell)
                    elif cell is not None:
                        sheet.write_number(number, column, cell, _form(cell, points=points, yuan=yuan))


def _form(cell: int | Decimal, *, points: Format, yuan: Format) -> Format:
    return yuan if isinstance(cell, Decimal) else points


def _widths(table: Table) -> list[int]:
    columns = zip(table.headings, *table.rows, strict=True)
    return [min(_WIDEST, max(_NARROWEST, *(_width(cell) + 2 for cell in column))) for column in columns]


def _width(cell: Cell) -> int:
    """How many Latin letters wide it is shown: Chinese takes two."""
    shown = "" if cell is None else cell if isinstance(cell, str) else f"{cell:,}"
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in shown)

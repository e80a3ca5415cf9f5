"""The words that readers of import files share: columns, problems, and where each column stands."""

import unicodedata
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from operator import itemgetter
from typing import Self

from rules.refusals import Refusal

Cells = list[str]

_SHOWN = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetColumn:
    """A column that a file may have: our name for it and the headings people write, in English and Chinese."""

    name: str
    titles: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class RowProblem:
    """A row that cannot be read: why, what to do, and as much of it as is fit to be shown."""

    reason_en: str
    reason_zh: str
    raw: str = ""
    column: str = ""
    cells: tuple[str, ...] = ()  # as many as could be read, in the order of the columns


class Sheet(ABC):
    """An open import file: iterating gives (line in the file, cells in the order of the columns, or a problem).

    `rows_read` counts what was given so far; `bytes_read` of `bytes_total` serves a progress bar. A context manager.
    """

    def __init__(self, *, bytes_total: int) -> None:
        self.rows_read = 0
        self.bytes_total = bytes_total

    @property
    @abstractmethod
    def bytes_read(self) -> int: ...

    @abstractmethod
    def __iter__(self) -> Iterator[tuple[int, Cells | RowProblem]]: ...

    @abstractmethod
    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Layout:
    """Where the known columns stand in one file, from its heading row; raises Refusal `bad_columns`."""

    def __init__(self, *, headings: Sequence[str], columns: Sequence[SheetColumn]) -> None:
        while headings and not headings[-1].strip():
            headings = headings[:-1]  # spreadsheets save columns that were once used
        names = [_name_of(heading, columns=columns) for heading in headings]
        _refuse_missing_and_doubled(names, columns=columns)
        self.width = len(names)
        places = [names.index(column.name) if column.name in names else self.width for column in columns]
        self._same_order = places == list(range(self.width))
        self._pick: Callable[[Cells], Sequence[str]] = (
            itemgetter(*places) if len(places) > 1 else lambda cells: (cells[places[0]],)
        )

    def arrange(self, cells: Cells) -> Cells:
        """The cells of a row of the right width, stripped, in the order of the columns; absent columns are empty.

        Positional and without checks: it runs for each row of a file of millions. It uses up the list it is given.
        """
        if self._same_order:
            return [*map(str.strip, cells)]
        cells.append("")
        return [*map(str.strip, self._pick(cells))]

    def fit(self, cells: Cells) -> Cells | RowProblem:
        """The row cut to the right width where only empty cells stand over; else what is wrong with it."""
        if len(cells) > self.width and not any(cell.strip() for cell in cells[self.width :]):
            return cells[: self.width]
        few = len(cells) < self.width
        return RowProblem(
            reason_en=f"The row has {len(cells)} cells, the heading row {self.width}: "
            + ("it may be cut off; complete it." if few else "quote cells that hold the separator."),
            reason_zh=f"该行有 {len(cells)} 个单元格，标题行有 {self.width} 个："
            + ("可能被截断，请补全。" if few else "含分隔符的单元格请加引号。"),
            raw=",".join(cells)[:_SHOWN],
            cells=tuple(self.arrange((cells + [""] * self.width)[: self.width])),
        )


def known_headings(*, headings: Sequence[str], columns: Sequence[SheetColumn]) -> int:
    """How many of these headings are known: the measure by which a separator is chosen."""
    known = {_folded(title) for column in columns for title in (column.name, *column.titles)}
    return sum(_folded(heading) in known for heading in headings)


def _folded(heading: str) -> str:
    plain = unicodedata.normalize("NFKC", heading).casefold().strip(" \t\r\n\ufeff*:")
    return "_".join(plain.replace("-", " ").replace("_", " ").split())


def _name_of(heading: str, *, columns: Sequence[SheetColumn]) -> str:
    folded = {_folded(title): column.name for column in columns for title in (column.name, *column.titles)}
    name = folded.get(_folded(heading))
    if name is not None:
        return name
    near = get_close_matches(_folded(heading)[:_SHOWN], list(folded), n=1)
    accepted = _accepted(columns)
    shown = heading.strip()[:60]
    raise Refusal(
        code="bad_columns",
        en=f"Unknown heading “{shown}”: " + (f"did you mean {near[0]}? " if near else "") + f"Accepted: {accepted}.",
        zh=f"未知的列标题“{shown}”：" + (f"是否想写 {near[0]}？" if near else "") + f"可用的有：{accepted}。",
    )


def _refuse_missing_and_doubled(names: Sequence[str], *, columns: Sequence[SheetColumn]) -> None:
    missing = [column for column in columns if column.required and column.name not in names]
    if missing:
        raise Refusal(
            code="bad_columns",
            en=f"Columns are missing: add {_accepted(missing)} to the heading row.",
            zh=f"缺少列：请在标题行中加上 {_accepted(missing)}。",
        )
    doubled = [name for name, count in Counter(names).items() if count > 1]
    if doubled:
        raise Refusal(
            code="bad_columns",
            en=f"The column {doubled[0]} stands there more than once: keep one of them.",
            zh=f"列 {doubled[0]} 重复出现：请只保留一个。",
        )


def _accepted(columns: Sequence[SheetColumn]) -> str:
    return ", ".join("/".join(dict.fromkeys((column.name, *column.titles))) for column in columns)

"""What a table looks like in the back office: one `Screen` a table, declared in the topic's own file of this room."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from piccolo.table import Table

Language = Literal["zh", "en"]


class Words(NamedTuple):
    """The same thing in both languages of the screen."""

    zh: str
    en: str

    def of(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


class Page(NamedTuple):
    """A page of ours that tells more of a row: `{0}` in its address is the row's id; who may call `deed` may open it."""

    words: Words
    address: str
    deed: str


@dataclass(frozen=True, kw_only=True)
class Screen:
    """One table on the screen.

    `group` is the heading in the menu. `columns` names every column of the table, in the order of the form; `shown` are
    those of the list and `filters` those that can be filtered by. `choices` gives the stored values of a column their
    words; `hints` explain a column. `order` is a column with an optional leading `-`. `link` is the column that opens a
    row. `readable` is an SQL expression over the alias `t` that names a row wherever another table points at it; it
    never shows a full phone. A `read_only` table has no buttons: its rows are written by deeds. `page` is linked from rows.
    """

    table: type[Table]
    name: Words
    group: Words
    columns: Mapping[str, Words]
    shown: tuple[str, ...]
    filters: tuple[str, ...] = ()
    choices: Mapping[str, Mapping[str, Words]] = field(default_factory=dict)
    hints: Mapping[str, Words] = field(default_factory=dict)
    order: str = "-id"
    link: str = "id"
    readable: str = "t.id::text"
    help: Words | None = None
    read_only: bool = False
    page: Page | None = None

    @property
    def tablename(self) -> str:
        return str(self.table._meta.tablename)  # noqa: SLF001  Piccolo keeps it there

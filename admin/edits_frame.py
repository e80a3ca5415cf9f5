"""What every edit of the back office goes through: the row as it would be, judged before it is written.

A topic says what its table's rows must keep as `Rules`; `admin/edits.py` puts them where the stock panel asks.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, TypeAlias

from piccolo.columns import Array, BigInt, Column, ForeignKey, Integer, Text, Timestamp, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from admin.screens import Screen, Words
from config.settings import settings
from queries.staff import Identity
from rules.calendar import business_date
from rules.refusals import Refusal

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LINES = re.compile(r"[\t\n]")
_BIGGEST, _BIGGEST_SMALL = 2**63 - 1, 2**31 - 1
# Far from where another zone or a day more leaves the calendar.
_FIRST_YEAR, _LAST_YEAR = 1000, 9000


@dataclass(kw_only=True)
class Edit:
    """One row about to be written. `old` is empty for a new one; `new` is the whole row as it would be, and a check may
    change it.
    """

    screen: Screen
    key: int | None
    old: Mapping[str, Any]
    new: dict[str, Any]
    staff: Identity

    def changes(self, *names: str) -> bool:
        """Whether one of these columns would get another value than it had; in a new row each does."""
        return not self.old or any(self.new[name] != self.old.get(name) for name in names)

    def label(self, name: str) -> Words:
        return self.screen.columns.get(name, Words(name, name))


Check: TypeAlias = Callable[[Edit], Awaitable[None]]
_CHANGE_FIRST = Words("请先在那里改用其他内容。", "Change them first.")


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a table's edits must keep. `needed`: texts that may not be empty; `instants`: moments that people write, all
    others are ours; `dated`: days that a new row may leave empty for today; `fixed`: columns that nobody edits here, with the
    reason; `kept`: columns that workers and deeds write, which stay as they are whatever a form sends; `check` judges a whole
    row; `no_new`, `no_change` and `no_removal` say why something is not done here at all; `removable` judges a removal
    before its uses are counted; `instead` is what to do when a row is in use.
    """

    needed: tuple[str, ...] = ()
    instants: tuple[str, ...] = ()
    dated: tuple[str, ...] = ()
    fixed: Mapping[str, Words] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    check: Check | None = None
    no_new: Words | None = None
    no_change: Words | None = None
    no_removal: Words | None = None
    removable: Callable[[int], Awaitable[None]] | None = None
    instead: Words = _CHANGE_FIRST


def no(*, zh: str, en: str, code: str = "bad_value") -> Refusal:
    """A refusal of an edit."""
    return Refusal(code=code, en=en, zh=zh)


def columns_of(table: type[Table]) -> list[Column]:
    """Every column but the serial key."""
    meta = table._meta  # noqa: SLF001  Piccolo keeps it there
    return [column for column in meta.columns if column is not meta.primary_key]


def name_of(column: Column) -> str:
    return str(column._meta.name)  # noqa: SLF001  Piccolo keeps it there


def tidy(edit: Edit, *, rules: Rules) -> None:
    """Brings what was typed into the form in which it is stored, and refuses what no row may hold."""
    for column in columns_of(edit.screen.table):
        name = name_of(column)
        if name in rules.kept:
            edit.new[name] = edit.old[name] if edit.old else _default(column)
            continue
        if isinstance(column, Timestamptz | Timestamp) and name not in rules.instants:
            edit.new[name] = edit.old[name] if edit.old else _stamp(column)
            continue
        if not edit.changes(name):
            continue
        value = _stored(edit, column, edit.new.get(name))
        if value is None and not edit.old:
            value = _today() if name in rules.dated else _default(column)
        edit.new[name] = value
        if edit.changes(name):
            _judge(edit, column)


def _stored(edit: Edit, column: Column, value: Any) -> Any:  # noqa: ANN401  whatever the column holds
    if isinstance(value, str):
        return _text(edit, column, value)
    if isinstance(column, Timestamptz) and isinstance(value, datetime) and value.tzinfo is None:
        # A time without a zone is the shops'.
        return value.replace(tzinfo=settings().zone)
    # And a time of the day is one everywhere.
    return value.replace(tzinfo=None) if isinstance(value, time) else value


def _stamp(column: Column) -> datetime | None:
    """Instants are ours: when something was written is not for the form to say."""
    return datetime.now(UTC) if isinstance(getattr(column, "default", None), TimestamptzNow) else None


def _today() -> date:
    return business_date(at=datetime.now(UTC), zone=settings().zone)


def _default(column: Column) -> Any:  # noqa: ANN401  whatever the column holds
    return None if column._meta.null else column.get_default_value()  # noqa: SLF001  Piccolo keeps it there


def _text(edit: Edit, column: Column, value: str) -> str | None:
    label = edit.label(name_of(column))
    one_line = isinstance(column, Varchar)
    if _CONTROL.search(value.replace("\r\n", "\n")) or (one_line and _LINES.search(value.strip())):
        raise no(
            zh=f"“{label.zh}”含有不可见的控制字符：请删除。", en=f"{label.en} holds control characters: remove them."
        )
    text = value.replace("\r\n", "\n").strip() if isinstance(column, Varchar | Text) else value
    return None if column._meta.null and not text else text  # noqa: SLF001  Piccolo keeps it there


def _judge(edit: Edit, column: Column) -> None:
    name = name_of(column)
    value, label = edit.new[name], edit.label(name)
    if value is None:
        if not column._meta.null:  # noqa: SLF001  Piccolo keeps it there
            raise missing(label)
        return
    if isinstance(column, Integer):
        biggest = _BIGGEST if isinstance(column, BigInt | ForeignKey) else _BIGGEST_SMALL
        if not -biggest <= value <= biggest:
            raise no(zh=f"“{label.zh}”数字太大。", en=f"{label.en}: the number is too big.")
    if isinstance(value, date) and not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        raise no(zh=f"“{label.zh}”年份不正确：请检查。", en=f"{label.en}: look at the year.")
    if name in edit.screen.choices:
        wanted = edit.screen.choices[name]
        values = value if isinstance(column, Array) else [value]
        if any(str(item) not in wanted for item in values):
            zh, en = "、".join(words.zh for words in wanted.values()), ", ".join(words.en for words in wanted.values())
            raise no(zh=f"“{label.zh}”请选择：{zh}。", en=f"{label.en}: choose one of {en}.")


def missing(label: Words) -> Refusal:
    return no(zh=f"“{label.zh}”不能为空。", en=f"{label.en} is missing: fill it in.", code="missing")


def hold_fixed(edit: Edit, *, rules: Rules) -> None:
    """Refuses a change of what is not edited here, and texts that may not be empty."""
    for name in rules.needed:
        # What an import left empty does not keep people from changing something else.
        if not edit.new[name] and edit.changes(name):
            raise missing(edit.label(name))
    for name, reason in rules.fixed.items():
        if edit.old and edit.changes(name):
            label = edit.label(name)
            raise no(
                zh=f"“{label.zh}”不能在这里修改：{reason.zh}",
                en=f"{label.en} is not edited here: {reason.en}",
                code="fixed",
            )

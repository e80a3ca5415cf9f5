"""Lines of the audit log as sentences, in the words that the back office has for tables, columns and choices."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias
from zoneinfo import ZoneInfo

from piccolo.columns import Column, ForeignKey, Timestamptz
from piccolo.table import Table

from queries.audit import Line
from web.pages.audit_words import WORDS

Language = Literal["zh", "en"]
LONGEST = 80
SECRETS = {"password", "credentials"}
CHANGES = {"insert", "update", "delete"}
# Rows that tie two others together have no name of their own.
NAMED_BY = {"member_tag": ("tag",), "staff_store": ("staff", "store")}
KNOWN = {*CHANGES, "login", "login_failed", "logout", "lookup", "reveal", "export", "export_large", "erase", "merge"}
_NUMBER_BEFORE_WORD = re.compile(r"(#\d+)(?=[\u4e00-\u9fff])")


class Said(Protocol):
    """The same thing in both languages."""

    def of(self, language: Language) -> str: ...


class Screen(Protocol):
    """What the back office calls a table, its columns and the stored values."""

    @property
    def table(self) -> type[Table]: ...
    @property
    def name(self) -> Said: ...
    @property
    def columns(self) -> Mapping[str, Said]: ...
    @property
    def choices(self) -> Mapping[str, Mapping[str, Said]]: ...
    @property
    def readable(self) -> str: ...


Screens: TypeAlias = Mapping[str, Screen]
Names: TypeAlias = Mapping[tuple[str, int], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A line on the page; `changes`: column, before and after of each."""

    when: str
    sentence: str
    notes: tuple[str, ...]
    changes: tuple[tuple[str, str, str], ...]
    alarm: bool


def readable(*, screens: Screens) -> dict[str, tuple[str, str]]:
    """The key's column and the SQL of a name, by table."""
    return {
        name: (screen.table._meta.primary_key._meta.name, screen.readable)  # noqa: SLF001  Piccolo keeps it there
        for name, screen in screens.items()
    }


def mentioned(*, lines: Iterable[Line], screens: Screens) -> dict[str, set[int]]:
    """Rows by table that the lines speak of: their own and those that changed columns point at."""
    found: dict[str, set[int]] = {}
    for line in lines:
        if line.table in screens and line.row is not None and line.table != "member":
            found.setdefault(line.table, set()).add(line.row)
        for name, column in _columns(screens, line.table).items():
            if isinstance(column, ForeignKey) and line.action in CHANGES:
                target = column._foreign_key_meta.resolved_references._meta.tablename  # noqa: SLF001
                ids = {told[name] for told in (line.before, line.after) if isinstance(told.get(name), int)}
                if ids and target in screens:
                    found.setdefault(target, set()).update(ids)
    return found


def changed(*, line: Line) -> list[str]:
    """The columns that a change changed, in the row's order; of a new or deleted row all that hold something."""
    names = dict.fromkeys((*line.after, *line.before))
    return [name for name in names if name != "id" and line.before.get(name) != line.after.get(name)]


class Teller:
    """Tells lines in one language, with the `names` of rows."""

    def __init__(self, *, screens: Screens, names: Names, language: Language, zone: ZoneInfo, now: datetime) -> None:
        self.screens, self.names, self.language, self.zone = screens, names, language, zone
        self.words = WORDS[language]
        self.year = now.astimezone(zone).year

    def line(self, line: Line) -> Told:
        """One line as the page shows it."""
        notes = (
            line.store and self.words["at_store"].format(store=line.store),
            line.address and self.words["from"].format(address=line.address),
            *(
                str(line.after[said])
                for said in ("file", "reason")
                if line.after.get(said) and line.action not in CHANGES
            ),
        )
        return Told(
            when=self._when(line.at), sentence=_NUMBER_BEFORE_WORD.sub(r"\1 ", self._sentence(line)),
            notes=tuple(note for note in notes if note),
            changes=self._changes(line) if line.action in CHANGES else (), alarm=line.action == "export_large",
        )  # fmt: skip

    def choice(self, column: str, stored: str) -> str:
        """The word for a stored value of a column of the audit log."""
        said = self.screens["audit_log"].choices[column].get(stored)
        return said.of(self.language) if said else stored

    def table(self, name: str) -> str:
        """What a table or a page of ours is called."""
        return self.screens[name].name.of(self.language) if name in self.screens else self.words.get(name, name)

    def _sentence(self, line: Line) -> str:
        told = self._parts(line)
        if line.action == "update":
            return self._update(line, told)
        if line.table == "consent" and line.action == "insert" and "granted" in line.after:
            said = self.words["said_yes" if line.after["granted"] else "said_no"]
            purpose = self._value("consent", "purpose", line.after["purpose"])
            return self.words["consent"].format(purpose=purpose, said=said, id=line.member, **told)
        if line.action == "lookup" and line.member is None:
            return self.words["lookup_none"].format(**told)
        if line.action == "export" and line.table == "member" and line.row is not None:
            return self.words["export_member"].format(**told)
        unknown = "other_alone" if line.row is None else "other"
        known = line.action in KNOWN
        return self.words[line.action if known else unknown].format(**told)

    def _parts(self, line: Line) -> dict[str, str]:
        role = self.choice("role", line.role)
        of = line.member is not None and line.table != "member" and line.action in CHANGES
        return {
            "who": f"{role} {line.username} " if line.username and self.language == "zh" else " ".join(filter(None, (role, line.username))),
            "row": self._row(line),
            "what": self.table(line.table),
            "of": self.words["of_member"].format(id=line.member) if of else "",
            "action": self.choice("action", line.action),
            "gone": _number(line.after.get("gone")).replace(",", ""),
            "rows": _number(line.after.get("rows")),
            "within_hour": _number(line.after.get("within_hour")),
        }  # fmt: skip

    def _update(self, line: Line, told: Mapping[str, str]) -> str:
        changes = self._changes(line)
        if not changes:
            return self.words["update_unseen"].format(**told)
        if len(changes) > 1:
            columns = self.words["comma"].join(column for column, _, _ in changes)
            return self.words["update"].format(columns=columns, **told)
        [(column, before, after)] = changes
        word = "update_secret" if before == after == self.words["not_shown"] else "update_one"
        return self.words[word].format(column=column, before=before, after=after, **told)

    def _row(self, line: Line) -> str:
        if line.table == "member":
            return self.words["member_no"].format(id=line.row)
        kept = line.before or line.after
        name = self.names.get((line.table, line.row or 0)) or next(
            (str(kept[column]) for column in ("name", "username", "word", "keyword") if kept.get(column)), None
        )
        if name is None or name.startswith("#"):
            # A row that is gone is known by what it pointed at.
            parts = [
                self._value(line.table, column, kept.get(column))
                for column in NAMED_BY.get(line.table, ())
                if kept.get(column)
            ]
            name = " · ".join(part for part in parts if not part.startswith("#")) or None
        if name is None:
            return self.words["row"].format(table=self.table(line.table), id=line.row)
        return self.words["named"].format(table=self.table(line.table), name=name)

    def _changes(self, line: Line) -> tuple[tuple[str, str, str], ...]:
        screen = self.screens.get(line.table)
        if screen is None:
            return ()
        # What the database keeps for itself has no word and is nobody's change.
        shown = [name for name in changed(line=line) if name in screen.columns]
        return tuple(
            (
                screen.columns[name].of(self.language),
                self._value(line.table, name, line.before.get(name)),
                self._value(line.table, name, line.after.get(name)),
            )
            for name in shown
        )

    def _value(self, table: str, name: str, stored: Any) -> str:  # noqa: ANN401  any JSON
        column, screen = _columns(self.screens, table).get(name), self.screens[table]
        if name in SECRETS or isinstance(stored, bool | None) or stored == "":
            # Of a secret the log knows that it changed, and nothing else.
            word = "not_shown" if name in SECRETS else {True: "yes", False: "no"}.get(stored, "nothing")
            return self.words[word]
        if isinstance(column, ForeignKey) and isinstance(stored, int):
            target = column._foreign_key_meta.resolved_references._meta.tablename  # noqa: SLF001
            return f"#{stored}" if target == "member" else self.names.get((target, stored), f"#{stored}")
        if isinstance(column, Timestamptz):
            return self._when(datetime.fromisoformat(str(stored)))
        said = screen.choices.get(name, {}).get(str(stored))
        if said is not None:
            return said.of(self.language)
        text = stored if isinstance(stored, str) else json.dumps(stored, ensure_ascii=False)
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"

    def _when(self, at: datetime) -> str:
        local = at.astimezone(self.zone)
        word = "when" if local.year == self.year else "when_year"
        return self.words[word].format(year=local.year, month=local.month, day=local.day, time=f"{local:%H:%M}")


def _columns(screens: Screens, table: str) -> dict[str, Column]:
    if table not in screens:
        return {}
    return {column._meta.name: column for column in screens[table].table._meta.columns}  # noqa: SLF001


def _number(told: Any) -> str:  # noqa: ANN401  any JSON
    return f"{told:,}" if isinstance(told, int) else "–"

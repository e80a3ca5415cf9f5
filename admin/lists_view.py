"""One table as one role may read it, and the conditions that narrow it down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from zoneinfo import ZoneInfo

from piccolo.columns import Column
from piccolo.table import Table

from admin.screens import Language, Screen, Words
from tables.access import ALL, BY_HOME, BY_MEMBER, BY_STORE, MASKED_ROLES, MATRIX, Role

PHONE = "phone"
_OWN_COLUMN = {BY_STORE: "store", BY_HOME: "home_store"}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Rows. Up to `exact` a set is counted and sorted as it is; in a larger one the first `deep` rows are paged by
    OFFSET and the rest by windows of keys, none of which shows more than `window` rows.
    """

    exact: int = 10_000
    deep: int = 5_000
    window: int = 5_000


LIMITS = Limits()


def may_read(*, tablename: str, role: Role) -> bool:
    """Whether the role has any SELECT on the table."""
    access = MATRIX.get(tablename)
    return access is not None and "r" in getattr(access, role)


@dataclass(frozen=True, kw_only=True)
class View:
    """`stores` are those of the open scope; `held` are the rows of the whole table as its last analysis found them, -1
    before the first.
    """

    screen: Screen
    screens: Mapping[str, Screen]
    role: Role
    stores: tuple[int, ...]
    held: float
    language: Language
    zone: ZoneInfo
    limits: Limits

    @property
    def table(self) -> type[Table]:
        return self.screen.table

    @property
    def sql_name(self) -> str:
        return f'"{self.screen.tablename}"'

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Every column by its name, in the table's order."""
        return {column._meta.name: column for column in self.table._meta.columns}  # noqa: SLF001

    @property
    def key(self) -> Column:
        return self.table._meta.primary_key  # noqa: SLF001

    @property
    def key_name(self) -> str:
        return self.key._meta.name  # noqa: SLF001

    @cached_property
    def hidden(self) -> frozenset[str]:
        """Columns that this role cannot read."""
        access = MATRIX[self.screen.tablename]
        return frozenset(access.hidden if self.role in MASKED_ROLES else ())

    @property
    def is_narrow(self) -> bool:
        """Whether row-level security leaves out rows for this role."""
        access = MATRIX[self.screen.tablename]
        return self.role in access.narrow and access.own != ALL

    @property
    def own_column(self) -> str | None:
        """The column that makes a row one of the caller's stores', where one does and the caller is bound by it."""
        return _OWN_COLUMN.get(MATRIX[self.screen.tablename].own) if self.is_narrow else None

    @property
    def hangs_on_member(self) -> bool:
        """Whether the rows that the caller is bound to are those of its members."""
        return self.is_narrow and MATRIX[self.screen.tablename].own == BY_MEMBER

    def holds_phones(self, *, name: str) -> bool:
        """Whether the column holds members' numbers, which are found by other rules than text."""
        return name == PHONE and PHONE in MATRIX[self.screen.tablename].hidden

    def label(self, *, name: str) -> Words:
        return self.screen.columns.get(name, Words(name, name))


def place(column: Column) -> str:
    """The column as SQL over the alias `t`."""
    return f't."{column._meta.db_column_name}"'  # noqa: SLF001


@dataclass
class Where:
    """Conditions over the alias `t`, all of which hold, and the values bound in them.

    `rechecks` only make `parts` exact and are left out of estimates. `along_time`: a condition on a date, whose rows lie
    together in the order of keys. `by_search`: few rows, named one by one by an index or a search function, which may stop
    after the `newest`.
    """

    parts: list[str] = field(default_factory=list)
    rechecks: list[str] = field(default_factory=list)
    values: list[object] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    along_time: bool = False
    by_search: bool = False
    own: str = ""
    newest: int | None = None

    def bind(self, value: object, kind: str) -> str:
        """The placeholder of a value of that SQL type."""
        self.values.append(value)
        self.places.append(f"${len(self.values)}::{kind}")
        return self.places[-1]

    def sql(self, *more: str) -> str:
        return " AND ".join([*self.parts, *self.rechecks, *more]) or "true"

    def without_rechecks(self) -> str:
        """For the planner; every value still has its place, and what is said of it is folded away."""
        return " AND ".join([*self.parts, *(f"{place} IS NOT NULL" for place in self.places)]) or "true"

    @property
    def filtered(self) -> bool:
        """Whether anything was asked beyond what the role may see at all."""
        return self._asked > 0 or bool(self.rechecks)

    @property
    def is_simple(self) -> bool:
        """Whether statistics know what is asked: one condition at most, on the row itself."""
        return self._asked <= 1 and not self.rechecks and not self.by_search

    @property
    def _asked(self) -> int:
        return len(self.parts) - (1 if self.own else 0)


def everything(*, view: View) -> Where:
    """All rows of the caller. That they are the caller's stores' is said once more where it lets an index lead."""
    where = Where()
    if view.own_column is not None and len(view.stores) == 1:
        where.own = where.bind(view.stores[0], "bigint")
        where.parts.append(f't."{view.own_column}" = {where.own}')
    elif view.own_column is not None:
        where.own = where.bind(list(view.stores), "bigint[]")
        where.parts.append(f't."{view.own_column}" = ANY ({where.own})')
    return where

"""A condition over members as it grows: its parameters, and the tables that it joins to `member m`."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from queries.segments_names import Names

_JOINS = {
    "s": "JOIN member_stats s ON s.member = m.id",
    "a": "JOIN points_account a ON a.member = m.id",
    "h": "LEFT JOIN member_habit h ON h.member = m.id",
    "o": "JOIN store o ON o.id = m.home_store",
}


@dataclass(kw_only=True, slots=True)
class Query:
    """The statement as it grows: its parameters and joins. `names`: what the rule's names stand for."""

    names: Names
    today: date
    zone: ZoneInfo
    values: list[object] = field(default_factory=list)
    joins: dict[str, str] = field(default_factory=dict)

    def value(self, *, value: object, kind: str) -> str:
        """A parameter of a type of PostgreSQL, as it stands in the statement; the same one again for the same value."""
        for number, known in enumerate(self.values, 1):
            if type(known) is type(value) and known == value:
                return f"${number}::{kind}"
        self.values.append(value)
        return f"${len(self.values)}::{kind}"

    def join(self, *, table: str) -> None:
        """Joins one of the tables that have one row for a member."""
        self.joins[table] = _JOINS[table]

    def listed(self, *, sql: str) -> str:
        """Those whom `sql` selects (`member`, each once). A join, because a join of any size needs little memory, and both
        it and its contrary are known to the planner.
        """
        return f"{self.joined(sql=sql)}.member IS NOT NULL"

    def joined(self, *, sql: str) -> str:
        """As `listed`, for what else `sql` tells of each: returns the name under which it is joined."""
        alias = f"d{len(self.joins)}"
        self.joins[alias] = f"LEFT JOIN ({sql}) {alias} ON {alias}.member = m.id"
        return alias

    def since(self, *, days: int) -> str:
        """The day after which the last `days` begin, today being one of them."""
        return self.value(value=self.today - timedelta(days=days), kind="date")

    def begun(self, *, days: int) -> str:
        """The instant at which the first of the last `days` began."""
        day = self.today - timedelta(days=days - 1)
        return self.value(value=datetime.combine(day, time(), self.zone), kind="timestamptz")

    @property
    def tables(self) -> str:
        """What stands after FROM."""
        return " ".join(("member m", *self.joins.values()))

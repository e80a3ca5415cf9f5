"""A rule about members as rows of a form, for those who do not type: rows to tree, and tree to rows where that can be done.

Rows are joined as they read: "and" binds more tightly than "or". What only brackets can say is no form.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rules.people_kinds import KINDS
from rules.people_slots import LISTS, OPERATORS, Slot
from rules.refusals import Refusal
from rules.segments_tree import Both, Compare, Either, Not, Rule

MOST_ROWS = 12
JOINS = ("and", "and_not", "or", "or_not")


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A condition: how it joins the row above (of the first only whether it is denied counts), which kind, and what its slots
    hold as texts.
    """

    join: str = "and"
    kind: str
    values: tuple[str, ...]


def fresh_row(*, kind: str, join: str = "and") -> Row:
    """A row of a kind (a key of KINDS) as it begins."""
    return Row(join=join, kind=kind, values=tuple(slot.default for slot in KINDS[kind].slots))


def slots_of(*, row: Row) -> list[tuple[int, Slot]]:
    """The slots that the row shows now, each with its number: a second value only between two, text where many names may stand."""
    kind = KINDS[row.kind]
    many = bool(kind.compares) and row.values[0] in LISTS
    between = bool(kind.compares) and row.values[0] == "between"
    return [
        (number, Slot(kind="text") if many and slot.kind == "choice" else slot)
        for number, slot in enumerate(kind.slots)
        if between or not slot.only_between
    ]


def rule_of(*, rows: Sequence[Row]) -> Rule | None:
    """The rule that the rows say, None without rows. Raises Refusal bad_row, which names the row."""
    groups: list[list[Rule]] = []
    for number, row in enumerate(rows, 1):
        try:
            condition: Rule = KINDS[row.kind].make(row.values)
        except ValueError as error:
            raise _bad(number, row) from error
        part = Not(part=condition) if row.join.endswith("_not") else condition
        if groups and row.join.startswith("and"):
            groups[-1].append(part)
        else:
            groups.append([part])
    ands = [group[0] if len(group) == 1 else Both(parts=tuple(group)) for group in groups]
    if not ands:
        return None
    return ands[0] if len(ands) == 1 else Either(parts=tuple(ands))


def rows_of(*, rule: Rule | None) -> list[Row] | None:
    """The rows that say the rule; none for no rule, None when a form cannot say it."""
    rows: list[Row] = []
    groups = () if rule is None else rule.parts if isinstance(rule, Either) else (rule,)
    for group in groups:
        for number, part in enumerate(group.parts if isinstance(group, Both) else (group,)):
            row = _row(part, join="and" if number else "or")
            if row is None:
                return None
            rows.append(row)
    if len(rows) > MOST_ROWS:
        return None
    return [*(_first(row) for row in rows[:1]), *rows[1:]]


def _first(row: Row) -> Row:
    return Row(join=row.join.replace("or", "and"), kind=row.kind, values=row.values)


def _row(part: Rule, *, join: str) -> Row | None:
    denied = isinstance(part, Not)
    condition = part.part if isinstance(part, Not) else part
    if isinstance(condition, Both | Either | Not):
        return None
    for key, kind in KINDS.items():
        if isinstance(condition, Compare) and key != condition.field:
            continue
        values = kind.read(condition)
        if values is not None:
            return Row(join=f"{join}_not" if denied else join, kind=key, values=values)
    return None


def _bad(number: int, row: Row) -> Refusal:
    kind = KINDS[row.kind]
    return Refusal(
        "bad_row",
        f"Row {number} ({kind.en}): fill it in, numbers as 1000, days as 2026-01-31.",
        f"第 {number} 行（{kind.zh}）：请填写完整，数字如 1000，日期如 2026-01-31。",
    )


def operators_of(*, kind: str) -> tuple[str, ...]:
    """The operators that a kind of comparison offers."""
    return OPERATORS[KINDS[kind].compares]

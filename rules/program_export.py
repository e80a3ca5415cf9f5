"""The program written back as it would be read, and the difference between two programs."""

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any

from rules.points import PointsPolicy
from rules.program import Program, PromotionRule, RewardRule, TierRule

# The lists of a program, by what makes two rows of them the same.
LISTS = {"tiers": "rank", "promotions": "name", "rewards": "name"}


def program_to_toml_dict(*, program: Program) -> dict[str, Any]:
    """The program as a dict for a TOML writer; `parse_program` reads it back to an equal Program.

    Decimals are ints where they are whole, else text: TOML's floats would not keep them.
    """
    return {"points": _written(program.points)} | {
        kind: [_written(rule) for rule in getattr(program, kind)] for kind in LISTS
    }


def program_difference(*, old: Program | None, new: Program) -> list[str]:
    """What applying `new` over `old` changes, one line each: `+` added, `-` removed, `~` changed; none = the same.

    Tiers are the same when their rank is, promotions and rewards when their name is.
    """
    before: Mapping[str, Any] = {} if old is None else program_to_toml_dict(program=old)
    after = program_to_toml_dict(program=new)
    lines = _changed("points", before.get("points", {}), after["points"])
    for kind, key in LISTS.items():
        lines += _rows(kind, key, old=before.get(kind, []), new=after[kind])
    return lines


def _written(rule: PointsPolicy | TierRule | PromotionRule | RewardRule) -> dict[str, Any]:
    """What stands in the file; an empty value is left out where that means the same."""
    pairs = ((field, getattr(rule, field.name)) for field in fields(rule))
    row = {
        field.name: _value(value)
        for field, value in pairs
        if value is not None and not (value in ("", ()) and value == field.default)
    }
    if isinstance(rule, RewardRule) and rule.stores:
        row["stores"] = [
            {"code": code} if stock is None else {"code": code, "stock": stock} for code, stock in rule.stores
        ]
    return row


def _value(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else format(value.normalize(), "f")
    return [_value(part) for part in value] if isinstance(value, tuple) else value


def _rows(kind: str, key: str, *, old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[str]:
    before, after = ({row[key]: row for row in side} for side in (old, new))
    lines = [f"- {kind} {_title(row)}" for name, row in before.items() if name not in after]
    for name, row in after.items():
        if name in before:
            lines += _changed(f"{kind} {_title(row)}", before[name], row)
        else:
            lines.append(f"+ {kind} {_title(row)}: {_details(row)}")
    return lines


def _changed(place: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    lines = [f"- {place} {key}: {_said(old[key])}" for key in old if key not in new]
    for key, value in new.items():
        if key not in old:
            lines.append(f"+ {place} {key}: {_said(value)}")
        elif old[key] != value:
            lines.append(f"~ {place} {key}: {_said(old[key])} → {_said(value)}")
    return lines


def _title(row: Mapping[str, Any]) -> str:
    return f"{row['rank']} {row['name']}" if "rank" in row else str(row["name"])


def _details(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {_said(value)}" for key, value in row.items() if key not in {"rank", "name"})


def _said(value: object) -> str:
    """A value as a person reads it: stores with their stock, names without quotes."""
    if not isinstance(value, list):
        return str(value)
    parts = [_place(part) if isinstance(part, dict) else str(part) for part in value]
    return f"[{', '.join(parts)}]"


def _place(row: Mapping[str, object]) -> str:
    return f"{row['code']} ({row['stock']})" if "stock" in row else str(row["code"])

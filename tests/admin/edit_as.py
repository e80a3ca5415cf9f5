"""Edits as the stock panel makes them, without the panel: its hooks, inside a scope like the door's."""

from collections.abc import Awaitable, Mapping
from typing import Any

import pytest
from piccolo_admin.endpoints import TableConfig
from piccolo_api.crud.hooks import HookType
from starlette.requests import Request

from admin.edits import table_config
from admin.refused import Refused
from admin.registry import SCREENS
from queries.staff import Identity
from rules.refusals import Refusal
from tables.access import Role
from tables.scope import scope
from tests import make


async def small_chain() -> None:
    """Program, store 1, category 1, reward 1, staff 1 (the administrator who edits)."""
    await make.make_program()
    await make.make_store("S1")
    await make.execute("INSERT INTO category (name) VALUES ('水果')")
    await make.execute(
        "INSERT INTO reward (name, kind, points, description, is_active) VALUES ('果篮', 'gift', 50, '', true)"
    )
    await staff("boss", "hq_admin")


async def staff(username: str, role: str) -> int:
    found: int = await make.value(
        "INSERT INTO staff (username, password, role, active, admin, superuser, password_is_temporary)"
        " VALUES ($1, 'pbkdf2_sha256$1$a$b', $2::text, true, true, $2::text = 'hq_admin', false) RETURNING id",
        username, role,
    )  # fmt: skip
    return found


def config(table: str) -> TableConfig:
    return table_config(screen=SCREENS[table], language="zh")


def request(who: int = 1, role: Role = "hq_admin", method: str = "POST") -> Request:
    identity = Identity(staff=who, username="boss", role=role, stores=(), password_is_temporary=False)
    return Request({"type": "http", "method": method, "headers": [], "staff": identity})


def hook(table: str, kind: HookType) -> Any:
    [found] = [hook.callable for hook in config(table).hooks or [] if hook.hook_type is kind]
    return found


async def add(table: str, **values: Any) -> int:
    """As the panel's POST does it."""
    cls = SCREENS[table].table
    async with scope(role="hq_admin", staff=1):
        row = await hook(table, HookType.pre_save)(row=cls(_ignore_missing=True, **values), request=request())
        saved = await row.save()
    return int(saved[0]["id"])


async def change(table: str, key: int, who: int = 1, **values: Any) -> dict[str, Any]:
    """As the panel's PATCH does it; returns what was written."""
    cls = SCREENS[table].table
    async with scope(role="hq_admin", staff=who):
        asked = {cls._meta.get_column_by_name(name): value for name, value in values.items()}
        kept = await hook(table, HookType.pre_patch)(row_id=key, values=asked, request=request(who))
        await cls.update(kept).where(cls._meta.primary_key == key)
    return {column._meta.name: value for column, value in kept.items()}


async def remove(table: str, key: int) -> None:
    cls = SCREENS[table].table
    async with scope(role="hq_admin", staff=1):
        await hook(table, HookType.pre_delete)(row_id=key)
        await cls.delete().where(cls._meta.primary_key == key)


def many(*changes: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """Changes of different columns, one after the other."""
    return changes


async def refused(deed: Awaitable[Any]) -> Refusal:
    with pytest.raises(Refused) as no:
        await deed
    assert no.value.status_code == 422
    told = no.value.detail[0]
    assert isinstance(told, Mapping)
    assert (told["zh"], told["en"]) == (no.value.refusal.zh, no.value.refusal.en)
    return no.value.refusal

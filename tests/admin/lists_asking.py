"""Asks the list layer as a person of some role would, over plain screens of all tables."""

import json
from typing import Any

from admin.lists import answer
from admin.lists_view import LIMITS, Limits
from admin.screens import Screen, Words
from tables.access import Role
from tables.piccolo_app import APP_CONFIG
from tables.scope import scope
from tests import make

READABLE = {"member": "t.name || ' ' || t.phone_masked", "store": "t.name", "purchase": "t.receipt_no"}
CHOICES = {"points_entry": {"kind": {"earn": Words("消费", "Earned")}}}


def _screen(table: Any) -> Screen:
    name, key = table._meta.tablename, table._meta.primary_key._meta.name
    return Screen(
        table=table, name=Words(name, name), group=Words("组", "Group"), columns={}, shown=(),
        choices=CHOICES.get(name, {}), readable=READABLE.get(name, f"t.{key}::text"),
    )  # fmt: skip


SCREENS = {table._meta.tablename: _screen(table) for table in APP_CONFIG.table_classes}


async def ask(
    table: str, what: str = "rows", *, role: Role = "hq_admin", stores: tuple[int, ...] = (), limits: Limits = LIMITS,
    **params: object,
) -> Any:  # fmt: skip
    """The answer as the browser reads it; a list as a parameter is given once for each of its values."""
    pairs = [
        (key, str(one)) for key, value in params.items() for one in (value if isinstance(value, list) else [value])
    ]
    async with scope(role=role, stores=stores):
        body = await answer(
            screen=SCREENS[table], screens=SCREENS, what=what, params=pairs, role=role, language="zh", zone=make.ZONE,
            limits=limits,
        )  # fmt: skip
    return json.loads(body)


async def keys(table: str, *, key: str = "id", **more: Any) -> list[int]:
    return [row[key] for row in (await ask(table, **more))["rows"]]


async def members(*ids: int, store: int = 1) -> None:
    """Members with these ids; the last digits of the phone are the id."""
    await make.execute(
        "INSERT INTO member (id, phone, name, title, home_store, joined_on, tier, preferences, phone_status)"
        " SELECT n, '+861' || 3900000000 + n, '会员' || n, '', $2, '2026-01-01', 1, '{}', 'unknown' FROM unnest($1::bigint[]) n",
        list(ids), store,
    )  # fmt: skip

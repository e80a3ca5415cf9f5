"""Somebody at the counter who sends forms, as the door takes them."""

from datetime import UTC, date, datetime
from typing import Any

from starlette.requests import Request

from admin.forms import forms
from admin.refused import Refused
from admin.screens import Language
from config.settings import settings
from queries.staff import Identity
from rules.calendar import business_date
from tables.access import Role
from tables.scope import scope
from tests import make

PHONE, OTHER, NOBODY = "13900000001", "13900000002", "13900000009"


async def two_counters() -> None:
    """Stores 1 and 2 with member 1 and 2, staff 1, categories, rewards."""
    await make.make_program(valid_days=None)
    for number in (1, 2):
        await make.make_member(f"+861390000000{number}", store=await make.make_store(f"S{number}"))
    await make.execute(
        "INSERT INTO staff (username, password, role, active, admin) VALUES ('anna', 'x', 'cashier', true, true);"
        "INSERT INTO category (name, earns) VALUES ('水果', true), ('香烟', false);"
        "INSERT INTO reward (name, kind, points, value, stock, description, is_active)"
        " VALUES ('果篮', 'gift', 50, NULL, 1, '', true), ('十元', 'cash', 30, 10, NULL, '', true)"
    )


async def send(
    slug: str, /, *, role: Role = "cashier", stores: tuple[int, ...] = (1,), language: Language = "zh", **typed: Any
) -> str:
    """A form as the door takes it: one scope, kept even where the form is refused. A refusal is answered as `code: zh`."""
    [form] = [form for form in forms(language=language) if form.slug == slug]
    who = Identity(staff=1, username="anna", role=role, stores=stores, password_is_temporary=False)
    request = Request({"type": "http", "method": "POST", "headers": [], "staff": who})
    async with scope(role=role, stores=stores, staff=1):
        try:
            return str(await form.endpoint(request, form.pydantic_model(**typed)))  # type: ignore[misc]  # ours are all async
        except Refused as no:
            return f"{no.refusal.code}: {no.refusal.zh if language == 'zh' else no.refusal.en}"


async def earn(points: int, member: int = 1) -> None:
    await make.sell(f"R{points}", at=datetime.now(UTC), amount=str(points), member=member)


async def entries() -> list[int]:
    return [row["points"] for row in await make.fetch("SELECT points FROM points_entry ORDER BY id")]


def today() -> date:
    return business_date(at=datetime.now(UTC), zone=settings().zone)

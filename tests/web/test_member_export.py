"""/members/{id}/export.zip: head office takes a member's file, and stands in the audit log with its address; nobody else may."""

import json
from io import BytesIO
from zipfile import ZipFile

import httpx
import pytest
from litestar import Litestar
from litestar.di import Provide

from queries.staff import Identity
from tables.access import STAFF_ROLES, Role
from tests import make
from web.pages.member_export import member_export
from web.pages.simulator import TEMPLATES


@pytest.fixture(autouse=True)
async def shop(db: None) -> None:
    await make.make_program()
    await make.make_member(store=await make.make_store())
    await make.execute(
        "INSERT INTO staff (username, password, role, active, admin) VALUES ('hq', 'x', 'hq_admin', true, true)"
    )


async def got(*, role: Role, member: int = 1) -> httpx.Response:
    async def staff() -> Identity:
        return Identity(staff=1, username="hq", role=role, stores=(1,), password_is_temporary=False)

    app = Litestar(
        route_handlers=[member_export], dependencies={"staff": Provide(staff)}, template_config=TEMPLATES, openapi_config=None
    )  # fmt: skip
    transport = httpx.ASGITransport(app=app, client=("10.0.0.7", 1))  # type: ignore[arg-type]  # ASGI, typed twice
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get(f"/members/{member}/export.zip")


@pytest.mark.parametrize("role", STAFF_ROLES)
async def test_head_office_takes_the_file_and_is_noted(role: Role) -> None:
    answer = await got(role=role)
    noted = await make.fetch("SELECT staff, row_id, address FROM audit_log WHERE action = 'export'")
    if role != "hq_admin":
        assert (answer.status_code, noted) == (403, [])
        assert "13900000001" not in answer.text
        return
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    with ZipFile(BytesIO(answer.content)) as archive:
        assert json.loads(archive.read("data.json"))["profile"][0]["name"] == "张三"
    assert noted == [{"staff": 1, "row_id": 1, "address": "10.0.0.7"}]


async def test_who_is_not_there_is_refused_with_a_sentence() -> None:
    answer = await got(role="hq_admin", member=99)
    assert answer.status_code == 404
    assert "没有该会员" in answer.text

"""Two tabs of one browser, two people: what the first had open does nothing as the second."""

import re

import httpx
import pytest

from tables.staff import Staff
from tests import make
from tests.web.browsers import LAN, PASSWORD, browser, log_in_as

pytestmark = LAN


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Staff, "_pbkdf2_iteration_count", 1)


async def hired(username: str, role: str) -> int:
    staff: int = await make.value(
        "INSERT INTO staff (username, password, role, active, admin, superuser)"
        " VALUES ($1, $2, $3::text, true, true, $3::text = 'hq_admin') RETURNING id",
        username, Staff.hash_password(PASSWORD), role,
    )  # fmt: skip
    return staff


async def logged_in(client: httpx.AsyncClient, username: str) -> str:
    """Logs in as the screen does; the token that the browser has then."""
    answer = await log_in_as(client, username, PASSWORD)
    assert answer.status_code == 200, answer.text
    return client.cookies["csrftoken"]


def token_of(page: httpx.Response) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


async def test_a_form_that_one_person_opened_is_not_sent_as_another(db: None) -> None:
    await hired("boss", "hq_admin"), await hired("viewer", "hq_viewer")
    async with browser() as client:
        await logged_in(client, "viewer")
        old = token_of(await client.get("/account"))
        await logged_in(client, "boss")
        before = await make.digest()
        answer = await client.post("/account/sessions", data={"token": old, "others": "yes"})
        assert answer.status_code == 400
        assert "刷新" in answer.text
        assert "load it again" in answer.text
        assert await make.digest() == before
        fresh = token_of(await client.get("/account"))
        assert (await client.post("/account/sessions", data={"token": fresh, "others": "yes"})).status_code == 303


async def test_whoever_logs_in_again_goes_on_with_what_was_open(db: None) -> None:
    await hired("boss", "hq_admin")
    async with browser() as client:
        await logged_in(client, "boss")
        old = token_of(await client.get("/account"))
        client.cookies.delete("id")
        assert await logged_in(client, "boss") == old
        assert (await client.post("/account/sessions", data={"token": old, "others": "yes"})).status_code == 303


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
async def test_the_back_office_of_one_person_writes_nothing_as_another(db: None, method: str) -> None:
    viewer, boss = await hired("viewer", "hq_viewer"), await hired("boss", "hq_admin")
    await make.execute("INSERT INTO tag (name) VALUES ('甜')")
    paths = ["tables/tag/", "forms/x/", "change-password/"] if method == "POST" else ["tables/tag/1/"]
    async with browser() as client:
        await logged_in(client, "boss")
        before = await make.digest()
        for path in paths:
            answer = await client.request(
                method, f"/admin/api/{path}", json={"name": "酸"}, headers={"X-Regulars-Staff": str(viewer)}
            )
            assert (answer.status_code, answer.json()["code"]) == (409, "other_person"), path
            assert "boss" in answer.json()["zh"]
        assert await make.digest() == before
        looked = await client.get("/admin/api/tables/tag/", headers={"X-Regulars-Staff": str(viewer)})
        assert looked.status_code == 200
        answer = await client.request(
            method, f"/admin/api/{paths[0]}", json={"name": "酸"}, headers={"X-Regulars-Staff": str(boss)}
        )
        assert "other_person" not in answer.text

"""/staff: managers and head office manage people; everybody else, and everything beyond one's rights, is refused with a sentence."""

import hashlib
import re
import threading
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from actions.staff_deeds import staff_refusal
from tables.scope import scope
from tables.sessions import Session
from tables.staff import Staff
from tests import make
from tests.actions.staff_world import BY_BOSS, BY_MANAGER, DEEDS, OK, PEOPLE, placed, world
from tests.admin.conftest import the_app
from tests.web.browsers import LAN, browser, log_in_as
from tests.web.people_site import page, sent, words

pytestmark = LAN
BOSS, VIEWER, MONA, PEER, ANNA, BOTH, BERT = 1, 2, 3, 4, 5, 6, 7


@pytest.fixture(autouse=True)
async def _world(db: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setattr(Staff, "_pbkdf2_iteration_count", 1)
    await world()
    yield
    for client in CLIENTS:
        await client.aclose()
    CLIENTS.clear()


CLIENTS: list[httpx.AsyncClient] = []


async def at(person: int) -> httpx.AsyncClient:
    """Somebody of the world who is logged in."""
    async with scope(role="door"):
        session = await Session.create_session(person)
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=the_app()), base_url="http://localhost",  # type: ignore[arg-type]  # ASGI, typed twice
        cookies={"id": session.token, "csrftoken": "t"},
    )  # fmt: skip
    CLIENTS.append(client)
    return client


async def is_in(client: httpx.AsyncClient) -> bool:
    return (await client.get("/admin/api/user/")).status_code == 200


def form(deed: str, person: int, *, reach: set[int]) -> tuple[str, dict[str, str]]:
    """Where the page sends a deed, and what."""
    if deed == "password":
        return "/staff/password", {"person": str(person)}
    if deed in {"leave", "back"}:
        return "/staff/active", {"person": str(person), "active": "yes" if deed == "back" else "no"}
    was_role, seen, role, stores = placed(deed, person, reach=reach)
    fields = {"person": str(person), "role": role, "was_role": was_role, "was_stores": " ".join(map(str, seen))}
    return "/staff/place", fields | {f"store_{store}": "yes" for store in stores}


@pytest.mark.parametrize(("giver", "table"), [(MONA, BY_MANAGER), (BOSS, BY_BOSS)])
async def test_what_is_not_allowed_is_refused_with_its_sentence_and_changes_nothing(
    giver: int, table: dict[int, dict[str, str]]
) -> None:
    client, reach = await at(giver), set(PEOPLE[giver][2]) or {1, 2}
    before = await make.digest()
    for person, codes in table.items():
        for deed in DEEDS:
            if codes[deed] != OK:
                path, fields = form(deed, person, reach=reach)
                answer = words(await sent(client, path, fields, status=400))
                assert staff_refusal(code=codes[deed]).zh in answer, (PEOPLE[person], deed)
    for fields, code in (
        ({"username": "ANNA", "role": "cashier", f"store_{min(reach)}": "yes"}, "username_taken"),
        ({"username": "neu", "role": "cashier"}, "store_missing"),
        ({"username": "neu", "role": "cashier", "store_99": "yes"}, "unknown_store" if giver == BOSS else "foreign_store"),
        ({"username": "neu", "role": "cashier", "stores": "S1, S9"}, "unknown_store" if giver == BOSS else "foreign_store"),
    ):  # fmt: skip
        assert staff_refusal(code=code).zh in await sent(client, "/staff/add", fields, status=400), fields
    assert await make.digest() == before


async def test_other_roles_neither_see_nor_do_anything() -> None:
    for person in (VIEWER, ANNA):
        client = await at(person)
        before = await make.digest()
        assert "anna" not in (await page(client, "/staff", status=403))
        for deed in ("password", "leave", "promote"):
            path, fields = form(deed, BOTH, reach={1, 2})
            await sent(client, path, fields, status=403)
        await sent(client, "/staff/add", {"username": "neu", "role": "cashier", "store_1": "yes"}, status=403)
        assert await make.digest() == before


async def test_a_manager_sees_own_people_and_head_office_everybody() -> None:
    mona, boss = await at(MONA), await at(BOSS)
    seen = words(await page(mona, "/staff"), "list")
    assert {name for name, _, _ in PEOPLE.values() if name in seen} == {"mona", "peer", "anna", "both"}
    assert "另有其他门店" in seen
    assert "S2" not in await page(mona, "/staff")
    everybody = words(await page(boss, "/staff"), "list")
    assert all(name in everybody for name, _, _ in PEOPLE.values())
    found = words(await page(boss, "/staff?named=S2"), "list")
    assert {name for name, _, _ in PEOPLE.values() if name in found} == {"both", "bert", "rita"}
    for odd in ("%", "'", "\x00", "9" * 18, "-1", "x"):
        assert (await mona.get("/staff", params={"named": odd})).status_code == 200, odd
        assert (await mona.get("/staff", params={"person": odd})).status_code in {200, 400}, odd
    assert "bert" not in await page(mona, f"/staff?person={BERT}", status=400)


async def test_somebody_new_logs_in_with_what_was_shown_once_and_changes_it() -> None:
    mona = await at(MONA)
    fields = {"username": "neu", "last_name": "<b>王", "first_name": "一", "role": "cashier", "store_1": "yes"}
    shown = await sent(mona, "/staff/add", fields)
    [password] = re.findall(r'<code class="password">(\w{16})</code>', shown)
    listed = await page(mona, "/staff")
    assert password not in listed
    assert "<b>" not in listed
    assert "&lt;b&gt;王一" in listed
    assert "待本人修改" in listed
    async with browser() as client:
        assert (await log_in_as(client, "neu", password)).status_code == 200
        assert (await client.get("/admin/api/tables/member/")).json()["code"] == "password_is_temporary"
    [row] = await make.fetch("SELECT role, superuser, password_is_temporary FROM staff WHERE username = 'neu'")
    assert row == {"role": "cashier", "superuser": False, "password_is_temporary": True}
    assert password not in str(await make.fetch("SELECT * FROM audit_log"))


ENDS = {
    "leaves": (MONA, "leave", {}),
    "another role": (MONA, "promote", {}),
    "another password": (MONA, "password", {}),
    "moves": (BOSS, "give_2", {"store_1": ""}),
}


@pytest.mark.parametrize("why", ENDS)
async def test_a_log_in_ends_at_once(why: str) -> None:
    giver, deed, without = ENDS[why]
    await make.execute("INSERT INTO second_factor (staff, credentials, is_on) VALUES ($1, 'sealed', true)", ANNA)
    manager, anna, peer = await at(giver), await at(ANNA), await at(PEER)
    path, fields = form(deed, ANNA, reach={1, 2})
    assert await is_in(anna)
    await sent(
        manager,
        path,
        {name: said for name, said in fields.items() if name not in without},
        status=200 if deed == "password" else 303,
    )
    assert not await is_in(anna)
    assert (await anna.get("/messages")).headers["location"] == "/admin/#/login/"
    assert [await is_in(manager), await is_in(peer)] == [True, True]
    assert await make.value("SELECT count(*) FROM second_factor") == (0 if deed == "password" else 1)
    # Back at once only with what they still are.
    again = await at(ANNA)
    assert await is_in(again) is (deed != "leave")


async def test_a_stale_page_changes_nothing_and_ones_last_view_of_somebody_leads_back_to_the_list() -> None:
    mona, peer = await at(MONA), await at(PEER)
    path, fields = form("promote", ANNA, reach={1})
    assert await sent(mona, path, fields, status=303) == f"/staff?person={ANNA}"
    assert staff_refusal(code="changed_meanwhile").zh in await sent(peer, path, fields, status=400)
    path, fields = form("take", BOTH, reach={1})
    assert await sent(mona, path, fields, status=303) == "/staff"
    assert await make.fetch("SELECT store FROM staff_store WHERE staff = $1", BOTH) == [{"store": 2}]


async def test_a_password_set_by_an_administrator_is_hashed_beside_those_who_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    boss, hashed_by, stock = await at(BOSS), [], hashlib.pbkdf2_hmac

    def watched(*given: Any, **more: Any) -> bytes:
        hashed_by.append(threading.current_thread())
        return stock(*given, **more)

    monkeypatch.setattr(hashlib, "pbkdf2_hmac", watched)
    address, headers, first, second = (
        "/admin/api/tables/staff/",
        {"X-CSRFToken": "t"},
        "correct horse 9",
        "wrong donkey 8",
    )
    new = {"username": "neu", "password": first, "role": "hq_viewer", "active": True}
    assert (await boss.post(address, json=new, headers=headers)).status_code == 201
    [row] = await make.fetch("SELECT id, password FROM staff WHERE username = 'neu'")
    weak = await boss.patch(f"{address}{row['id']}/", json={"password": "12345678"}, headers=headers)
    assert (weak.status_code, weak.json()["code"]) == (422, "weak_password")
    done = await boss.patch(f"{address}{row['id']}/", json={"password": second}, headers=headers)
    assert done.status_code == 200
    assert second not in done.text
    await sent(boss, "/staff/password", {"person": str(row["id"])})
    assert len(hashed_by) == 3
    assert threading.main_thread() not in hashed_by
    assert Staff.fits(password=first, stored=row["password"])


async def test_many_stores_are_typed_as_codes() -> None:
    boss = await at(BOSS)
    assert 'name="store_1"' in await page(boss, f"/staff?person={ANNA}")
    for number in range(3, 12):
        await make.make_store(f"S{number}")
    seen = await page(boss, f"/staff?person={ANNA}")
    assert 'name="store_1"' not in seen
    assert 'name="stores" value="S1"' in seen
    fields = {
        "person": str(ANNA),
        "role": "cashier",
        "was_role": "cashier",
        "was_stores": "1",
        "stores": "S11，S2、 S3",
    }
    await sent(boss, "/staff/place", fields, status=303)
    assert await make.value("SELECT array_agg(store ORDER BY store) FROM staff_store WHERE staff = $1", ANNA) == [
        2,
        3,
        11,
    ]


async def test_the_audit_tells_each_deed_as_a_sentence() -> None:
    mona, boss = await at(MONA), await at(BOSS)
    await sent(mona, "/staff/add", {"username": "neu", "role": "cashier", "store_1": "yes"})
    for deed in ("promote", "leave", "back", "password"):
        path, fields = form(deed, ANNA, reach={1})
        await sent(mona, path, fields, status=200 if deed == "password" else 303)
    path, fields = form("take", BOTH, reach={1})
    await sent(mona, path, fields, status=303)
    told = words(await page(boss, "/audit?username=mona"))
    for sentence in (
        "店长 mona 新增了员工“neu”",
        "店长 mona 新增了员工门店“neu · S1”",
        "店长 mona 把员工“anna”的角色从收银员改为店长",
        "店长 mona 把员工“anna”的可登录从是改为否",
        "店长 mona 把员工“anna”的可登录从否改为是",
        "店长 mona 修改了员工“anna”的密码、下次登录须改密码",
    ):
        assert sentence in told, sentence
    assert re.search(r"店长 mona 删除了员工门店“both · S1 S1” .*员工 both 空 门店 S1 S1 空", told), told

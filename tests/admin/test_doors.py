"""Keys, webhooks and their deliveries in the back office: for the administrator alone, and never what opens."""

from datetime import UTC, datetime

import pytest

from actions.keys import add_key, identify
from tables.access import Role
from tables.scope import scope
from tests import make
from tests.admin.conftest import LogIn
from tests.admin.edit_as import add, change, refused, remove, small_chain

pytestmark = pytest.mark.usefixtures("chain")

URL = "https://erp.example/hook"
TABLES = ("api_key", "webhook", "webhook_delivery")


@pytest.fixture
async def chain(db: None) -> None:
    await small_chain()


async def a_key() -> str:
    async with scope(role="hq_admin"):
        return await add_key(name="till", store="S1")


async def a_webhook() -> int:
    return await add(
        "webhook", name="erp", url=URL, events=["refund", "purchase", "refund"], store=None, is_active=True
    )


async def test_a_digest_is_shown_nowhere(log_in: LogIn) -> None:
    key = await a_key()
    digest = await make.value("SELECT hash FROM api_key")
    client = await log_in(role="hq_admin", username="other")
    for what in (
        "",
        "1/",
        "1/?__readable=true",
        "?__readable=true",
        "ids/",
        "schema/",
        "?hash=" + digest,
        "?__order=hash",
    ):
        answer = await client.get(f"/admin/api/tables/api_key/{what}")
        assert answer.status_code in {200, 400}, what
        assert digest not in answer.text, what
    assert (await client.get("/admin/api/tables/api_key/")).json()["rows"][0]["name"] == "till"
    assert digest not in (await client.get("/admin/api/tables/audit_log/")).text
    assert await identify(key=key, now=datetime.now(UTC)) is not None


async def test_a_key_is_revoked_through_the_panel_for_ever(log_in: LogIn) -> None:
    key = await a_key()
    client = await log_in(role="hq_admin", username="other")
    row = (await client.get("/admin/api/tables/api_key/1/")).json()
    # It is used between the form's opening and its sending.
    assert await identify(key=key, now=datetime.now(UTC)) is not None
    began = datetime.now(UTC)
    # As the screen does it: every field comes back, and whatever moment was picked.
    answer = await client.patch("/admin/api/tables/api_key/1/", json={**row, "revoked_at": "2001-01-01T00:00:00Z"})
    assert answer.status_code == 200, answer.text
    assert await identify(key=key, now=datetime.now(UTC)) is None
    revoked_at = await make.value("SELECT revoked_at FROM api_key")
    assert began <= revoked_at <= datetime.now(UTC)
    assert await make.value("SELECT last_used_at FROM api_key") < began
    for back in (None, "2031-01-01T00:00:00Z"):
        answer = await client.patch("/admin/api/tables/api_key/1/", json={"revoked_at": back})
        assert (answer.status_code, answer.json()["zh"]) == (422, "已作废的密钥不能恢复：请新建一个。")
    assert await make.value("SELECT revoked_at FROM api_key") == revoked_at


async def test_a_key_is_renamed_and_nothing_else() -> None:
    await a_key()
    assert await change("api_key", 1, name="前台") == {"name": "前台"}
    assert (await refused(change("api_key", 1, store=None))).code == "fixed"
    assert (await refused(change("api_key", 1, hash="0" * 64))).code == "fixed"
    assert (await refused(change("api_key", 1, name=""))).code == "missing"
    assert await change("api_key", 1, hash=None) == {"name": "前台"}
    assert (await refused(add("api_key", name="new", hash="0" * 64))).zh.startswith("密钥只显示一次")
    assert (await refused(remove("api_key", 1))).code == "not_here"


async def test_a_webhook_is_made_and_changed() -> None:
    assert await a_webhook() == 1
    assert await make.value("SELECT events FROM webhook") == ["purchase", "refund"]
    assert await change("webhook", 1, is_active=False, store=1) == {"is_active": False, "store": 1}
    assert (await change("webhook", 1, events=["tier_change"]))["events"] == ["tier_change"]
    assert (await refused(change("webhook", 1, url="http://erp.example/hook"))).code == "bad_url"
    assert (await refused(change("webhook", 1, events=[]))).code == "missing"
    assert "退货" in (await refused(change("webhook", 1, events=["birth"]))).zh
    assert (await refused(remove("webhook", 1))).code == "not_here"


async def test_through_the_panel_itself(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin", username="other")
    body = {"name": "erp", "url": URL, "events": ["purchase"], "store": None, "is_active": True}
    made = await client.post("/admin/api/tables/webhook/", json=body)
    assert made.status_code == 201, made.text
    again = await client.post("/admin/api/tables/webhook/", json=body)
    assert (again.status_code, again.json()["zh"]) == (422, "已有同名的事件推送：请换一个名称。")
    schema = (await client.get("/admin/api/tables/webhook/schema/")).json()
    assert schema["properties"]["events"]["extra"]["choices"]["refund"]["display_name"] == "退货"
    await make.execute(
        "INSERT INTO webhook_delivery (webhook, event, payload, next_at) VALUES (1, 'purchase', '{\"n\": 1}', now())"
    )
    [row] = (await client.get("/admin/api/tables/webhook_delivery/?__readable=true")).json()["rows"]
    assert (row["state"], row["webhook_readable"]) == ("queued", "erp")
    for verb in ("patch", "delete"):
        answer = await client.request(verb, "/admin/api/tables/webhook_delivery/1/", json={"state": "sent"})
        assert answer.status_code == 405, verb


@pytest.mark.parametrize("role", ["hq_marketing", "hq_viewer", "store_manager", "cashier"])
async def test_nobody_else_sees_them(log_in: LogIn, role: Role) -> None:
    await a_key()
    await a_webhook()
    client = await log_in(role=role, stores=(1,) if role in {"store_manager", "cashier"} else ())
    assert set((await client.get("/admin/api/tables/")).json()) & set(TABLES) == set()
    for table in TABLES:
        assert (await client.get(f"/admin/api/tables/{table}/")).status_code == 404
        assert (await client.patch(f"/admin/api/tables/{table}/1/", json={"name": "x"})).status_code in {
            403,
            404,
            405,
            422,
        }
    assert await make.value("SELECT name FROM webhook") == "erp"

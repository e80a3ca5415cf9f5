"""What partners are told: for whom a message is queued, and what stands in it."""

import json
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from actions.webhooks import add_webhook, switch_off
from queries.webhooks import all_webhooks
from rules.refusals import Refusal
from rules.webhooks import EVENTS
from tables.access import STAFF_ROLES, Role
from tables.scope import scope
from tests import make

pytestmark = pytest.mark.usefixtures("db")

D = date(2026, 3, 2)
PHONE, NAME = "13900000001", "张三"


async def hook(
    name: str = "erp",
    *,
    url: str = "https://erp.example/hook",
    events: tuple[str, ...] = EVENTS,
    store: str | None = None,
) -> int:
    async with scope(role="hq_admin"):
        return await add_webhook(name=name, url=url, events=events, store=store)


async def happened(event: str, subjects: list[int], shops: list[int] | None = None) -> None:
    """As a deed tells of it, in its own transaction."""
    async with scope(role="job") as connection:
        await connection.execute("SELECT deed.events_queue($1, $2, $3)", event, subjects, shops)


async def payloads() -> list[dict[str, Any]]:
    rows = await make.fetch("SELECT payload FROM webhook_delivery ORDER BY id")
    return [json.loads(row["payload"]) for row in rows]


async def count() -> int:
    return int(await make.value("SELECT count(*) FROM webhook_delivery"))


async def chain() -> None:
    """Stores 1 and 2 with a member each, sale 1 in store 1 and its refund 2 in store 2, redemption, tier change 1."""
    await make.make_program()
    for number in (1, 2):
        await make.make_member(f"+861390000000{number}", store=await make.make_store(f"S{number}"))
    await make.sell("R1", at=make.noon(D), amount="99.9", member=1)
    await make.execute(
        "INSERT INTO reward (name, kind, points, description, is_active) VALUES ('果篮', 'gift', 40, '', true);"
        "INSERT INTO purchase (store, receipt_no, kind, member, purchased_at, business_date, sold_on, amount, tier_amount, refund_of,"
        " per_yuan, tier_multiplier, points, source, content) SELECT 2, 'B1', 'refund', 1, purchased_at + interval '1 day', '2026-03-03',"
        " sold_on, -33.3, -33.3, 1, 1, 1, -33, 'till', '' FROM purchase WHERE id = 1;"
        "INSERT INTO points_entry (member, store, kind, points, balance_after, source, reference, reward, value, business_date)"
        " VALUES (1, 1, 'redeem', -40, 59, 'redeem', '1:K:7', 1, 12.5, '2026-03-02');"
        "INSERT INTO points_entry (member, store, kind, points, balance_after, source, reference, purchase, business_date)"
        " VALUES (1, 2, 'restore', 5, 64, 'restore', '2:1', 2, '2026-03-03');"
        "INSERT INTO tier_change (member, from_tier, to_tier, reason, business_date) VALUES (2, 1, 2, 'spend', '2026-03-02')"
    )


async def test_a_sale_as_a_partner_reads_it() -> None:
    await chain()
    await hook()
    await happened("purchase", [1], [1])
    [message] = await payloads()
    assert message["type"] == "purchase.created"
    assert message["timestamp"].endswith("Z")
    assert message["data"] == {
        "id": 1, "store": "S1", "receipt_no": "R1", "member": 1, "purchased_at": "2026-03-02T04:00:00Z",
        "business_date": "2026-03-02", "amount": "99.90", "points": 99,
    }  # fmt: skip


async def test_a_refund_names_its_sale() -> None:
    await chain()
    await hook()
    await happened("refund", [2], [2])
    [message] = await payloads()
    assert message["type"] == "refund.created"
    assert message["data"] == {
        "id": 2, "store": "S2", "refund_no": "B1", "purchase": 1, "sold_at": "S1", "receipt_no": "R1", "member": 1,
        "refunded_at": "2026-03-03T04:00:00Z", "business_date": "2026-03-03", "amount": "-33.30", "points": -33, "restored": 5,
    }  # fmt: skip


async def test_a_redemption_and_a_tier_change() -> None:
    await chain()
    await hook()
    entry = await make.value("SELECT id FROM points_entry WHERE kind = 'redeem'")
    await happened("redemption", [entry], [1])
    await happened("tier_change", [1])
    redemption, change = await payloads()
    assert redemption["data"] == {
        "id": entry, "store": "S1", "reference": "K:7", "purchase": None, "member": 1, "business_date": "2026-03-02",
        "points": -40, "reward": "果篮", "value": "12.50",
    }  # fmt: skip
    assert (redemption["type"], change["type"]) == ("redemption.created", "tier_change.created")
    assert change["data"] == {
        "id": 1, "store": "S2", "member": 2, "from": "铜卡", "to": "银卡", "reason": "spend", "business_date": "2026-03-02",
    }  # fmt: skip


async def test_an_anonymous_sale_has_no_member() -> None:
    await chain()
    await make.sell("R9", at=make.noon(D), member=None)
    await hook()
    await happened("purchase", [await make.value("SELECT max(id) FROM purchase")], [1])
    [message] = await payloads()
    assert (message["data"]["member"], message["data"]["points"]) == (None, 0)


async def test_nothing_personal_leaves_whatever_happens() -> None:
    await chain()
    await hook()
    entry = await make.value("SELECT id FROM points_entry WHERE kind = 'redeem'")
    for event, subject in (("purchase", 1), ("refund", 2), ("redemption", entry), ("tier_change", 1)):
        await happened(event, [subject])
    told = json.dumps(await payloads(), ensure_ascii=False)
    assert told.count('"type"') == 4
    assert PHONE not in told
    assert NAME not in told
    assert "birthday" not in told


async def test_without_anybody_who_wants_it_nothing_is_queued() -> None:
    await chain()
    await happened("purchase", [1], [1])
    await hook("tiers", events=("tier_change",))
    await hook("off")
    async with scope(role="hq_admin"):
        await switch_off(name="off")
    await happened("purchase", [1], [1])
    await happened("purchase", [], [])
    assert await count() == 0
    await happened("tier_change", [1])
    assert await count() == 1


async def test_each_store_has_its_own_and_headquarters_has_all() -> None:
    await chain()
    for name, store in (("hq", None), ("one", "S1"), ("two", "S2")):
        await hook(name, store=store)
    await happened("purchase", [1, 2], [1, 2])  # ids of two rows, of which the second is no matter here
    await happened("refund", [2])  # whose store is the row's own
    await happened("tier_change", [1], [2])
    rows = await make.fetch(
        "SELECT w.name, d.event, count(*) AS n FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook GROUP BY 1, 2"
    )
    found = {(row["name"], row["event"]): row["n"] for row in rows}
    assert found == {
        ("hq", "purchase"): 2, ("one", "purchase"): 1, ("two", "purchase"): 1, ("hq", "refund"): 1, ("two", "refund"): 1,
        ("hq", "tier_change"): 1, ("two", "tier_change"): 1,
    }  # fmt: skip


async def test_a_deed_that_is_undone_tells_nobody() -> None:
    await chain()
    await hook()
    with pytest.raises(RuntimeError):
        async with scope(role="job") as connection:
            await connection.execute("SELECT deed.events_queue('purchase', '{1}', '{1}')")
            raise RuntimeError
    assert await count() == 0


@pytest.mark.parametrize("role", [*STAFF_ROLES, "door", "till"])
async def test_nobody_else_puts_messages_into_partners_mouths(role: Role) -> None:
    await chain()
    await hook()
    for sql in (
        "SELECT deed.events_queue('purchase', '{1}', '{1}')",
        "INSERT INTO webhook_delivery (webhook, event) VALUES (1, 'purchase')",
        "SELECT * FROM deed.deliveries_claim(now(), interval '1 minute', 1)",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with scope(role=role, stores=[1]) as connection:
                await connection.fetch(sql)
    if role != "hq_admin":
        for table in ("webhook", "webhook_delivery"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with scope(role=role, stores=[1]) as connection:
                    await connection.fetch(f"SELECT * FROM {table}")


async def test_a_webhook_is_made_once_for_what_there_is() -> None:
    await make.make_store("S1")
    await hook(" erp ", events=("refund", "purchase", "refund"), store="S1")
    for code, fields in (
        ("name_taken", {"name": "erp"}),
        ("bad_name", {"name": " "}),
        ("bad_name", {"name": "x" * 61}),
        ("bad_name", {"name": "a\nb"}),
        ("bad_url", {"name": "b", "url": "http://erp.example"}),
        ("bad_events", {"name": "b", "events": ()}),
        ("bad_events", {"name": "b", "events": ("purchase", "birth")}),
        ("unknown_store", {"name": "b", "store": "S9"}),
    ):
        with pytest.raises(Refusal) as no:
            await hook(**fields)
        assert no.value.code == code, fields
    async with scope(role="hq_admin"):
        with pytest.raises(Refusal, match="webhook list"):
            await switch_off(name="nobody")
        [one] = await all_webhooks()
    assert (one.name, one.events, one.store, one.is_active, one.waiting) == (
        "erp",
        ("purchase", "refund"),
        "S1",
        True,
        0,
    )


async def test_who_makes_and_stops_a_webhook_is_written_down() -> None:
    await hook()
    async with scope(role="hq_admin"):
        for _ in range(2):
            await switch_off(name="erp")
    rows = await make.fetch(
        "SELECT action, after ->> 'is_active' AS active FROM audit_log WHERE table_name = 'webhook' ORDER BY id"
    )
    assert [(row["action"], row["active"]) for row in rows] == [("insert", "true"), ("update", "false")]


async def test_a_hundred_at_once_are_a_hundred_messages_in_their_order() -> None:
    await chain()
    for number in range(100):
        await make.execute("INSERT INTO tier_change (member, from_tier, to_tier, reason, business_date) VALUES (1, 1, 2, $1, $2)",
                           str(number), D + timedelta(days=1))  # fmt: skip
    await hook()
    ids = [
        row["id"] for row in await make.fetch("SELECT id FROM tier_change WHERE business_date > $1 ORDER BY id DESC", D)
    ]
    await happened("tier_change", ids)
    assert [message["data"]["id"] for message in await payloads()] == ids

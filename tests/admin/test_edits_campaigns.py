"""Segments, rules of tags, wishes, budgets and campaigns of stores in the back office."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from config.settings import settings
from rules.calendar import business_date
from tests import make
from tests.admin.conftest import LogIn
from tests.admin.edit_as import add, change, refused, remove, small_chain

pytestmark = pytest.mark.usefixtures("chain")

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
TIMES = {"scheduled_at": NOW, "send_before": NOW + timedelta(hours=8)}
RULE = '有标签 "宝妈"'


@pytest.fixture
async def chain(db: None) -> None:
    """Program, stores 1 and 2, a member of each, a tag, a product, staff 1 (the administrator)."""
    await small_chain()
    await make.make_store("S2")
    for store in (1, 2):
        await make.make_member(f"+861390000000{store}", store=store)
    await make.execute("INSERT INTO tag (name) VALUES ('宝妈'); INSERT INTO product (sku, name) VALUES ('P1', '榴莲')")


async def test_a_segment_is_read_before_it_is_saved_and_kept_while_rules_name_it() -> None:
    key = await add("segment", name="妈妈", rule=RULE, members=7)
    assert await make.fetch("SELECT rule, members FROM segment") == [{"rule": RULE, "members": None}]
    for rule in ("", "积分 >", '有标签 "没有这个"', '属于人群 "没有这个"', "'; DROP TABLE member; --"):
        no = await refused(change("segment", key, rule=rule))
        assert no.zh, rule
        assert (await refused(add("segment", name="另一个", rule=rule))).zh, rule
    await make.execute("UPDATE segment SET members = 5, counted_on = '2026-03-01'")
    assert await change("segment", key, note="每月看一次") == {"note": "每月看一次"}
    assert set(await change("segment", key, rule="积分 >= 100")) == {"rule", "members", "counted_on"}
    assert await make.fetch("SELECT members FROM segment") == [{"members": None}], "it was another rule's number"
    other = await add("segment", name="近期妈妈", rule='属于人群 "妈妈" 且 30天内消费过')
    assert (await refused(change("segment", key, name="母婴"))).code == "segment_used"
    assert "近期妈妈" in (await refused(remove("segment", key))).zh
    assert (await refused(change("segment", key, rule='属于人群 "近期妈妈"'))).code == "segment_used"
    await remove("segment", other)
    await remove("segment", key)


async def test_a_tags_rule_is_read_too_and_what_the_night_writes_is_not_for_the_form() -> None:
    key = await add("tag", name="常客", rule="本季消费次数 >= 3", counted_on=date(2026, 1, 1))
    assert await make.value("SELECT counted_on FROM tag WHERE id = $1", key) is None
    assert (await refused(change("tag", key, rule="本季消费次数 多"))).zh
    assert (await refused(add("member_tag", member=1, tag=key))).code == "bad_value"
    given = await add("member_tag", member=1, tag=1, because="随便写")
    assert await make.value("SELECT because FROM member_tag WHERE id = $1", given) is None
    assert await change("tag", key, rule="") == {"rule": None}


async def test_a_wish_is_of_today_and_of_staff_and_a_budget_of_a_whole_month() -> None:
    await add("member_interest", member=1, product=1, kind="wish", source="import")
    today = business_date(at=datetime.now(UTC), zone=settings().zone)
    assert await make.fetch("SELECT since, source FROM member_interest") == [{"since": today, "source": "staff"}]
    late = add("member_interest", member=2, product=1, kind="wish", since=today + timedelta(days=2))
    assert "今天" in (await refused(late)).zh
    assert (await refused(add("member_interest", member=2, product=1, kind="hate"))).code == "bad_value"
    key = await add("sms_budget", store=1, month=date(2026, 3, 17), amount=Decimal(500))
    assert await make.value("SELECT month FROM sms_budget") == date(2026, 3, 1)
    assert "小于 0" in (await refused(change("sms_budget", key, amount=Decimal(-1)))).zh
    await remove("sms_budget", key)


async def test_a_campaigns_plan_holds_together() -> None:
    key = await add("campaign", name="周年庆", content_kind="promotion", goal="sell", reached=7, approved_by=1)
    assert await make.fetch("SELECT reached, approved_by FROM campaign") == [{"reached": 1, "approved_by": None}]
    assert (await refused(change("campaign", key, rule="积分 >"))).zh
    assert (await refused(change("campaign", key, goal="fly"))).code == "bad_value"
    assert set(await change("campaign", key, rule=RULE, holdout=Decimal("0.1"))) == {"rule", "holdout"}
    first = await add("campaign_step", campaign=key, text="周年庆", winner="A", canary_state="passed", **TIMES)
    other = await add("campaign", name="别的", content_kind="care")
    foreign = await add("campaign_step", campaign=other, text="别的", **TIMES)
    second: dict[str, Any] = {"campaign": key, "number": 2, "text": "还没看？", **TIMES}
    for wrong in (
        {"kind": "follow_up"}, {"kind": "once", "follows": first}, {"kind": "follow_up", "follows": foreign},
        {"kind": "winner", "follows": first}, {"kind": "follow_up", "follows": first, "winner_by": "click"},
    ):  # fmt: skip
        assert (await refused(add("campaign_step", **second, **wrong))).code == "bad_value", wrong
    await add("campaign_step", **second, kind="follow_up", follows=first, wait_minutes=60)
    version = await add("campaign_variant", step=first, label="A", share=Decimal("0.5"), text="周年庆八折")
    assert (await refused(change("campaign_variant", version, share=Decimal("1.5")))).code == "bad_value"
    assert (await refused(change("campaign_variant", version, text="【店】八折"))).code == "bracket_in_text"
    await make.execute("UPDATE campaign SET state = 'sending' WHERE id = $1", key)
    for deed in (
        change("campaign", key, rule=""), change("campaign_step", first, text="改了"), change("campaign_variant", version, text="改了"),
        add("campaign_variant", step=first, label="B", share=Decimal("0.5"), text="买一送一"), remove("campaign_variant", version),
        remove("campaign_step", first), remove("campaign", key), add("campaign_step", campaign=key, number=3, text="再来", **TIMES),
    ):  # fmt: skip
        assert "草稿" in (await refused(deed)).zh
    assert await change("campaign", key, budget=Decimal(900)) == {"budget": Decimal(900)}


async def test_a_store_manager_writes_drafts_of_their_own_store_alone(log_in: LogIn) -> None:
    client = await log_in(role="store_manager", stores=(1,))
    made = await _post(client, "campaign", name="本店会员日", content_kind="promotion", state="sending")
    campaign = made.json()[0]["id"]
    assert await make.fetch("SELECT store, state FROM campaign") == [{"store": 1, "state": "draft"}]
    times = {name: at.isoformat() for name, at in TIMES.items()}
    step = (await _post(client, "campaign_step", campaign=campaign, text="周三八折", **times)).json()[0]["id"]
    assert (await _post(client, "campaign_variant", step=step, label="A", share="0.5", text="八折")).status_code == 201
    assert (await _post(client, "campaign", name="他店", content_kind="care", store=2)).status_code >= 400
    assert (await client.patch(f"/admin/api/tables/campaign/{campaign}/", json={"store": 2})).status_code >= 400
    await make.execute("UPDATE campaign SET state = 'review'")
    for address in (f"campaign/{campaign}", f"campaign_step/{step}", "campaign_variant/1"):
        asked = {"rule": RULE} if address.startswith("campaign/") else {"text": "周三七折"}
        said = await client.patch(f"/admin/api/tables/{address}/", json=asked)
        assert said.status_code == 422, said.text
        assert "草稿" in said.text
        assert (await client.delete(f"/admin/api/tables/{address}/")).status_code == 422, address
    await make.execute("UPDATE campaign SET state = 'draft'")
    for address in ("campaign_variant/1", f"campaign_step/{step}", f"campaign/{campaign}"):
        assert (await client.delete(f"/admin/api/tables/{address}/")).status_code == 204, address
    grouped = (await client.get("/admin/api/tables/grouped/")).json()
    assert {name: grouped["rights"].get(name) for name in ("segment", "sms_budget", "member_interest", "member_habit")} == {
        "segment": "r", "sms_budget": "r", "member_interest": "rcd", "member_habit": "r",
    }  # fmt: skip


async def _post(client: httpx.AsyncClient, table: str, **values: object) -> httpx.Response:
    return await client.post(f"/admin/api/tables/{table}/", json=values)

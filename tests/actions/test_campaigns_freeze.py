"""The freeze: who gets a row, who gets a reason, what the texts say, and what a broken freeze leaves behind."""

import asyncio
from collections import Counter
from datetime import date, timedelta

import pytest

from actions.campaigns_freeze import Frozen, freeze
from config.settings import settings
from queries.audience import EVERYBODY, of_stores, with_tag
from queries.invariants import check_all
from rules.campaigns import content_of
from rules.refusals import Refusal
from rules.suppression import phone_hmac
from tests import campaigning, make
from tests.campaigning import TEXT, consent, drafted, frozen, outcomes, sent, tally

pytestmark = pytest.mark.usefixtures("db")

NOON = make.noon(date(2031, 3, 31))
LONG_AGO = NOON - timedelta(days=400)


async def shop(members: int = 3) -> None:
    """Two stores; the members live in turn in the one and the other, and said yes."""
    await make.make_program()
    for code in ("S1", "S2"):
        await make.make_store(code)
    await make.execute("INSERT INTO chain (id, name, signature, phone) VALUES (1, '鲜果', '鲜果时光', '')")
    await make.execute("INSERT INTO contact_rule (kind, most, days) VALUES ('frequency', 2, 3)")
    for n in range(1, members + 1):
        await make.make_member(f"+86139{n:08}", store=1 + n % 2)
        await consent(n, at=LONG_AGO)


async def texts() -> dict[int, str]:
    rows = await make.fetch("SELECT member, text FROM send_log WHERE text IS NOT NULL")
    return {row["member"]: row["text"] for row in rows}


async def test_everybody_has_a_row_in_a_chunk_of_their_store_or_a_reason() -> None:
    await shop(members=8)
    await consent(1, granted=False, at=NOON)
    await make.execute("UPDATE member SET phone_status = 'invalid' WHERE id = 2")
    await make.execute("UPDATE member SET phone = NULL WHERE id = 3")
    await make.execute("UPDATE member SET phone = NULL, erased_at = now() WHERE id = 4")
    await make.make_member("+8613900000009", store=1)
    refused = phone_hmac(secret=settings().secret, phone="+8613900000005")
    await make.execute("INSERT INTO suppression (phone_hmac, since, source) VALUES ($1, $2, 'test')", refused, NOON)
    assert await sent("春", at=NOON) == Frozen(members=9, messages=3)
    assert await outcomes("春") == {
        1: "opted_out", 2: "invalid_phone", 3: "no_phone", 4: "erased", 5: "opted_out", 6: "queued", 7: "queued", 8: "queued",
        9: "no_consent",
    }  # fmt: skip
    chunks = await make.fetch("SELECT id, store, size, state, due_at, send_before FROM send_chunk ORDER BY store")
    assert [(c["store"], c["size"], c["state"], c["due_at"]) for c in chunks] == [
        (1, 2, "waiting", NOON),
        (2, 1, "waiting", NOON),
    ]
    assert await make.value("SELECT state FROM campaign") == "sending"
    assert await make.value("SELECT audience FROM campaign_step WHERE state = 'frozen'") == 9
    assert await check_all(progress=lambda *_: None) == []


async def test_a_yes_after_a_refused_number_counts_again() -> None:
    await shop(members=1)
    refused = phone_hmac(secret=settings().secret, phone="+8613900000001")
    await make.execute("INSERT INTO suppression (phone_hmac, since, source) VALUES ($1, $2, 'test')", refused, NOON)
    await consent(1, at=NOON + timedelta(seconds=1))
    await sent("春", at=NOON + timedelta(minutes=1))
    assert await outcomes("春") == {1: "queued"}


async def test_texts_are_filled_once_and_nothing_in_a_value_is_read_as_a_placeholder() -> None:
    await shop(members=4)
    await make.execute("UPDATE member SET name = '李四', title = '女士' WHERE id = 1")
    await make.execute("UPDATE member SET name = '{tier}【假】\n王', title = '' WHERE id = 2")
    await make.execute("UPDATE member SET name = '', title = '' WHERE id = 3")
    await make.execute("UPDATE member SET name = '赵先生', title = '先生' WHERE id = 4")
    await make.sell("A", at=NOON - timedelta(days=1), amount="120", member=1)
    await sent("春", at=NOON, text="{title_or_name}，{ tier }，｛points｝分，{store}")
    assert await texts() == {
        1: "【鲜果时光】李四女士，铜卡，120分，S2",
        2: "【鲜果时光】tier假 王，铜卡，0分，S1",
        3: "【鲜果时光】会员，铜卡，0分，S2",
        4: "【鲜果时光】赵先生，铜卡，0分，S1",
    }


async def test_points_that_have_lapsed_are_not_promised() -> None:
    await shop(members=1)
    await make.sell("A", at=NOON - timedelta(days=61), amount="120")
    await sent("春", at=NOON, text="您有{points}分")
    assert await texts() == {1: "【鲜果时光】您有0分"}


async def test_each_person_has_a_link_of_their_own() -> None:
    await shop(members=2)
    await sent("春", at=NOON, text="点击{link} 查看")
    links = await make.fetch("SELECT member, code, campaign, step, url, expires_at FROM short_link ORDER BY member")
    assert [link["member"] for link in links] == [1, 2]
    assert await texts() == {
        link["member"]: f"【鲜果时光】点击{campaigning.URL}/s/{link['code']} 查看" for link in links
    }
    assert all(link["expires_at"] > NOON + timedelta(days=30) and link["url"] is None for link in links)


async def test_a_blocked_word_in_a_name_or_a_text_too_long_for_a_person_leaves_out_that_person_alone() -> None:
    await shop(members=3)
    await make.execute("INSERT INTO blocked_word (word, source) VALUES ('最佳', '广告法'), ('★(', '')")
    await make.execute("UPDATE member SET name = '最佳先生' WHERE id = 1")
    await make.execute("UPDATE member SET name = repeat('长', 60) WHERE id = 2")
    await sent("春", at=NOON, text="{name}" + "好" * 420)
    assert await outcomes("春") == {1: "blocked_text", 2: "blocked_text", 3: "queued"}


async def test_a_broken_freeze_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is frozen stays as it is; who was not reached yet is."""
    await shop(members=6)
    step = await drafted("春", at=NOON)
    monkeypatch.setattr("actions.campaigns_freeze.BATCH", 2)

    def dies(stage: str, done: int, total: int) -> None:
        if done == 4:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await freeze(
            step=step, audience=EVERYBODY, now=NOON, zone=make.ZONE, secret=settings().secret,
            public_url=campaigning.URL, progress=dies,
        )  # fmt: skip
    before = await make.fetch("SELECT * FROM send_log ORDER BY id")
    assert (len(before), await make.value("SELECT state FROM campaign_step")) == (4, "freezing")
    assert await make.value("SELECT state FROM campaign") == "draft", "nothing leaves before all are frozen"
    # Meanwhile a number changed hands: nobody may get the message of another one at it.
    await make.execute("UPDATE member SET phone = '+8613988888888' WHERE id = $1", before[0]["member"])
    late = await make.value("SELECT min(id) FROM member WHERE id NOT IN (SELECT member FROM send_log)")
    await make.execute("UPDATE member SET phone = $2 WHERE id = $1", late, before[0]["phone"])
    await frozen(step, now=NOON + timedelta(hours=1))
    assert (await make.fetch("SELECT * FROM send_log ORDER BY id"))[:4] == before
    assert await tally("春") == {"queued": 5, "duplicate": 1}
    assert await make.fetch("SELECT member FROM send_log GROUP BY 1 HAVING count(*) > 1") == []
    assert await check_all(progress=lambda *_: None) == []
    with pytest.raises(Refusal, match="frozen already"):
        await frozen(step, now=NOON)


async def test_the_same_text_does_not_go_to_anybody_twice() -> None:
    await shop(members=2)
    await make.execute("INSERT INTO contact_rule (kind, days) VALUES ('same_content', 90)")
    await sent("春", at=NOON, audience=of_stores(stores=[1]))
    await make.execute("UPDATE send_log SET state = 'delivered'")
    await sent("又是春", at=NOON + timedelta(days=89))
    assert await outcomes("又是春") == {1: "queued", 2: "same_content"}
    await make.execute("DELETE FROM send_log WHERE member = 1")
    await sent("还是春", at=NOON + timedelta(days=90))
    assert await tally("还是春") == {"queued": 2}
    assert content_of(text=TEXT) == await make.value("SELECT DISTINCT content FROM send_log")


async def test_audiences_are_stores_tags_or_everybody() -> None:
    await shop(members=4)
    tag = await make.value("INSERT INTO tag (name) VALUES ('榴莲') RETURNING id")
    await make.execute("INSERT INTO member_tag (member, tag) VALUES (3, $1)", tag)
    await sent("店", at=NOON, audience=of_stores(stores=[1]))
    await sent("签", at=NOON, audience=with_tag(tag=tag), text="另一条")
    assert (await outcomes("店")).keys() == {2, 4}
    assert (await outcomes("签")).keys() == {3}


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "empty_text"), ("{nickname}好", "unknown_placeholder"), ("【假】好", "bracket_in_text"), ("国家级好", "blocked_text"),
     ("{name好", "unbalanced_brace"), ("好" * 501, "too_long")],
)  # fmt: skip
async def test_what_could_not_be_sent_is_refused_as_a_whole(text: str, code: str) -> None:
    await shop()
    step = await drafted("春", at=NOON, text="好")
    await make.execute("INSERT INTO blocked_word (word, source) VALUES ('国家级', '广告法第九条')")
    await make.execute("UPDATE campaign_step SET text = $1", text)
    with pytest.raises(Refusal) as refused:
        await frozen(step, now=NOON)
    assert refused.value.code == code
    if code == "blocked_text":
        assert all(
            "国家级" in said and "广告法第九条" in said and "1" in said for said in (refused.value.en, refused.value.zh)
        )
    assert await make.value("SELECT count(*) FROM send_log") == 0
    assert await make.value("SELECT state FROM campaign_step") == "draft"


async def test_an_empty_audience_is_refused_and_nothing_is_stored() -> None:
    await shop()
    step = await drafted("春", at=NOON)
    with pytest.raises(Refusal, match="Nobody"):
        await frozen(step, now=NOON, audience=of_stores(stores=[77]))
    assert await make.value("SELECT state FROM campaign_step") == "draft"


async def test_two_freezes_at_once_share_one_allowance() -> None:
    """P20: whatever their order, nobody gets more than 2 in 3 days."""
    await shop(members=40)
    steps = [await drafted(f"第{n}次", at=NOON, text=f"第{n}次") for n in range(5)]
    await asyncio.gather(*(frozen(step, now=NOON) for step in steps))
    per_member = Counter(
        row["member"] for row in await make.fetch("SELECT member FROM send_log WHERE state = 'queued'")
    )
    assert per_member == dict.fromkeys(range(1, 41), 2)
    assert await make.value("SELECT count(*) FROM send_log WHERE reason = 'frequency_cap'") == 40 * 3
    assert await check_all(progress=lambda *_: None) == []


async def test_the_same_step_frozen_by_two_at_once_is_frozen_once() -> None:
    await shop(members=10)
    step = await drafted("春", at=NOON)
    told = await asyncio.gather(*(frozen(step, now=NOON) for _ in range(2)), return_exceptions=True)
    assert [type(one) for one in told if isinstance(one, Exception)] == [Refusal]
    assert await tally("春") == {"queued": 10}


async def test_a_campaign_cancelled_while_it_is_frozen_sends_nothing() -> None:
    await shop(members=2)
    step = await drafted("春", at=NOON)
    await make.execute("UPDATE campaign SET state = 'cancelled'")
    with pytest.raises(Refusal):
        await frozen(step, now=NOON)
    assert await make.value("SELECT count(*) FROM send_log") == 0

"""Members who refused to be chosen by what they do (个人信息保护法 art. 24): audiences, texts, tags of the night, the queue."""

from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from actions.campaigns_due import freeze_due
from actions.campaigns_forecast import forecast_campaign
from actions.night import close_nights
from cli_messages import _audience
from config.settings import settings
from queries.audience import Wave, forecast, members_of, planned, wave_values, written_to
from queries.invariants import check_all
from queries.segments import audience_of, looked_at
from rules.personal import PERSONAL_PLACEHOLDERS
from rules.templates import PLACEHOLDERS
from tables.scope import scope
from tests import make
from tests.campaigning import URL, consent, drafted, frozen, outcomes

pytestmark = pytest.mark.usefixtures("db")

TODAY = date(2031, 3, 31)
NOON = make.noon(TODAY)
DAY = timedelta(days=1)
PEOPLE = 40
PLACE: dict[str, Any] = {"zone": make.ZONE, "secret": settings().secret, "public_url": URL}
# Whether whoever refused is left out; the names are those of `world`.
RULES = {
    "": False, "门店 = S1": False, "等级 >= 铜卡 且 未收到短信": False, '有标签 "手工"': False, '属于人群 "本店"': False,
    "未同意 个性化推荐": False,
    "门店 = S1 或 从未消费": True, "非 (近 5 天消费过)": True, '有标签 "常客"': True, '有标签 "再标"': True, '属于人群 "间接"': True,
    '有标签 "坏了"': True, '有标签 "旧的"': True,
}  # fmt: skip


async def world(draw: Random) -> tuple[set[int], set[int]]:
    """Two stores with people who answered at odd times; returns who refused, and who takes no marketing at all."""
    await make.make_program()
    for code in ("S1", "S2"):
        await make.make_store(code)
    await make.execute("INSERT INTO chain (id, name, signature, phone) VALUES (1, '鲜果', '鲜果', '')")
    refused, silent = set(), set()
    for member in range(1, PEOPLE + 1):
        await make.make_member(f"+86139{member:08}", store=draw.randint(1, 2))
        if draw.random() < 0.8:
            await consent(member, at=NOON - 9 * DAY)
        else:
            silent.add(member)
        said = [(NOON - draw.randint(1, 3) * DAY, draw.random() < 0.4) for _ in range(draw.choice([0, 1, 2, 3]))]
        for at, granted in said:
            await consent(member, granted=granted, at=at, purpose="personalisation")
        # Of answers at one instant the one that was written last counts.
        if said and not max(enumerate(said), key=lambda one: (one[1][0], one[0]))[1][1]:
            refused.add(member)
    await make.execute("""
        INSERT INTO segment (name, rule) VALUES ('本店', '门店 属于 (S1, S2)'), ('间接', '有标签 "再标" 或 门店 = S2');
        INSERT INTO tag (name, rule) VALUES ('手工', NULL), ('常客', '累计消费次数 >= 2'), ('再标', '有标签 "常客" 且 门店 = S1'),
            ('坏了', '本季消费 大概 9'), ('旧的', '');
        INSERT INTO member_tag (member, tag, source) SELECT m.id, t.id, CASE t.name WHEN '旧的' THEN 'rule' ELSE 'manual' END
        FROM member m CROSS JOIN tag t WHERE m.id % 3 > 0
    """)
    return refused, silent


async def campaign(rule: str) -> int:
    """A campaign of one step that is due."""
    key: int = await make.value(
        "INSERT INTO campaign (name, rule, state, rhythm) VALUES ($1, $2, 'scheduled', 'event') RETURNING id",
        rule,
        rule,
    )
    await make.execute(
        "INSERT INTO campaign_step (campaign, text, scheduled_at, send_before) VALUES ($1, $2, $3, $4)",
        key, f"您好 {key}", NOON, NOON + DAY,
    )  # fmt: skip
    return key


async def test_audiences_by_behaviour_leave_out_who_refused_and_say_so_everywhere() -> None:
    refused, silent = await world(Random(24))  # noqa: S311  people, not keys
    assert len(refused) > 3
    assert len(refused & silent) > 0
    expected = {}
    for rule, personal in RULES.items():
        key = await campaign(rule)
        async with scope(role="job"):
            audience = await audience_of(text=rule, today=TODAY, zone=make.ZONE)
            people = set(await members_of(audience=audience))
            to = set(await members_of(audience=written_to(audience=audience)))
            view = await looked_at(audience=audience, today=TODAY, now=NOON)
        out = people & refused if personal else set()
        assert (audience.personal, to, view.refused) == (personal, people - out, len(out)), rule
        assert (view.members, view.reachable) == (len(people), len(people - out - silent))
        expected[rule] = {
            one: "no_consent" if one in silent else "not_personalised" if one in out else "queued" for one in people
        }
        told = (await forecast_campaign(campaign=key, now=NOON, **PLACE))[0].forecast
        why = list(expected[rule].values())
        assert told.left_out == {one: why.count(one) for one in set(why) - {"queued"}}, rule
        assert (told.members, told.messages) == (len(why), why.count("queued"))
    assert await freeze_due(now=NOON, **PLACE) == len(RULES)
    assert {rule: await outcomes(rule) for rule in RULES} == expected
    marked = await make.fetch(
        "SELECT c.rule FROM campaign c JOIN campaign_step s ON s.campaign = c.id WHERE s.is_personal"
    )
    assert {row["rule"] for row in marked} == {rule for rule, personal in RULES.items() if personal}


async def test_a_tag_named_at_the_command_line_is_as_personal_as_its_rule() -> None:
    await world(Random(24))  # noqa: S311
    for tag, personal in (("手工", False), ("再标", True), ("旧的", True)):
        async with scope(role="job"):
            audience, _ = await _audience(((), tag, None), NOON)
        assert audience.personal is personal


async def test_what_waits_is_stopped_by_a_no_where_it_goes_by_behaviour() -> None:
    refused, silent = await world(Random(24))  # noqa: S311
    for rule in ("", "门店 = S1 或 从未消费"):
        await campaign(rule)
    step = await drafted("常买", at=NOON, text="您常买的{常买}到了")
    await frozen(step, now=NOON)
    await freeze_due(now=NOON, **PLACE)
    one, other = sorted(set(range(1, PEOPLE + 1)) - refused - silent)[:2]
    await consent(other, granted=True, at=NOON, purpose="personalisation")
    # A no that is older than the newest yes, found late, is none.
    await consent(other, granted=False, at=NOON - DAY, purpose="personalisation")
    await consent(one, granted=False, at=NOON, purpose="personalisation")
    after = {name: await outcomes(name) for name in ("", "门店 = S1 或 从未消费", "常买")}
    assert [found[one] for found in after.values()] == ["queued", "not_personalised", "not_personalised"]
    assert [found[other] for found in after.values()] == ["queued"] * 3
    assert await check_all(progress=lambda *_: None) == []


async def test_who_refused_gets_no_follow_up_for_not_having_clicked_and_is_no_part_of_the_comparison() -> None:
    refused, _ = await world(Random(24))  # noqa: S311
    key = await campaign("")
    await make.execute(
        "INSERT INTO campaign_step (campaign, number, kind, follows, wait_minutes, text, scheduled_at, send_before)"
        " SELECT $1, 2, 'follow_up', s.id, 60, '还在吗', $2, $3 FROM campaign_step s WHERE s.campaign = $1",
        key, NOON + DAY / 24, NOON + DAY,
    )  # fmt: skip
    await freeze_due(now=NOON, **PLACE)
    await make.execute("UPDATE send_log SET state = 'delivered', handed_at = $1 WHERE state = 'queued'", NOON)
    await make.execute("UPDATE send_chunk SET state = 'done', accepted = size, done_at = $1", NOON)
    await freeze_due(now=NOON + DAY / 12, **PLACE)
    rows = await make.fetch(
        "SELECT l.member, l.reason FROM send_log l JOIN campaign_step s ON s.id = l.step WHERE s.number = 2"
    )
    got = {row["member"]: row["reason"] for row in rows}
    assert {one for one, why in got.items() if why == "not_personalised"} == got.keys() & refused != set()
    assert {one for one, why in got.items() if why is None} == got.keys() - refused != set()
    key = await campaign("从未消费")
    await make.execute("UPDATE campaign SET holdout = 0.5 WHERE id = $1", key)
    await freeze_due(now=NOON, **PLACE)
    held = {one for one, why in (await outcomes("从未消费")).items() if why == "holdout"}
    assert held
    assert not held & refused


async def said_to(members: list[int], text: str) -> list[str | None]:
    wave = Wave(text=text, scheduled_at=NOON, send_before=NOON + DAY)
    async with scope(role="job"):
        values = await wave_values(wave=wave, now=NOON, **PLACE)
        assert (await forecast(members=members, values=values)).messages == len(members)
        return [(one.text or "").split("/s/")[0] for one in await planned(members=members, values=values)]


async def test_texts_say_of_behaviour_nothing_to_who_refused_and_all_else_as_ever() -> None:
    """Two people alike, but for their answer: placeholder by placeholder."""
    await make.make_program()
    await make.make_store()
    for member in (1, 2):
        await make.make_member(f"+86139{member:08}", store=1)
        await consent(member, at=NOON - DAY)
        await make.sell(f"{member}", at=NOON - 50 * DAY, member=member)
    await make.execute("INSERT INTO category (id, name) VALUES (1, '水果')")
    await make.execute("INSERT INTO product (id, sku, name, category) VALUES (1, 'D1', '榴莲', 1)")
    for member in (1, 2):
        await make.execute(
            "INSERT INTO member_habit (member, counted_on, product, quarter, year) VALUES ($1, $2, 1, $2, $2)",
            member,
            TODAY,
        )
        await make.execute(
            "INSERT INTO member_interest (member, product, kind, since) VALUES ($1, 1, 'favourite', $2)", member, TODAY
        )
    await consent(2, granted=False, at=NOON - DAY, purpose="personalisation")
    words = [word for word in PLACEHOLDERS[None] if word != "opt_out"]
    told = {word: await said_to([1, 2], f"a{{{word}}}b") for word in words}
    assert {word for word, (one, other) in told.items() if one != other} == PERSONAL_PLACEHOLDERS.keys()
    assert [told[word] for word in PERSONAL_PLACEHOLDERS] == [
        ["【鲜果】a榴莲b".replace("鲜果", "回头客"), "【回头客】a心仪好物b"]
    ] * 2
    assert (await said_to([2], "{常买|好货}、{收藏|心头好}"))[0] == "【回头客】好货、心头好"


async def test_rules_of_the_night_give_who_refused_no_tag_by_behaviour_and_take_it_back() -> None:
    await make.make_program()
    await make.make_store()
    for member in (1, 2, 3):
        await make.make_member(f"+86139{member:08}", store=1)
        await make.sell(f"{member}", at=NOON - 9 * DAY, member=member)
    await make.execute("""
        INSERT INTO tag (name, rule) VALUES ('买过', '累计消费次数 >= 1'), ('住店', '门店 = S1');
        INSERT INTO member_tag (member, tag, source) VALUES (3, 1, 'manual')
    """)

    async def night(day: date, *, again: bool = False) -> dict[str, list[int]]:
        await close_nights(through=day, now=make.night_time(day), zone=make.ZONE, again=again)
        rows = await make.fetch(
            "SELECT t.name, array_agg(x.member ORDER BY x.member) AS who FROM tag t JOIN member_tag x ON x.tag = t.id GROUP BY 1"
        )
        return {row["name"]: row["who"] for row in rows}

    everybody = {"住店": [1, 2, 3], "买过": [1, 2, 3]}
    assert await night(TODAY - 3 * DAY) == everybody
    for member in (2, 3):
        await consent(member, granted=False, at=NOON - 2 * DAY, purpose="personalisation")
    without = {"住店": [1, 2, 3], "买过": [1, 3]}
    assert await night(TODAY - 2 * DAY) == without, "what staff gave stays"
    before = await make.digest()
    assert await night(TODAY - 2 * DAY, again=True) == without
    assert await make.digest() == before
    await consent(2, granted=True, at=NOON - DAY, purpose="personalisation")
    assert await night(TODAY - DAY) == everybody

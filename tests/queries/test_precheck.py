"""Which accounts can carry a text, and what stands in the way; and what single members would get."""

from datetime import date, time, timedelta

import pytest

from config.settings import settings
from queries.audience import Wave, wave_values
from queries.precheck import AccountCheck, precheck, refuse_uncarried
from queries.previews import previews
from rules.refusals import Refusal
from tables.scope import scope
from tests import make
from tests.campaigning import URL, consent

pytestmark = pytest.mark.usefixtures("db")
NOW = make.noon(date(2031, 3, 31))
TEXT = "尊敬的会员，会员日满50元减10元，18日有效。"


async def checked(text: str = TEXT, message_class: str = "marketing") -> dict[str, AccountCheck]:
    async with scope(role="job"):
        found = await precheck(text=text, message_class=message_class, now=NOW)
    return {one.account: one for one in found}


async def account(name: str, gateway: str) -> None:
    await make.execute("INSERT INTO gateway_account (name, gateway, price) VALUES ($1, $2, 0.045)", name, gateway)


async def test_each_account_says_whether_it_carries_a_text() -> None:
    await make.execute("INSERT INTO chain (name, signature) VALUES ('鲜果连锁', '鲜果')")
    assert await checked() == {}
    with pytest.raises(Refusal, match="No active account"):
        refuse_uncarried(checks=[])
    await account("cloud", "aliyun")
    [cloud] = (await checked()).values()
    assert (cloud.carries, cloud.needs_template, cloud.has_template) == (False, True, False)
    assert [one.code for one in cloud.objections] == ["signature", "template"]
    with pytest.raises(Refusal) as caught:
        refuse_uncarried(checks=[cloud])
    assert caught.value.code == "no_gateway"
    assert "报备" in caught.value.zh
    await make.execute("INSERT INTO signature (account, text, state) SELECT id, '鲜果', 'filed' FROM gateway_account")
    await make.execute(
        "INSERT INTO gateway_template (account, code, text, message_class, state)"
        " SELECT id, 'SMS_1', $1, 'marketing', 'filed' FROM gateway_account",
        f"{TEXT}拒收请回复R",
    )
    [cloud] = (await checked()).values()
    assert (cloud.carries, cloud.has_template, cloud.objections) == (True, True, ())
    assert not (await checked("尊敬的会员，周日见。"))["cloud"].carries


async def test_free_text_is_carried_by_its_own_line_while_that_is_on() -> None:
    await make.execute("INSERT INTO chain (name, signature) VALUES ('鲜果连锁', '鲜果')")
    await account("cloud", "aliyun")
    await account("own", "bridge")
    await make.execute("UPDATE gateway_account SET opens = '09:00', closes = '20:00' WHERE name = 'own'")
    both = await checked("{称呼}★{短链}")
    assert {name: one.carries for name, one in both.items()} == {"cloud": False, "own": True}
    assert both["own"].hours == (time(9), time(20))
    refuse_uncarried(checks=list(both.values()))
    await make.execute("UPDATE gateway_health SET is_paused = true")
    assert not any(one.carries for one in (await checked()).values())
    await make.execute("UPDATE gateway_account SET classes = '{notice}'")
    assert await checked() == {}
    await make.execute("UPDATE gateway_account SET classes = '{marketing}', opt_out_text = '回TD退订'")
    assert "opt_out_text" in [one.code for one in (await checked())["cloud"].objections]
    assert "long" in [one.code for one in (await checked("字" * 495))["own"].objections]


async def test_members_are_shown_word_for_word_what_they_would_get() -> None:
    await make.make_program()
    store = await make.make_store()
    first, second = [await make.make_member(f"+861390000000{n}", store=store) for n in (1, 2)]
    await make.execute("UPDATE member SET name = '张丽', title = '女士' WHERE id = $1", first)
    await make.execute("INSERT INTO chain (name, signature) VALUES ('鲜果连锁', '鲜果')")
    await account("own", "bridge")
    await consent(first, at=NOW - timedelta(days=1))
    wave = Wave(text="{称呼}您好，{常买|水果}到货{退订}", scheduled_at=NOW, send_before=NOW + timedelta(hours=5))
    async with scope(role="job"):
        values = await wave_values(wave=wave, now=NOW, zone=make.ZONE, secret=settings().secret, public_url=URL)
        shown = await previews(members=[second, first], values=values)
    assert [(one.member, one.reason, one.text) for one in shown] == [
        (second, "no_consent", ""), (first, None, "【鲜果】张丽女士您好，水果到货拒收请回复R"),
    ]  # fmt: skip
    assert (shown[1].characters, shown[1].parts, shown[1].name) == (len(shown[1].text), 1, "张丽")

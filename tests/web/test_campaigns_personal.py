"""The wizard about members who refused to be chosen by what they do: counted, named, and seen in the previews."""

from datetime import UTC, datetime, timedelta

import pytest

from tests import make
from tests.admin.conftest import LogIn
from tests.campaigning import consent
from tests.web.campaigns_desk import EDIT, chain, page, press, words, written

RULE = "门店 = S1 或 从未消费"


@pytest.mark.usefixtures("db")
async def test_the_wizard_counts_names_and_shows_who_refused(log_in: LogIn) -> None:
    await chain()
    await consent(1, granted=False, at=datetime.now(UTC) - timedelta(days=1), purpose="personalisation")
    await make.execute("INSERT INTO tag (name) VALUES ('甲'); INSERT INTO member_tag (member, tag) VALUES (1, 1)")
    await make.execute("INSERT INTO product (id, sku, name) VALUES (1, 'D1', '榴莲')")
    await make.execute(
        "INSERT INTO member_habit (member, counted_on, product, quarter, year)"
        " SELECT id, current_date, 1, current_date, current_date FROM member"
    )
    client = await log_in(role="hq_admin")
    path = await written(client)
    campaign = int(path.rsplit("/", 1)[1])
    await press(client, f"{path}/content", **{**EDIT, "text_A": "您常买的{常买|水果}11月28日到店{短链}"}, do="next")
    assert "拒绝个性化推荐" not in words(await page(client, f"{path}/check?part=report"))
    await make.execute("UPDATE campaign SET rule = '门店 = S1' WHERE id = $1", campaign)
    tests = words(await page(client, f"{path}/test"))
    assert ("您常买的榴莲11月28日" in tests, "您常买的水果11月28日" in tests) == (True, True)
    await make.execute("UPDATE campaign SET rule = $2 WHERE id = $1", campaign, RULE)
    report = words(await page(client, f"{path}/check?part=report"))
    assert "不发送的原因 1 拒绝个性化推荐" in report
    await make.execute("UPDATE campaign SET rule = $2 WHERE id = $1", campaign, f'({RULE}) 且 有标签 "甲"')
    assert "这位会员不会收到：拒绝个性化推荐" in words(await page(client, f"{path}/test"))

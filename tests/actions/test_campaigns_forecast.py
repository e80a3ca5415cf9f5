"""The forecast: what a campaign would cost, by everybody's exact text (P25)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from config.settings import settings
from queries.audience import EVERYBODY, Forecast, Wave, forecast, members_of, wave_values
from tables.scope import scope
from tests import campaigning, make
from tests.actions.test_campaigns_freeze import NOON, shop
from tests.campaigning import consent, drafted, frozen
from tests.pretend_gateway import PretendGateway, account, handed

pytestmark = pytest.mark.usefixtures("db")

HOUR = timedelta(hours=1)


async def told(text: str, **fields: object) -> Forecast:
    wave = Wave(text=text, scheduled_at=NOON, send_before=NOON + HOUR, rhythm="event")
    await account(name="pretend", **fields)
    async with scope(role="job"):
        values = await wave_values(
            wave=wave, now=NOON, zone=make.ZONE, secret=settings().secret, public_url=campaigning.URL
        )
        return await forecast(members=await members_of(audience=EVERYBODY), values=values)


async def test_p25_the_forecast_counts_each_persons_own_text_with_signature_and_opt_out_words() -> None:
    await shop(members=4)
    await consent(4, granted=False, at=NOON)
    await make.execute("UPDATE member SET name = '欧阳上官' WHERE id = 2")
    # 【鲜果时光】 and the words 回R退订 are 6 + 4 characters: 张三 has 70, 欧阳上官 72.
    short = "{name}" + "好" * 58
    found = await told(short, opt_out_text="回R退订", price=Decimal("0.05"))
    assert found == Forecast(
        members=4, left_out={"opted_out": 1}, messages=3, parts=4, long=1, longest=72, account="pretend",
        ending="回R退订", cost=Decimal("0.2000"), price=Decimal("0.0500"), lengths={70: 2, 72: 1},
    )  # fmt: skip
    await frozen(await drafted("春", at=NOON, text=short), now=NOON)
    gateway = PretendGateway()
    for _ in range(2):
        await handed(gateway, now=NOON)
    assert await make.value("SELECT sum(parts) FROM send_log") == found.parts
    assert max(len(message.text) for message in gateway.left) == found.longest


async def test_p25_an_emoji_is_two_units_and_stays_in_one_part() -> None:
    await shop(members=1)
    # 6 for the signature, so 63 others and the emoji make 71 units of 70 characters.
    assert (await told("好" * 63 + "🍓", opt_out_text="")).parts == 2
    assert (await told("好" * 62 + "🍓", opt_out_text="")).parts == 1

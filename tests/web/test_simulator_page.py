"""/simulator: who may look and play, what it shows, and that a phone's reply reaches the gateway."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import redis

from config.settings import Settings, settings
from gateways.protocol import Account, Message
from gateways.simulator import FAULTS, Simulator
from tables.access import STAFF_ROLES, STORE_ROLES, Role
from tests import make
from tests.admin.conftest import LogIn
from web.pages import frame, live, simulator
from web.pages.simulator_words import FAULTS as FAULT_WORDS
from web.pages.simulator_words import WORDS

TEMPLATES = Path(live.__file__).parent / "templates"
PHONE = "+8613912340001"


def pretend(name: str = "simulator") -> Simulator:
    return Simulator(Account(name=name, gateway="simulator", redis_url=settings().redis_url))


async def send(*texts: tuple[str, str]) -> None:
    """Texts a minute old: phone and words."""
    messages = [Message(id=n, phone=phone, text=text) for n, (phone, text) in enumerate(texts)]
    await pretend().send(messages=messages, now=datetime.now(UTC) - timedelta(minutes=1))


@pytest.fixture(autouse=True)
async def phones(db: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """An account of the pretend gateway, as every installation is born with, and two phones with a text each."""

    async def nobody_woken() -> None:
        """There is no worker here."""

    monkeypatch.setattr(simulator, "ask_soon", nobody_woken)
    await make.execute("INSERT INTO gateway_account (name, gateway) VALUES ('simulator', 'simulator')")
    with redis.Redis.from_url(settings().redis_url) as client:
        client.flushall()
        await send((PHONE, "【回头客】<b>张三</b>您好"), ("+8613912340007", "【回头客】李四您好"))
        yield
        client.flushall()


async def handle(client: httpx.AsyncClient) -> str:
    """What the page calls the first of its phones by."""
    found = re.search(r'id="phone-([0-9a-f]{16})" aria-label="139\*\*\*\*0001"', (await client.get("/simulator")).text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("role", STAFF_ROLES)
async def test_hq_alone_may_look_and_those_who_send_may_play(log_in: LogIn, role: Role) -> None:
    client = await log_in(role=role)
    answer = await client.get("/simulator")
    assert answer.status_code == (403 if role in STORE_ROLES else 200)
    assert ("您好" in answer.text) is (role not in STORE_ROLES)
    may = role in simulator.MAY_PLAY
    assert ("<form" in answer.text) is may
    reply = {"token": "t", "number": "13700137000", "text": "R"}
    assert (await client.post("/simulator/replies", data=reply)).status_code == (303 if may else 403)
    faults = {"token": "t", "account": "simulator", "down": "on"}
    assert (await client.post("/simulator/faults", data=faults)).status_code == (303 if may else 403)
    assert bool(await pretend().faults()) is may


async def test_texts_stand_under_masked_numbers_and_cannot_write_the_page(log_in: LogIn) -> None:
    page = (await (await log_in(role="hq_admin")).get("/simulator")).text
    assert "139****0001" in page
    assert "139****0007" in page
    assert not re.search(r"1391234\d{4}", page)
    assert "&lt;b&gt;张三&lt;/b&gt;您好" in page
    assert "已送达" in page
    assert "关机，未送达" in page
    assert "1 条" in page


async def test_addresses_in_a_text_are_links_and_nothing_else_is(log_in: LogIn) -> None:
    bare = settings().public_url.removeprefix("http://")
    await send((PHONE, f'看{bare}/s/Ab3。或 https://shop.example/a?b=1&c=2，javascript:alert(1) "onclick=x'))
    page = (await (await log_in(role="hq_admin")).get("/simulator")).text
    links = re.findall(r'<p class="bubble">.*?</p>', page)[0]
    assert re.findall(r'href="([^"]*)"', links) == [f"http://{bare}/s/Ab3", "https://shop.example/a?b=1&amp;c=2"]
    assert "javascript:alert(1) &#34;onclick=x" in links


async def test_a_phone_replies_to_the_account_its_text_came_from(log_in: LogIn) -> None:
    await make.execute("INSERT INTO gateway_account (name, gateway, priority) VALUES ('second', 'simulator', 2)")
    await pretend("second").send(messages=[Message(id=9, phone=PHONE, text="【回头客】二")], now=datetime.now(UTC))
    client = await log_in(role="hq_admin")
    answer = await client.post(
        "/simulator/replies", data={"token": "t", "phone": await handle(client), "text": " 退订 "}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/simulator")
    now = datetime.now(UTC)
    assert [(one.phone, one.text) for one in await pretend("second").replies(now=now)] == [(PHONE, "退订")]
    assert await pretend().replies(now=now) == []
    assert re.search(r'class="said">\s*<p class="bubble">退订</p>', (await client.get("/simulator")).text)


async def test_a_stranger_may_write_too(log_in: LogIn) -> None:
    client = await log_in(role="hq_marketing")
    await client.post("/simulator/replies", data={"token": "t", "number": "137 0013 7000", "text": "你好"})
    assert [one.phone for one in await pretend().replies(now=datetime.now(UTC))] == ["+8613700137000"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"token": "t", "number": "12345", "text": "R"}, "手机号"),
        ({"token": "t", "phone": "0" * 16, "text": "R"}, "手机号"),
        ({"token": "t", "number": "13700137000", "text": "  "}, "1 到 300"),
        ({"token": "t", "number": "13700137000", "text": "长" * 301}, "1 到 300"),
        ({"token": "other", "number": "13700137000", "text": "R"}, "页面已过期"),
        ({"number": "13700137000", "text": "R"}, "页面已过期"),
    ],
)
async def test_a_bad_reply_is_refused_and_not_kept(log_in: LogIn, fields: dict[str, str], said: str) -> None:
    answer = await (await log_in(role="hq_admin")).post("/simulator/replies", data=fields)
    assert answer.status_code == 400
    assert said in answer.text
    assert await pretend().replies(now=datetime.now(UTC)) == []


@pytest.mark.parametrize("body", [b"token=t&text=%ff", b"&".join(b"a=1" for _ in range(99)), b"\xff", b"x" * 5000])
async def test_a_broken_form_is_refused(log_in: LogIn, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await (await log_in(role="hq_admin")).post("/simulator/replies", content=body, headers=headers)
    assert answer.status_code == (413 if len(body) > live.MOST_BYTES else 400)


async def test_faults_are_those_that_were_chosen(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    chosen = {"token": "t", "account": "simulator", "slow": "on", "seconds": "12", "late": "on"}
    assert (await client.post("/simulator/faults", data=chosen)).status_code == 303
    assert await pretend().faults() == {"slow": 12, "late": 1}
    page = (await client.get("/simulator")).text
    assert re.findall(r'name="(\w+)" id="simulator-\w+" checked', page) == ["slow", "late"]
    assert 'value="12"' in page
    await client.post("/simulator/faults", data={"token": "t", "account": "simulator", "seconds": "drei"})
    assert await pretend().faults() == {}
    assert (await client.post("/simulator/faults", data={"token": "t", "account": "else"})).status_code == 404


async def test_an_empty_page_says_what_to_expect(log_in: LogIn) -> None:
    with redis.Redis.from_url(settings().redis_url) as client:
        client.flushall()
    assert WORDS["zh"]["empty"] in (await (await log_in(role="hq_admin")).get("/simulator")).text


async def test_without_an_account_there_are_no_pretend_phones(log_in: LogIn) -> None:
    await make.execute("UPDATE gateway_account SET is_active = false")
    assert (await (await log_in(role="hq_admin")).get("/simulator")).status_code == 404


async def test_the_part_that_renews_itself_is_the_one_of_the_page(log_in: LogIn) -> None:
    client = await log_in(role="hq_admin")
    whole, part = (await client.get("/simulator")).text, (await client.get("/simulator?part=live")).text
    assert part.strip() in whole
    assert "<script" not in part


async def test_the_page_speaks_the_languages_of_the_house(log_in: LogIn, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(WORDS["zh"]) == set(WORDS["en"])
    assert all(set(words) == set(FAULTS) for words in FAULT_WORDS.values())
    english = Settings(data_dir=settings().data_dir, language="en")
    for module in (simulator, frame):
        monkeypatch.setattr(module, "settings", lambda: english)
    page = (await (await log_in(role="hq_admin")).get("/simulator")).text
    assert "Pretend phones" in page
    assert "delivered" in page
    assert not re.search(r"[\u4e00-\u9fff]", re.sub(r'<p class="bubble">.*?</p>', "", page))


@pytest.mark.parametrize(
    "name", ["simulator.html", "simulator_live.html", "messages.html", "messages_live.html", "live.js"]
)
def test_the_pages_hold_no_words_of_their_own_and_ask_no_other_host(name: str) -> None:
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    assert not re.search(r"[\u4e00-\u9fff]", text)
    assert not re.search(r"https?:|[\"'(]//\w", text)

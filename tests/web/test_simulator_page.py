"""/simulator: who may look, and what it shows."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from litestar import Litestar
from litestar.di import Provide
from litestar.testing import AsyncTestClient

from config.settings import Settings, settings
from gateways.protocol import Message
from gateways.registry import gateway
from queries.staff import Identity
from tables.access import STAFF_ROLES, STORE_ROLES, Role
from web.pages import simulator
from web.pages.simulator import TEMPLATES, WORDS, simulator_page

PAGE = (Path(simulator.__file__).parent / "templates" / "simulator.html").read_text(encoding="utf-8")


@pytest.fixture
async def phones(server: None) -> AsyncIterator[None]:
    """Two pretend phones with a text a minute old."""
    with redis.Redis.from_url(settings().redis_url) as client:
        client.flushall()
    texts = (("+8613912340001", "【回头客】<b>张三</b>您好"), ("+8613912340007", "【回头客】李四您好"))
    messages = [Message(id=n, phone=phone, text=text) for n, (phone, text) in enumerate(texts)]
    await gateway(name="simulator").send(messages=messages, now=datetime.now(UTC) - timedelta(minutes=1))
    yield
    with redis.Redis.from_url(settings().redis_url) as client:
        client.flushall()


async def got(role: Role = "hq_admin") -> tuple[int, str]:
    async def staff() -> Identity:
        return Identity(staff=1, username="who", role=role, stores=(), password_is_temporary=False)

    app = Litestar(
        route_handlers=[simulator_page], dependencies={"staff": Provide(staff)}, template_config=TEMPLATES, openapi_config=None
    )  # fmt: skip
    async with AsyncTestClient(app=app) as client:
        answer = await client.get("/simulator")
    return answer.status_code, answer.text


@pytest.mark.parametrize("role", STAFF_ROLES)
async def test_hq_alone_may_look(phones: None, role: Role) -> None:
    status, page = await got(role)
    assert status == (403 if role in STORE_ROLES else 200)
    assert ("您好" in page) is (role not in STORE_ROLES)


async def test_texts_stand_under_masked_numbers_and_cannot_write_the_page(phones: None) -> None:
    _, page = await got()
    assert "139****0001" in page
    assert "139****0007" in page
    assert not re.search(r"1391234\d{4}", page)
    assert "&lt;b&gt;张三&lt;/b&gt;您好" in page
    assert "已送达" in page
    assert "关机，未送达" in page


async def test_an_empty_page_says_what_to_expect(server: None) -> None:
    with redis.Redis.from_url(settings().redis_url) as client:
        client.flushall()
    assert WORDS["zh"]["empty"] in (await got())[1]


async def test_there_are_no_pretend_phones_behind_another_gateway(
    phones: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulator, "gateway", lambda **_: object())
    assert (await got())[0] == 404


async def test_the_page_speaks_the_languages_of_the_house(phones: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(WORDS["zh"]) == set(WORDS["en"])
    english = Settings(data_dir=settings().data_dir, language="en")
    monkeypatch.setattr(simulator, "settings", lambda: english)
    _, page = await got()
    assert "Pretend phones" in page
    assert "delivered" in page
    assert "模拟" not in page


def test_the_page_holds_no_words_of_its_own_and_asks_no_other_host() -> None:
    assert not re.search(r"[\u4e00-\u9fff]", PAGE)
    assert not re.search(r"https?:|//\w", PAGE)

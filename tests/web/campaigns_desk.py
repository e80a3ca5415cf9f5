"""A small chain whose campaigns are planned in the browser, and hands that fill in the wizard's forms."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import httpx

from config.settings import settings
from tests import make
from tests.campaigning import consent

GOAL = {
    "token": "t", "name": "周末榴莲", "goal": "sell", "content_kind": "promotion", "rhythm": "event", "store": "",
    "attribution_days": "7", "budget": "", "activity_budget": "",
}  # fmt: skip
TEXT = "{称呼}，金枕榴莲11月28日到店，会员价每斤29元，详情{短链}"
EDIT = {"token": "t", "step": "1", "text_A": TEXT, "landing_A": "到店出示会员码"}


async def chain() -> None:
    """Two stores with three members each who agreed to marketing, a pretend account, and head office's own phone."""
    await make.make_program()
    now = datetime.now(UTC) - timedelta(days=30)
    for store in (await make.make_store("S1"), await make.make_store("S2")):
        people = [await make.make_member(f"+861390000{store}00{n}", store=store) for n in range(3)]
        await make.execute(
            "UPDATE member SET name = code || '会员' FROM store s WHERE s.id = home_store AND s.id = $1", store
        )
        await consent(*people, at=now)
    await make.execute(
        "INSERT INTO gateway_account (name, gateway, price, opt_out_text, classes)"
        " VALUES ('simulator', 'simulator', 0.05, '拒收请回复R', '{marketing,staff}')"
    )


def words(text: str) -> str:
    """A page as plain words, one space between them."""
    return " ".join(unescape(re.sub(r"<(script|style)[^>]*>.*?</\1>|<[^>]+>", " ", text, flags=re.DOTALL)).split())


async def page(client: httpx.AsyncClient, path: str, status: int = 200) -> str:
    answer = await client.get(path)
    assert answer.status_code == status, (path, answer.status_code, words(answer.text)[:400])
    return answer.text


async def press(client: httpx.AsyncClient, path: str, status: object = 303, **fields: object) -> httpx.Response:
    answer = await client.post(path, data={"token": "t", **fields})
    assert answer.status_code == status, (path, answer.status_code, words(answer.text)[:400])
    return answer


async def begun(client: httpx.AsyncClient, **fields: str) -> str:
    """The address of a new campaign."""
    answer = await press(client, "/campaigns/new", **{**GOAL, **fields})
    return answer.headers["location"].removesuffix("/content")


async def written(client: httpx.AsyncClient, *, store: str = "", name: str = "周末榴莲") -> str:
    """The address of a campaign with its text."""
    path = await begun(client, store=store, name=name)
    await press(client, f"{path}/content", **EDIT, do="next")
    return path


def times(*, days: int = 1) -> dict[str, str]:
    """The sixth step's fields: from ten until eight, in so many days."""
    day = datetime.now(settings().zone).date() + timedelta(days=days)
    return {"from_1": f"{day}T10:00", "until_1": f"{day}T20:00", "holdout": "0", "canary": "0"}

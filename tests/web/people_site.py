"""Two stores with members of different habits, saved segments, and campaigns of head office and of each store."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html import unescape

import httpx

from config.settings import settings
from tests import make

EVIL = "<script>alert(1)</script>"
TODAY = datetime.now(UTC).astimezone(settings().zone).date()
# Of S1: one who bought lately, one who never did; of S2: two who bought.
BUYERS = ((1, 1), (3, 2), (4, 2))


async def chain() -> None:
    """Members 1 and 2 are at home in S1, 3 and 4 in S2; all but 2 agree to marketing; 1 has a tag with an odd name."""
    await make.make_program()
    for number, store in enumerate((await make.make_store("S1"), await make.make_store("S2")), 0):
        for n in (1, 2):
            await make.make_member(f"+861390000000{number * 2 + n}", store=store)
    await make.execute("UPDATE member SET name = $1 WHERE id = 1", EVIL)
    for member, store in BUYERS:
        await make.sell(f"R{member}", at=make.noon(TODAY - timedelta(days=1)), amount="150", member=member, store=store)
        await make.execute(
            "INSERT INTO consent (member, purpose, granted, source, text_version, at) VALUES ($1, 'marketing_sms', true, 't', '1', now())",
            member,
        )
    await make.execute("INSERT INTO tag (name) VALUES ('榴莲爱好者'), ($1)", EVIL)
    await make.execute("INSERT INTO member_tag (member, tag) VALUES (1, 1)")
    # As a fresh database holds them already, only these count.
    await make.execute("DELETE FROM segment")
    await make.execute(
        "INSERT INTO segment (name, rule, members, counted_on) VALUES ('常客', '30天内消费过', 1234, $1), ('坏了', '天天都来', NULL, NULL)",
        TODAY,
    )
    campaigns: tuple[tuple[str, int | None], ...] = ((EVIL, None), ("一店活动", 1), ("二店活动", 2))
    for title, whose in campaigns:
        await make.execute("INSERT INTO campaign (name, store) VALUES ($1, $2)", title, whose)


async def page(client: httpx.AsyncClient, path: str, *, status: int = 200) -> str:
    answer = await client.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


async def sent(
    client: httpx.AsyncClient, path: str, given: Mapping[str, str] | None = None, *, status: int = 200, live: bool = False, **fields: str
) -> str:  # fmt: skip
    """What a form answers, or where it leads; `live`: as its script sends it."""
    headers = {"HX-Request": "true"} if live else {}
    answer = await client.post(path, data={"token": "t", **fields, **(given or {})}, headers=headers)
    assert answer.status_code == status, answer.text
    return str(answer.headers["location"]) if status == 303 else answer.text


def words(text: str, name: str = "") -> str:
    """A page, or the element of an id, as plain words with one space between them."""
    if name:
        found = re.search(rf'<(\w+)[^>]*\bid="{name}".*', text, re.DOTALL)
        assert found is not None, name
        text = _element(found[0], found[1])
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def _element(text: str, tag: str) -> str:
    depth = 0
    for found in re.finditer(rf"</?{tag}\b[^>]*>", text):
        depth += -1 if found[0].startswith("</") else 1
        if depth == 0:
            return text[: found.end()]
    return text


def typed(text: str) -> str:
    """What stands in the field of the rule."""
    found = re.search(r'<textarea id="rule"[^>]*>(.*?)</textarea>', text, re.DOTALL)
    assert found is not None
    return unescape(found[1])

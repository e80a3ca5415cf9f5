"""A merged person is shown both files, and whoever forgets them forgets both."""

import json
import random
from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

from actions.merges import merge
from actions.privacy import erase
from actions.privacy_file import export_member
from config.settings import settings
from queries.invariants import check_all
from tables.scope import scope
from tests import make
from tests.actions.privacy_dump import dump, spellings
from tests.actions.privacy_world import DAY, HOUR, NOW, books, join, live, open_chain

PEOPLE = {"15812345670": "诸葛澜泓", "17798765431": "欧阳婕珂"}


SECTIONS = "purchases clicks replies complaints lookups links messages notices points consents"


async def test_both_files_are_shown_and_forgotten_as_one(db: None) -> None:
    await open_chain()
    kept, gone = [await lived(phone, name) for phone, name in PEOPLE.items()]
    told = await exported(kept), await exported(gone)
    async with scope(role="hq_admin", staff=1) as connection:
        await connection.execute("SELECT deed.erasure_withdraw(id, $1) FROM member", NOW + HOUR)
        await merge(kept=kept, gone=gone, secret=settings().secret, business_date=DAY, now=NOW + HOUR)
    whole = await exported(kept)
    for section in SECTIONS.split():
        assert len(whole[section]) >= len(told[0][section]) + len(told[1][section]), section
    assert {row["name"] for row in whole["profile"]} == set(PEOPLE.values())
    # The night that forgets what went on its way to somebody who was being erased knows one from the other.
    async with scope(role="job") as connection:
        await connection.execute("SELECT deed.retention_sweep($1, 1000)", NOW + timedelta(hours=12))
    assert {**await exported(kept), "history": []} == {**whole, "history": []}
    before = await books()
    async with scope(role="hq_admin", staff=1):
        assert not (await erase(who="15812345670", secret=settings().secret, now=NOW + timedelta(hours=13))).known
    held = await dump()
    for phone, name in PEOPLE.items():
        assert not [spelt for spelt in spellings(phone=phone, name=name) if spelt in held]
    assert await books() == before
    assert [str(found) for found in await check_all(progress=lambda *_: None)] == []


async def lived(phone: str, name: str) -> int:
    member = await join(phone=phone, name=name)
    await live(member, phone=phone, name=name, chance=random.Random(phone))  # noqa: S311  nothing secret
    return member


async def exported(member: int) -> dict[str, list[dict[str, object]]]:
    async with scope(role="hq_admin", staff=1):
        body = await export_member(member=member, secret=settings().secret, zone=make.ZONE, now=NOW)
    with ZipFile(BytesIO(body)) as archive:
        held: dict[str, list[dict[str, object]]] = json.loads(archive.read("data.json"))
    return held

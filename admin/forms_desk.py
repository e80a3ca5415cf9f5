"""Who stands at the desk, in which store, and what a form may leave behind."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from actions.members_lookup import find
from admin.forms_words import card_words
from admin.screens import Words
from queries.members import Card, card
from queries.staff import Identity
from rules.refusals import Refusal
from tables.access import STORE_ROLES
from tables.scope import current

_MOST_TOLD = 20
_STORES = "SELECT id, code, name FROM store WHERE $1::bigint[] IS NULL OR id = ANY ($1) ORDER BY code"


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One form that was sent: by whom, when (aware), on which business date."""

    who: Identity
    now: datetime
    day: date
    zone: ZoneInfo
    _looked: list[int] = field(default_factory=list)

    async def member(self, phone: str) -> int:
        """The member (id) of a full phone number. What a look-up costs is kept even where the form is refused."""
        if not phone.strip():
            raise Refusal("bad_phone", "Write the member's full phone number.", "请填写会员的完整手机号。")
        found = await find(phone=phone, now=self.now, staff=self.who.staff)
        await current().execute("SAVEPOINT looked")
        self._looked.append(found.member)
        return found.member

    async def keep_look_ups(self) -> None:
        """After a no that broke the transaction: all is undone but what was looked up before it, which told something."""
        if not self._looked:
            return
        try:
            await current().execute("RELEASE SAVEPOINT looked")
        except asyncpg.InFailedSQLTransactionError:
            await current().execute("ROLLBACK TO SAVEPOINT looked")

    async def card(self, member: int) -> Card:
        """What the counter may see of a member now."""
        return await card(member=member, business_date=self.day, now=self.now)

    async def with_card(self, done: Words, *, member: int) -> Words:
        """What happened, and how the member stands now."""
        words = card_words(card=await self.card(member), today=self.day)
        return Words(done.zh + words.zh, f"{done.en} {words.en}")

    async def store(self, code: str) -> int:
        """The store (id) of a deed: the only one there is for this person, else the one whose code or name was written.

        Raises Refusal store_missing, unknown_store; the sentence says which codes there are.
        """
        own = list(self.who.stores) if self.who.role in STORE_ROLES else None
        stores = await current().fetch(_STORES, own)
        wanted = code.strip().casefold()
        if not wanted and len(stores) == 1:
            return int(stores[0]["id"])
        for store in stores:
            if wanted and wanted in {store["code"].casefold(), store["name"].casefold()}:
                return int(store["id"])
        raise _which_store(stores, given=bool(wanted))


def _which_store(stores: list[asyncpg.Record], *, given: bool) -> Refusal:
    if not stores:
        return Refusal(
            "store_missing", "You have no store yet: ask headquarters for one.", "您还没有所属门店：请联系总部设置。"
        )
    codes = [store["code"] for store in stores[:_MOST_TOLD]]
    rest = len(stores) - len(codes)
    zh = "、".join(codes) + (f" 等 {len(stores)} 家" if rest else "")
    en = ", ".join(codes) + (f" and {rest} more" if rest else "")
    if given:
        return Refusal(
            "unknown_store", f"There is no such store for you: write one of {en}.", f"您没有这家门店：可填写 {zh}。"
        )
    return Refusal("store_missing", f"Write the store's code: one of {en}.", f"请填写门店编码：可填写 {zh}。")


@asynccontextmanager
async def all_or_nothing() -> AsyncIterator[None]:
    """A deed in the middle of a scope that will be committed even when the deed is refused: then nothing of it stays."""
    connection: Any = current()
    await connection.execute("SAVEPOINT form")
    try:
        yield
    except (Refusal, asyncpg.PostgresError, asyncpg.InterfaceError):
        await connection.execute("ROLLBACK TO SAVEPOINT form")
        raise
    await connection.execute("RELEASE SAVEPOINT form")

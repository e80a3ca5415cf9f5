"""/staff: the people of one's stores – who they are, adding somebody, another role or store, a new password, leaving and back.

Who may do what the database decides (tables/sql/staff.sql); the page offers what would be allowed.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER, HTTP_400_BAD_REQUEST

from actions.staff import check_username, hashed_password, made_password
from actions.staff_deeds import add_colleague, give_password, place, set_active, staff_refusal
from config.settings import settings
from queries.staff import Identity
from queries.staff_list import ManagedStore, colleagues, managed_stores
from rules.refusals import Refusal
from tables.access import Role
from tables.scope import scope
from web.clients import client
from web.pages.frame import REFUSED
from web.pages.live import Asked, back_to, live_page, own_form
from web.pages.staff_told import Teller

MANAGERS: tuple[Role, ...] = ("hq_admin", "store_manager")
PATH = "/staff"
# Somebody may work in hundreds of stores.
_MOST_BYTES = 40_000
_DEED: dict[str, Any] = {
    "include_in_schema": False, "exception_handlers": REFUSED, "request_max_body_size": _MOST_BYTES,
}  # fmt: skip
_ID = re.compile("[0-9]{1,18}")
_TICKED = re.compile("store_([0-9]{1,18})")
_BETWEEN = re.compile(r"[\s,，、;；]+")
_LONGEST_SEARCH = 60
_OLD = Refusal("bad_request", "The page is too old: load it again.", "页面已过期：请刷新后再试。")
Fields = Mapping[str, str]


@get(PATH, include_in_schema=False, exception_handlers=REFUSED)
async def staff_page(
    request: Asked, staff: NamedDependency[Identity], named: FromQuery[str] = "", person: FromQuery[str] = ""
) -> Template:
    """The list, or what of it holds `named`; above it one `person` (id) to be managed. Raises Refusal not_allowed, unknown_staff."""
    _check(staff)
    return await _page(request, staff, named=named, person=int(person) if _ID.fullmatch(person) else None)


@post(f"{PATH}/add", status_code=HTTP_200_OK, **_DEED)
async def staff_added(request: Asked, staff: NamedDependency[Identity]) -> Template:
    """Adds somebody; the password is on this page and never again. Raises Refusal not_allowed, bad_request."""
    _check(staff)
    fields = await own_form(request=request)
    username = fields.get("username", "").strip()

    async def deed(stores: list[int], hashed: str) -> None:
        check_username(username=username)
        await add_colleague(
            username=username, hashed=hashed, role=fields.get("role", ""), stores=stores,
            last_name=fields.get("last_name", "").strip(), first_name=fields.get("first_name", "").strip(),
        )  # fmt: skip

    return await _with_password(request, staff, fields, deed, username=username)


@post(f"{PATH}/password", status_code=HTTP_200_OK, **_DEED)
async def staff_password(request: Asked, staff: NamedDependency[Identity]) -> Template:
    """Another password, on this page and never again. Raises Refusal not_allowed, bad_request."""
    _check(staff)
    fields = await own_form(request=request)
    person = _person(fields)

    async def deed(_: list[int], hashed: str) -> None:
        await give_password(staff=person, hashed=hashed)

    return await _with_password(request, staff, fields, deed, username=None)


@post(f"{PATH}/place", status_code=HTTP_303_SEE_OTHER, **_DEED)
async def staff_placed(request: Asked, staff: NamedDependency[Identity]) -> Template | Redirect:
    """Another role, other stores. Raises Refusal not_allowed, bad_request."""
    _check(staff)
    fields = await own_form(request=request)
    person, seen = _person(fields), fields.get("was_stores", "").split()
    if not all(_ID.fullmatch(one) for one in seen):
        raise _OLD

    async def deed() -> None:
        await place(
            staff=person, was_role=fields.get("was_role", ""), was_stores=[int(one) for one in seen],
            role=fields.get("role", ""), stores=await _stores(fields, staff),
        )  # fmt: skip

    return await _done(request, staff, fields, deed)


@post(f"{PATH}/active", status_code=HTTP_303_SEE_OTHER, **_DEED)
async def staff_left(request: Asked, staff: NamedDependency[Identity]) -> Template | Redirect:
    """Somebody leaves, or is back. Raises Refusal not_allowed, bad_request."""
    _check(staff)
    fields = await own_form(request=request)
    person = _person(fields)

    async def deed() -> None:
        await set_active(staff=person, active=fields.get("active") == "yes")

    return await _done(request, staff, fields, deed)


def _check(staff: Identity) -> None:
    if staff.role not in MANAGERS:
        raise staff_refusal(code="not_allowed")


def _person(fields: Fields) -> int:
    said = fields.get("person", "")
    if not _ID.fullmatch(said):
        raise _OLD
    return int(said)


@asynccontextmanager
async def _as(request: Asked, staff: Identity) -> AsyncIterator[None]:
    async with scope(role=staff.role, stores=staff.stores, staff=staff.staff, address=client(request)):
        yield


async def _stores(fields: Fields, staff: Identity) -> list[int]:
    """Ids of the stores that were ticked, or whose codes were typed."""
    codes = [code for code in _BETWEEN.split(fields.get("stores", "")) if code]
    known = {store.code: store.id for store in await managed_stores()} if codes else {}
    if any(code not in known for code in codes):
        # To a store's manager one that is not there is like one that is not theirs.
        raise staff_refusal(code="unknown_store" if staff.role == "hq_admin" else "foreign_store")
    return _ticked(fields) + [known[code] for code in codes]


def _ticked(fields: Fields) -> list[int]:
    return [int(found[1]) for name in fields if (found := _TICKED.fullmatch(name))]


async def _done(
    request: Asked, staff: Identity, fields: Fields, deed: Callable[[], Awaitable[None]]
) -> Template | Redirect:
    """Back to the person, if it is still one of theirs; or the page with the reason why not."""
    person = _person(fields)
    try:
        async with _as(request, staff):
            await deed()
            still, _ = await colleagues(staff=person)
    except Refusal as refusal:
        return await _page(request, staff, person=person, no=refusal)
    return back_to(f"{PATH}?person={person}" if still else PATH)


async def _with_password(
    request: Asked,
    staff: Identity,
    fields: Fields,
    deed: Callable[[list[int], str], Awaitable[None]],
    *,
    username: str | None,
) -> Template:
    """A deed with a password that is made here and shown once; `username`: of somebody new."""
    made = made_password()
    # Before the transaction, which would wait for it.
    hashed = await hashed_password(password=made)
    person = None if username is not None else _person(fields)
    try:
        async with _as(request, staff):
            await deed(await _stores(fields, staff), hashed)
            name = username or (await colleagues(staff=person))[0][0].username
    except Refusal as refusal:
        return await _page(request, staff, person=person, no=refusal, typed=fields)
    context = {**Teller(language=settings().language, staff=staff).secret(username=name), "password": made}
    return live_page(request=request, name="staff_password.html", context=context)


async def _page(
    request: Asked, staff: Identity, *, named: str = "", person: int | None = None, no: Refusal | None = None,
    typed: Fields | None = None,
) -> Template:  # fmt: skip
    teller = Teller(language=settings().language, staff=staff)
    asked = named.strip()[:_LONGEST_SEARCH]
    async with _as(request, staff):
        stores: list[ManagedStore] = await managed_stores()
        # What no text of ours can hold nobody is called.
        found, more = await colleagues(named=asked) if asked.isprintable() else ([], False)
        chosen = (await colleagues(staff=person))[0] if person is not None else []
    if person is not None and not chosen and no is None:
        raise staff_refusal(code="unknown_staff")
    context = teller.page(found=found, more=more, chosen=chosen, stores=stores)
    context |= {"named": asked, "no": no and getattr(no, settings().language), "typed": typed or {}}
    # Who is told no finds the form as they filled it in.
    context["picked"] = _ticked(typed) if typed else context["picked"]
    answer = live_page(request=request, name="staff.html", context=context)
    answer.status_code = HTTP_400_BAD_REQUEST if no is not None else HTTP_200_OK
    return answer


STAFF_PAGES = (staff_page, staff_added, staff_password, staff_placed, staff_left)

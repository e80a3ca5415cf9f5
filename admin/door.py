"""The door of the back office: who asks, one transaction for the whole request, and only then the stock panel.

Pure ASGI: a transaction inside Starlette's BaseHTTPMiddleware ends before a streamed answer has been read. The answer is
kept until the commit, so that nobody is told of what did not happen.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import asyncpg
import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from actions.noting import note_log_out
from actions.sessions import opened_with
from admin import lists, rewriting
from admin.bodies import checked_body
from admin.log_in import Desk
from admin.own_files import own_file
from admin.replies import Held, refusal_body, refuse, reply
from admin.screens import Language, Screen
from admin.tabs import TOKEN, NewPerson, check_opened_for
from admin.violations import from_words, sentence
from queries.staff import Identity, identify
from rules.refusals import Refusal
from tables.access import Role
from tables.scope import scope as database_scope

LOG = structlog.get_logger("admin")
_TABLE = re.compile(r"/api/tables/(?P<table>[a-z_]+)/(?:(?P<what>[^/]+)/)?")
_FORM = re.compile(r"/api/forms/[^/]+/")
# Before the log-in. The panel's own pages about its interface are not among them: they load from other hosts.
_OPEN = ("/assets/", "/public/meta/", "/public/translations/")
_CLOSED = ("/api/docs/", "/api/openapi.json", "/api/media", "/api/mfa-setup/")
# What somebody whose password must be changed may still do.
_BEFORE_PASSWORD = {"/api/user/", "/api/change-password/"}
_STOCK_READS = {"schema", "new", "references"}
_WRITES = {"POST", "PUT", "PATCH"}
_GOOD, _WRONG, _UNPROCESSABLE = 200, 400, 422


class _Undo(Exception):  # noqa: N818  not an error: the answer is a no, so nothing of it may stay
    pass


class Door:
    """An ASGI application: the stock panel behind our rules. Mounted at `/admin/`."""

    def __init__(
        self,
        *,
        panel: ASGIApp,
        screens: Mapping[str, Screen],
        links: Mapping[Role, Mapping[str, str]],
        language: Language,
        zone: ZoneInfo,
    ) -> None:
        self.panel = panel
        self.screens = screens
        self.links = links
        self.language = language
        self.zone = zone
        self.desk = Desk(language=language)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if scope.get("raw_path") == b"/admin":
            # Without the slash the screen would look for its files in the wrong place.
            await reply(send, status=307, body=b"", headers=((b"location", b"/admin/"),))
        elif path.startswith("/regulars/"):
            await own_file(path=path, screens=self.screens, language=self.language, zone=self.zone, send=send)
        elif path.startswith("/api/") and not path.startswith(_CLOSED):
            await self._api(scope, receive, send)
        elif path == "/public/login/" and scope["method"] == "POST":
            await self._proving(None, scope, receive, NewPerson(send, known=_cookie(scope, TOKEN)))
        elif path == "/public/logout/" and scope["method"] == "POST":
            await self._leaving(scope, receive, send)
        elif path == "/" or path.startswith(_OPEN):
            held = Held()
            await self.panel(scope, receive, held)
            # The names of the panel's own files change with their content.
            kept = path.startswith("/assets/") and held.status == _GOOD
            cache = b"public, max-age=31536000, immutable" if kept else b"no-store"
            await held.release(send, body=self._explained(held) if held.status >= _WRONG else None, cache=cache)
        else:
            await refuse(send, refusal=_NOT_HERE, language=self.language)

    async def _api(self, scope: Scope, receive: Receive, send: Send) -> None:
        who = await _identity(scope)
        if who is None:
            await refuse(send, refusal=_LOG_IN, language=self.language)
        elif who.password_is_temporary and scope["path"] not in _BEFORE_PASSWORD:
            await refuse(send, refusal=_CHANGE_PASSWORD, language=self.language)
        elif who.second_factor_missing and scope["path"] not in _BEFORE_PASSWORD:
            await refuse(send, refusal=_SET_UP_FACTOR, language=self.language)
        elif scope["path"] == "/api/change-password/" and scope["method"] == "POST":
            scope["staff"] = who
            await self._proving(who, scope, receive, send)
        else:
            scope["staff"] = who
            structlog.contextvars.bind_contextvars(staff=who.staff)
            await self._inside(who, scope, receive, send)

    async def _proving(self, who: Identity | None, scope: Scope, receive: Receive, send: Send) -> None:
        async def inside(again: Receive, answer: Send) -> None:
            await self._inside(who, scope, again, answer)

        username = None if who is None else who.username
        agent = dict(scope["headers"]).get(b"user-agent", b"").decode("latin-1")
        with opened_with(agent=agent):
            await self.desk(username=username, address=_address(scope), receive=receive, send=send, inside=inside)

    async def _leaving(self, scope: Scope, receive: Receive, send: Send) -> None:
        who = await _identity(scope)
        await self._inside(None, scope, receive, send)
        if who is not None and await _identity(scope) is None:
            async with database_scope(role=who.role, stores=who.stores, staff=who.staff, address=_address(scope)):
                await note_log_out(staff=who.staff)

    async def _inside(self, who: Identity | None, scope: Scope, receive: Receive, send: Send) -> None:
        role: Role = "door" if who is None else who.role
        stores, staff = ((), None) if who is None else (who.stores, who.staff)
        held = Held()
        try:
            if who is not None:
                check_opened_for(who=who, method=scope["method"], headers=dict(scope["headers"]))
            if scope["method"] in _WRITES:
                receive = await checked_body(receive)
            async with database_scope(role=role, stores=stores, staff=staff, address=_address(scope)):
                body = await self._answer(who, scope, receive, held)
                if held.status >= _WRONG and not _keeps(scope, held):
                    raise _Undo
        except _Undo:
            pass
        except Refusal as refusal:
            return await refuse(send, refusal=refusal, language=self.language)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            return await refuse(send, refusal=sentence(error=error), language=self.language)
        await held.release(send, body=body)
        return None

    async def _answer(self, who: Identity | None, scope: Scope, receive: Receive, held: Held) -> bytes | None:
        """Runs the request into `held`; returns the body that takes the place of the stock one, if any."""
        if who is not None and scope["method"] in {"GET", "HEAD"}:
            own = await self._own(who, scope)
            if own is not None:
                await reply(held, status=_GOOD, body=own)
                return own
        await self.panel(scope, receive, held)
        return await self._reworded(who, scope, held)

    async def _own(self, who: Identity, scope: Scope) -> bytes | None:
        """What our own layer answers in place of the stock one."""
        path = scope["path"]
        if path == "/api/tables/":
            return rewriting.tables(screens=self.screens, role=who.role)
        if path == "/api/tables/grouped/":
            return rewriting.tables_grouped(screens=self.screens, role=who.role, language=self.language)
        if path == "/api/links/":
            return json.dumps(self.links.get(who.role, {}), ensure_ascii=False).encode()
        found = _TABLE.fullmatch(path)
        if found is None or found["what"] in _STOCK_READS:
            return None
        screen = self.screens.get(found["table"])
        if screen is None or "r" not in rewriting.rights(table=screen.tablename, role=who.role):
            raise _NOT_HERE
        params = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        return await lists.answer(
            screen=screen, screens=self.screens, what=found["what"] or "rows", params=params, role=who.role,
            language=self.language, zone=self.zone,
        )  # fmt: skip

    async def _reworded(self, who: Identity | None, scope: Scope, held: Held) -> bytes | None:
        path, status = scope["path"], held.status
        if who is not None and status == _GOOD and scope["method"] == "GET":
            found = _TABLE.fullmatch(path)
            if found is not None and found["what"] == "schema" and found["table"] in self.screens:
                screen = self.screens[found["table"]]
                return await rewriting.schema(body=held.body, screen=screen, language=self.language)
            if path == "/api/forms/":
                return rewriting.forms(body=held.body, role=who.role)
            if path == "/api/forms/grouped/":
                return rewriting.forms_grouped(body=held.body, role=who.role)
        if status >= _WRONG:
            return self._explained(held)
        return None

    def _explained(self, held: Held) -> bytes | None:
        """A stock error with a sentence in both languages beside it."""
        try:
            content = json.loads(held.body)
        except ValueError:
            content = {"detail": held.body.decode(errors="replace")}
        if not isinstance(content, dict) or "zh" in content:
            return None
        refusal = from_words(status=held.status, content=content)
        # What the stock screen would show in place of the sentence is left out.
        kept = {key: said for key, said in content.items() if key != "db_error" and not isinstance(said, list)}
        return refusal_body(refusal=refusal, language=self.language, extra=kept)


def _keeps(scope: Scope, held: Held) -> bool:
    """A refused form undid its own deed; what it looked up on the way is kept and counted."""
    return scope["method"] == "POST" and held.status == _UNPROCESSABLE and _FORM.fullmatch(scope["path"]) is not None


def _cookie(scope: Scope, wanted: str) -> str:
    cookies = SimpleCookie()
    try:
        for name, value in scope["headers"]:
            if name == b"cookie":
                cookies.load(value.decode("latin-1"))
    except CookieError:
        return ""
    return cookies[wanted].value if wanted in cookies else ""


async def _identity(scope: Scope) -> Identity | None:
    token = _cookie(scope, "id")
    return await identify(token=token, now=datetime.now(UTC)) if token else None


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return "" if client is None or client[0] in {"testclient", ""} else str(client[0])


_LOG_IN = Refusal(code="unauthorized", en="Please log in.", zh="请先登录。")
_CHANGE_PASSWORD = Refusal(
    code="password_is_temporary", en="Please choose a password of your own first.", zh="请先修改初始密码。"
)
_SET_UP_FACTOR = Refusal(
    code="second_factor_missing",
    en="HQ administrators need a second factor here: set it up under My account (/account).",
    zh="总部管理员须开启两步验证：请先在「我的账号」(/account) 中设置。",
)
_NOT_HERE = Refusal(code="not_found", en="It is not there, or not for you to see.", zh="不存在，或您无权查看。")

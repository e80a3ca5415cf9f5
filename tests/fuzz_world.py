"""The chain that a fuzzer plays with, who asks, and all that there is to be asked."""

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from litestar.routes import HTTPRoute

from admin.registry import SCREENS
from config.settings import settings
from rules.hooks import hook_token
from tables.access import STAFF_ROLES, STORE_ROLES, Role
from tables.scope import scope
from tables.sessions import Session
from tests import make
from tests.admin.two_stores import two_stores
from tests.fuzz_sending import Sent, call, identified
from tests.web.api.tills import add_till
from web.requests import RequestLog

# Stands in the rows of the other store, and in nothing that is sent.
FOREIGN = "外店"
_MARKED = f"""
UPDATE member SET name = '{FOREIGN}客人' WHERE id = 2;
UPDATE store SET name = '{FOREIGN}' WHERE id = 2;
UPDATE campaign SET name = '{FOREIGN}活动' WHERE id = 2;
UPDATE campaign_step SET text = '{FOREIGN}八折' WHERE id = 2;
UPDATE reply SET text = '{FOREIGN}回复', note = '{FOREIGN}备注' WHERE id = 2;
UPDATE gateway_account SET credentials = '';
"""
_STAFF = """
INSERT INTO staff (username, password, role, active, admin, superuser, password_is_temporary)
VALUES ($1, 'pbkdf2_sha256$1$a$b', $2::text, true, true, $2::text = 'hq_admin', false) RETURNING id
"""
Fields = list[tuple[str, str]]


@dataclass(frozen=True)
class Route:
    """A method and a path of ours with the names of its parameters."""

    method: str
    path: str
    names: list[str]

    @property
    def of_machines(self) -> bool:
        return self.path.startswith(("/api/v1/", "/hooks/"))


@dataclass
class World:
    """`tokens`: of a session of each role; `rows`: one of each table as JSON; `forms`: what the pages' forms hold, by address."""

    app: RequestLog
    tokens: dict[Role, str] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    hook: str = ""
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    routes: list[Route] = field(default_factory=list)
    forms: dict[str, list[Fields]] = field(default_factory=dict)


async def token(role: Role) -> str:
    """A session of somebody new; of store 1 where the role is a store's."""
    number = await make.value("SELECT count(*) FROM staff")
    staff = await make.value(_STAFF, f"{role}{number}", role)
    if role in STORE_ROLES:
        await make.execute("INSERT INTO staff_store (staff, store) VALUES ($1, 1)", staff)
    async with scope(role="door"):
        session = await Session.create_session(staff)
    return str(session.token)


async def world(app: RequestLog) -> World:
    """Two stores, somebody of each role, two tills and a gateway."""
    await two_stores()
    await make.execute(_MARKED)
    found = World(app, hook=hook_token(secret=settings().secret, account="simulator"), routes=_routes(app))
    for role in STAFF_ROLES:
        found.tokens[role] = await token(role)
    found.keys = [(await add_till(name, store=store, app=app)).key for name, store in (("t", "S1"), ("p", None))]
    for table in SCREENS:
        for row in await make.fetch(f"SELECT to_jsonb(t)::text AS row FROM {table} t ORDER BY t LIMIT 1"):
            found.rows[table] = json.loads(row["row"].replace(FOREIGN, ""))
    for route in found.routes:
        if route.method == "GET" and not route.of_machines:
            await _harvest(found, route)
    return found


def _routes(app: RequestLog) -> list[Route]:
    """All but the probes of the house and the panel's mount."""
    found = []
    for route in app.app.routes:  # type: ignore[attr-defined]  # wrapped in the request log
        if isinstance(route, HTTPRoute) and route.path not in {"/healthz", "/readyz", "/metrics"}:
            for handler in route.route_handlers:
                names = [
                    name
                    for name in handler.parsed_fn_signature.parameters
                    if name not in {"request", "staff", "key", "state", "scope"} and f"{{{name}:" not in route.path
                ]
                found += [Route(method, route.path, names) for method in sorted(handler.http_methods)]
    return sorted(found, key=lambda one: (one.path, one.method))


async def _harvest(found: World, route: Route) -> None:
    path = numbered(route.path, "1")
    for role in ("hq_admin", "store_manager"):
        sent = Sent(method="GET", path=path.encode(), template=route.path, headers=identified(found.tokens[role]))
        answer = await call(found.app, sent)
        if answer.kind == "text/html":
            parser = _Forms()
            parser.feed(answer.body.decode())
            for action, fields in parser.found:
                address = re.sub(r"\d+", "#", action.partition("#")[0].partition("?")[0] or path)
                found.forms.setdefault(address, []).append(fields)


def numbered(path: str, number: str) -> str:
    """A route's path with something in its places."""
    return re.sub(r"\{[^}]*\}", lambda _: number, path)


class _Forms(HTMLParser):
    """The forms of a page: where they go, and their fields as they stand."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, Fields]] = []
        self._select = ""
        self._open = self._writing = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form" and said.get("method") == "post":
            self.found.append((said.get("action", ""), []))
            self._open = True
        if not self._open:
            return
        if "formaction" in said:
            self.found.append((said["formaction"], self.found[-1][1]))
        if tag == "select":
            self._select = said.get("name", "")
        if tag in {"input", "button", "textarea", "option"}:
            name = self._select if tag == "option" else said.get("name", "")
            self.found[-1][1].append((name, said.get("value", "")))
        self._writing = tag == "textarea"

    def handle_data(self, data: str) -> None:
        if self._writing:
            self.found[-1][1][-1] = (self.found[-1][1][-1][0], data.strip())

    def handle_endtag(self, tag: str) -> None:
        self._writing = False
        self._open = self._open and tag != "form"

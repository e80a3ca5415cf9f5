"""Requests that look like those of our own pages, tills and gateways, but for one thing or two."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from admin.forms import FORMS
from admin.registry import SCREENS
from tests.fuzz_sending import CSRF, Headers, Sent
from tests.fuzz_values import BODIES, HEADERS, KINDS, Odd, dumped, encoded
from tests.fuzz_world import Route, World, numbered

Drawn = Callable[[Odd, World], Sent]
_JSON, _FORM = b"application/json", b"application/x-www-form-urlencoded"
_SETTINGS = (
    "__order", "__page", "__page_size", "__readable", "__visible_fields", "__cursor", "__previous", "search", "limit", "offset", "zz",
    "__range_header", "__range_header_name",
)  # fmt: skip
_OPERATORS = ("e", "ne", "lt", "lte", "gt", "gte", "is_null", "not_null", "contains", "exact", "starts", "ends", "true")
_FIELDS = ("do", "act", "phone", "member", "store", "step", "rule")
# Of a table: what is read, besides one of its rows.
_VIEWS = ("", "", "count/", "ids/", "schema/", "new/", "references/", "1/", "2/")
_TYPED: dict[str, tuple[str, ...]] = {
    "phone": ("13900000001", "13900000002"), "store": ("S1", "S2", ""), "sold_at": ("S1", "S2", ""), "receipt_no": ("R1", "R2", "N1"),
    "amount": ("1", "100"), "points": ("1", "10"), "reward": ("果篮", ""), "reason": ("顾客要求",), "number": ("1", "2"), "member": ("1", "2"),
    "refund_no": ("F1",), "text": ("你好",), "reply": ("1", "2"), "code": ("123456",),
}  # fmt: skip
_LINE = {"sku": "P1", "quantity": "1", "amount": "10.00"}
_TILL: dict[str, Any] = {
    "store": "S1", "receipt_no": "R1", "purchased_at": "2026-03-02T10:00:00+08:00", "member_phone": "13900000001", "phone": "13900000001",
    "lines": [_LINE], "refund_no": "F1", "reference": "X1", "points": 1, "amount": "1", "name": "李", "home_store": "S1",
    "consents": [{"purpose": "marketing_sms", "text_version": "1"}], "redeem": {"points": 1},
}  # fmt: skip
_NEWS = {
    "id": "1",
    "number": "13900000001",
    "phone": "13900000001",
    "state": "DELIVRD",
    "text": "R",
    "at": "2026-03-02 10:00:00",
}
# Where the panel answers beside its tables and forms.
_PANEL = (
    "/admin", "/admin/", "/admin//", "/admin/x", "/admin/%2e%2e/%2e%2e", "/admin/assets/", "/admin/assets/../x/", "/admin/assets/%00/",
    "/admin/regulars/%00", "/admin/regulars/screen.js", "/admin/public/meta/", "/admin/public/translations/",
    "/admin/public/translations/%00/", "/admin/public/translations/zh-cn/", "/admin/public/login/", "/admin/public/logout/",
    "/admin/api/user/", "/admin/api/links/", "/admin/api/forms/", "/admin/api/forms/grouped/", "/admin/api/forms/%00/",
    "/admin/api/forms/%ff/schema/", "/admin/api/tables/", "/admin/api/tables/grouped/", "/admin/api/tables/zz/",
    "/admin/api/tables/%00/", "/admin/api/", "/admin/api/media/", "/admin/api/media/generate-file-url/", "/admin/api/mfa-setup/",
    "/admin/api/change-password/", "/admin/api/openapi.json", "/admin/api/docs/oauth2-redirect", "/admin/public/docs/",
)  # fmt: skip
_METHODS = ("GET", "GET", "POST", "PUT", "DELETE", "OPTIONS")


def _sent(odd: Odd, *, method: str, path: str, template: str, query: bytes = b"", body: bytes = b"", kind: bytes = _JSON,
          said: Headers = ()) -> Sent:  # fmt: skip
    if body and odd.often(0.06):
        body = odd.choice(BODIES)
    headers = ((b"content-type", odd.choice(KINDS) if odd.often(0.06) else kind),) if body else ()
    if odd.often(0.06):
        headers = (*headers, odd.choice(HEADERS))
    return Sent(
        method=method, path=path.encode(), template=template, query=query, body=body, headers=(*said, *headers), address=odd.address()
    )  # fmt: skip


def page(odd: Odd, world: World, route: Route, *, place: str = "") -> Sent:
    """A page of ours, or a form of one; `place`: the number in its path."""
    path = numbered(route.path, place or odd.place())
    body = _filled(odd, world, route) if route.method == "POST" else b""
    query = b"" if place else odd.query([*route.names, "page", "part", "x"])
    return _sent(odd, method=route.method, path=path, template=route.path, query=query, body=body, kind=_FORM)


def _filled(odd: Odd, world: World, route: Route) -> bytes:
    forms = world.forms.get(numbered(route.path, "#"), [[]])
    fields = dict(odd.choice(forms))
    names = [*(name for one in forms for name, _ in one if name), *_FIELDS]
    fields |= {name: value for one in forms for name, value in one if odd.often(0.3)}
    fields |= {odd.choice(names): odd.text() for _ in range(odd.randrange(3))}
    pairs = [*(fields | {"token": CSRF}).items()]
    return encoded(pairs + odd.choices(pairs, k=2) if odd.often(0.1) else pairs)


def machine(odd: Odd, world: World, route: Route) -> Sent:
    """A till, or a gateway, that has its key."""
    body = {name: value for name, value in _TILL.items() if odd.often(0.8)}
    body |= {odd.choice([*_TILL, "zz"]): odd.json() for _ in range(odd.randrange(3))}
    whole: Any = {"purchases": [body] * odd.randrange(3)} if route.path.endswith("batch") else body
    if route.path.startswith("/hooks/"):
        whole = odd.choice((odd.json(), [_NEWS | {odd.choice([*_NEWS]): odd.json()}]))
        path = numbered(route.path, "simulator")
        query = encoded([("token", world.hook)]) + b"&" + odd.query([*_NEWS])
        return _sent(odd, method=route.method, path=path, template=route.path, query=query, body=dumped(whole))
    key = ((b"authorization", f"Bearer {odd.choice(world.keys)}".encode()),)
    path = numbered(route.path, odd.place())
    query, sent = odd.query([*route.names, "store"]), b"" if route.method == "GET" else dumped(whole)
    return _sent(odd, method=route.method, path=path, template=route.path, query=query, body=sent, said=key)


def view(odd: Odd, _world: World) -> Sent:
    """A list of the back office with filters, or what the screen asks beside it."""
    table = odd.choice([*SCREENS])
    names = [str(column._meta.name) for column in SCREENS[table].table._meta.columns]
    what = odd.choice((*_VIEWS, f"{odd.place()}/"))
    pairs = []
    for _ in range(odd.randrange(4)):
        name = odd.choice((*names, *_SETTINGS)) + odd.choice(("", "", "", "__operator", "__match", "[]", "__zz"))
        known = odd.choice((*_OPERATORS, *names, *(f"-{one}" for one in names)))
        pairs.append((name, known if odd.often(0.4) else odd.text()))
    query = odd.query(["id"]) if odd.often(0.05) else encoded(pairs)
    path = f"/admin/api/tables/{table}/{what}"
    return _sent(odd, method=odd.choice(("GET",) * 9 + ("HEAD",)), path=path, template=f"/{table}/", query=query)


def edit(odd: Odd, world: World) -> Sent:
    """A row of the back office made, changed, replaced or deleted."""
    table, method = (
        odd.choice([*SCREENS]),
        odd.choice(("POST", "POST", "PATCH", "PATCH", "PATCH", "PUT", "DELETE", "OPTIONS")),
    )
    known = world.rows.get(table, {})
    row = {name: value for name, value in known.items() if name != "id" and (method != "PATCH" or odd.often(0.2))}
    if method == "POST":
        # Another one like it: else most would only be there already.
        row = {
            n: f"{v[:3]}{odd.randrange(10**6)}" if isinstance(v, str) and odd.often(0.3) else v for n, v in row.items()
        }
    names = [str(column._meta.name) for column in SCREENS[table].table._meta.columns]
    row |= {odd.choice([*names, "zz"]): odd.json() for _ in range(odd.randrange(3))}
    place = "" if method == "POST" or odd.often(0.05) else f"{odd.place()}/"
    body = b"" if method == "DELETE" else dumped(row)
    return _sent(odd, method=method, path=f"/admin/api/tables/{table}/{place}", template=f"/{table}/", body=body)


def form(odd: Odd, _world: World) -> Sent:
    """A form of the counter."""
    asked = odd.choice(FORMS)
    typed = {
        name: odd.choice(_TYPED.get(name, ("", "1"))) if odd.often(0.7) else odd.json() for name in asked.all_fields()
    }
    path = f"/admin/api/forms/{quote(asked.slug('zh'))}/"
    kept = {name: value for name, value in typed.items() if odd.often(0.95)}
    return _sent(odd, method="POST", path=path, template=asked.slug("en"), body=dumped(kept))


def panel(odd: Odd, _world: World) -> Sent:
    """Whatever else the panel answers; passwords are few, each keeps a core busy."""
    path, body = odd.choice(_PANEL), dumped(odd.json())
    if "login" in path or "password" in path:
        body = dumped({"username": odd.json(), "password": odd.json(), "mfa_code": odd.json()})
    return _sent(odd, method=odd.choice(_METHODS), path=path, template=path, body=body)

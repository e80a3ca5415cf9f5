"""Every page asks who it is, every address of the API for a key, or it stands on this list."""

from inspect import signature

from litestar.routes import ASGIRoute, HTTPRoute

from app import make_app

# What a member follows from a text: the code is the key.
LINKS = {"/s/{code:str}", "/s/{code:str}/optout", "/s/{code:str}/personal"}
# Gateways know the secret of their account, which is asked for before anything is read.
HOOKS = {"/hooks/{gateway:str}/reports", "/hooks/{gateway:str}/replies"}
# `/admin/` has a door of its own, which tests/admin tries.
PUBLIC = {*LINKS, *HOOKS, "/", "/admin", "/healthz", "/readyz", "/metrics", "/api/openapi.json"}


def test_every_page_asks_for_a_log_in_or_is_public() -> None:
    open_pages = set()
    for route in make_app().app.routes:  # type: ignore[attr-defined]  # wrapped in the request log
        assert isinstance(route, HTTPRoute | ASGIRoute)
        # Litestar answers OPTIONS by itself.
        pages = (
            [one.fn for one in route.route_handlers if one.http_methods != {"OPTIONS"}]
            if isinstance(route, HTTPRoute)
            else []
        )
        who = "key" if route.path.startswith("/api/") else "staff"
        if not pages or not all(who in signature(page).parameters for page in pages):
            open_pages.add(route.path.rstrip("/") or "/")
    assert open_pages == PUBLIC

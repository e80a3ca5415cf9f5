"""The web process: mounts the back office, the pages and the probes."""

import gc

import uvicorn
from litestar import Litestar, asgi, get
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import NotAuthorizedException
from litestar.response import Redirect
from litestar.types import Receive, Scope, Send

from admin.panel import back_office
from config.logging import configure_logging
from config.settings import settings
from gateways.registry import known
from tables.scope import database
from web import connections, login
from web.health import healthz, metrics, readyz
from web.metrics import Metrics
from web.pages.astray import ASTRAY
from web.pages.simulator import TEMPLATES
from web.requests import RequestLog, internal_error
from web.site import PAGES, api

configure_logging()


@get("/", include_in_schema=False)
async def root() -> Redirect:
    return Redirect("/admin/")


def make_app() -> RequestLog:
    """The whole web process; refuses to start with a gateway that nobody knows."""
    known(kind=settings().gateway)
    door = back_office(settings=settings())

    @asgi("/admin/", is_mount=True, copy_scope=True)
    async def admin(scope: Scope, receive: Receive, send: Send) -> None:
        await door(scope, receive, send)  # type: ignore[arg-type]  # ASGI twice, typed by two frameworks

    counted = Metrics()
    site = Litestar(
        route_handlers=[root, admin, healthz, readyz, metrics, *api(rate=settings().api_rate), *PAGES],
        dependencies={"staff": Provide(login.staff)},
        exception_handlers={500: internal_error, NotAuthorizedException: login.to_login, **ASTRAY},
        state=State({"metrics": counted, "screens": door.screens}),
        template_config=TEMPLATES,
        lifespan=[lambda _: database(max_size=10)],
        logging_config=None,
        openapi_config=None,
    )
    return RequestLog(site, metrics=counted, https=settings().public_url.startswith("https:"))


if __name__ == "__main__":
    app, http = make_app(), connections.Connection
    gc.freeze()  # what is here for good is not looked through again: that would hold every till up for 0.2 s
    uvicorn.run(app, host=settings().host, port=settings().port, log_config=None, access_log=False, http=http)

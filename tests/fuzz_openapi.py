"""Requests that Schemathesis makes from the panel's own OpenAPI: as described, and against it."""

from collections.abc import Callable
from typing import Any

import requests
import schemathesis
from fastapi.openapi.utils import get_openapi
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from schemathesis import GenerationMode
from schemathesis.schemas import APIOperation

from admin.panel import back_office
from config.settings import settings
from tests.fuzz_sending import Sent

PANEL, SITE = "http://localhost/admin/api", "http://localhost"
_PHASES = [Phase.explicit, Phase.generate]


def openapi_of(*, tables: tuple[str, ...] | None) -> dict[str, Any]:
    """What the stock panel says of itself; nobody can fetch it, the door keeps it shut. `tables`: only theirs, None for all."""
    panel: Any = next(route for route in _panel().routes if getattr(route, "path", "") == "/api").app
    while not hasattr(panel, "openapi"):
        panel = panel.app
    kept = ("/",) if tables is None else tuple(f"/tables/{table}/" for table in tables)
    routes = [route for route in panel.routes if getattr(route, "path", "").startswith(kept)]
    return get_openapi(title=panel.title, version=panel.version, routes=routes)


def _panel() -> Any:
    return back_office(settings=settings()).panel


def schemathesis_cases(*, schema: dict[str, Any], at: str, examples: int, ask: Callable[[Sent], None]) -> None:
    """Asks each operation below the address `at` so often as described, and so often otherwise where anything can be."""
    for found in schemathesis.openapi.from_dict(schema).get_all_operations():
        operation: APIOperation[Any, Any, Any, Any] = found.ok()  # type: ignore[union-attr]  # the description is sound
        for mode in GenerationMode:
            if mode is GenerationMode.POSITIVE or operation.body or operation.query:
                _asked(operation, mode=mode, examples=examples, ask=lambda case: ask(_sent(case, at=at)))


def _asked(
    operation: "APIOperation[Any, Any, Any, Any]",
    *,
    mode: GenerationMode,
    examples: int,
    ask: "Callable[[schemathesis.Case[Any]], None]",
) -> None:
    @hypothesis_settings(
        max_examples=examples, derandomize=True, database=None, deadline=None, phases=_PHASES,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def each(case: "schemathesis.Case[Any]") -> None:
        ask(case)

    each()


def _sent(case: "schemathesis.Case[Any]", *, at: str) -> Sent:
    """The case as bytes, as an HTTP client would write it."""
    told = requests.Request(**case.as_transport_kwargs(base_url=at)).prepare()
    path, _, query = (told.path_url or "/").encode("ascii", "replace").partition(b"?")
    body = told.body.encode() if isinstance(told.body, str) else told.body
    kind = str(told.headers.get("Content-Type", "application/json")).encode("latin-1", "replace")
    return Sent(
        method=str(told.method), path=path, template=case.operation.path, query=query,
        body=body if isinstance(body, bytes) else b"", headers=((b"content-type", kind),),
    )  # fmt: skip

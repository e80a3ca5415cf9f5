"""/api/openapi.json: what the API is, in the words of OpenAPI. The schemas are those that msgspec checks bodies by."""

from functools import cache
from typing import Any

import msgspec
from litestar import Litestar, Response, get
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

from web.api import answers, bodies
from web.api.routes import V1, routes

ABOUT = (
    "给收银机和合作方的接口：会员、消费、退货、兑换。金额为字符串。每个请求可安全重试：相同内容得到相同答复。"
    " For tills and partners. Money is a string. Every request is safe to repeat: the same again gets the same answer."
    " Errors are RFC 9457 problem details with a stable `code`."
)
_BODIES = {
    "/members": "MemberBody",
    "/purchases": "PurchaseBody",
    "/purchases/batch": "BatchBody",
    "/purchases/{receipt_no}/refunds": "RefundBody",
    "/redemptions": "RedemptionBody",
}
_ROOTS = [
    *(getattr(bodies, name) for name in _BODIES.values()),
    answers.Card, answers.Purchased, answers.Refunded, answers.Redeemed, answers.Cancelled, answers.Problem,
    answers.Taken, answers.NotTaken,
]  # fmt: skip


@get("/api/openapi.json", include_in_schema=False)
async def openapi() -> Response[bytes]:
    """The description, made when it is first asked for."""
    return Response(_document(), media_type="application/vnd.oai.openapi+json", headers={"Cache-Control": "no-cache"})


@cache
def _document() -> bytes:
    config = OpenAPIConfig(
        title="Regulars 回头客",
        version="1",
        description=ABOUT,
        components=Components(security_schemes={"key": SecurityScheme(type="http", scheme="bearer")}),
        security=[{"key": []}],
        use_handler_docstrings=True,
    )
    drawn: dict[str, Any] = Litestar(
        [routes(rate=1)], openapi_config=config, logging_config=None
    ).openapi_schema.to_schema()
    _, schemas = msgspec.json.schema_components(_ROOTS, ref_template="#/components/schemas/{name}")
    schemas["Batch"] = {
        "type": "object", "required": ["results"], "description": answers.Batch.__doc__,
        "properties": {"results": {"type": "array", "items": {"anyOf": [
            {"$ref": "#/components/schemas/Taken"}, {"$ref": "#/components/schemas/NotTaken"}]}}},
    }  # fmt: skip
    drawn["components"]["schemas"] = schemas
    for path, name in _BODIES.items():
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
        drawn["paths"][V1 + path]["post"]["requestBody"] = {"required": True, "content": content}
    return msgspec.json.encode(drawn)

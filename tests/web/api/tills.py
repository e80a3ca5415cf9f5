"""Tills that speak to the API over HTTP, in this process."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from litestar import Litestar

from actions.keys import add_key
from tables.scope import scope
from tests import make
from web.metrics import Metrics
from web.pages.astray import ASTRAY
from web.requests import RequestLog, internal_error
from web.site import api

PROBLEM = "application/problem+json"


def application(*, rate: int = 6000) -> RequestLog:
    """The web process without its pages."""
    site = Litestar(
        api(rate=rate), exception_handlers={500: internal_error, **ASTRAY}, openapi_config=None, logging_config=None
    )
    return RequestLog(site, metrics=Metrics())


@dataclass(frozen=True)
class Till:
    """One that shows a key; `store` is what its receipts say."""

    client: httpx.AsyncClient
    store: str
    key: str

    async def post(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        return await self.client.post(f"/api/v1/{path}", json=body)

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(f"/api/v1/{path}")

    async def buy(self, receipt_no: str = "R1", **said: Any) -> httpx.Response:
        """A purchase of 100 yuan by member 1 unless it says something else; what is None is left out."""
        return await self.post("purchases", self.receipt(receipt_no, **said))

    def receipt(self, receipt_no: str = "R1", *, amount: Any = "100", **said: Any) -> dict[str, Any]:
        full = {
            "store": self.store, "receipt_no": receipt_no, "purchased_at": NOW, "member_phone": "13900000001",
            "lines": [{"amount": amount, "quantity": "1"}], **said,
        }  # fmt: skip
        return {name: value for name, value in full.items() if value is not None}

    async def redeem(self, reference: str = "X1", **said: Any) -> httpx.Response:
        """30 points of member 1 unless it says something else."""
        wish = {} if "reward" in said else {"points": 30}
        body = {"store": self.store, "reference": reference, "member_phone": "13900000001", **wish, **said}
        return await self.post("redemptions", body)

    async def refund(self, receipt_no: str = "R1", refund_no: str = "F1", **said: Any) -> httpx.Response:
        return await self.post(f"purchases/{receipt_no}/refunds", {"store": self.store, "refund_no": refund_no, **said})

    async def cancel(self, reference: str = "X1", store: str | None = None) -> httpx.Response:
        return await self.client.delete(f"/api/v1/redemptions/{reference}", params={"store": store or self.store})


NOW = datetime.now(make.ZONE).replace(microsecond=0).isoformat()


async def add_till(name: str, *, store: str | None, app: RequestLog) -> Till:
    """A till with a new key; a partner's (None) says S1 unless told otherwise."""
    async with scope(role="hq_admin"):
        key = await add_key(name=name, store=store, hq=store is None)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # ASGI, typed twice
    client = httpx.AsyncClient(transport=transport, base_url="http://test", headers={"Authorization": f"Bearer {key}"})
    return Till(client=client, store=store or "S1", key=key)


def told(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal, whose form is looked at too."""
    body = answer.json()
    assert answer.headers["content-type"] == PROBLEM
    assert set(body) == {"type", "title", "status", "detail", "detail_zh", "code"}
    assert (body["status"], body["type"]) == (answer.status_code, f"urn:regulars:problem:{body['code']}")
    assert body["detail"]
    assert any("\u4e00" <= letter <= "\u9fff" for letter in body["detail_zh"])
    return answer.status_code, body["code"]

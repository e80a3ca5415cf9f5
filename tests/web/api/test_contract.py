"""The API keeps the word that its description gives, whatever is sent: bodies made from the description, and against it."""

import asyncio
from collections import Counter
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from queries.invariants import check_all
from tests import make
from tests.web.api.conftest import Shops
from tests.web.api.serving import serving
from tests.web.api.tills import NOW, application

CHECKS = [
    schemathesis.checks.not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
]  # fmt: skip
EXAMPLES = 12
# What a random string hardly ever is.
REAL: dict[str, list[Any]] = {
    "store": ["S1", "S2"], "home_store": ["S2"], "sold_at": ["S1"], "phone": ["13900000001", "13900000003", "13900000009"],
    "member_phone": ["13900000001", "13900000002"], "referrer_phone": ["13900000002"], "purchased_at": [NOW], "amount": ["1.00", 2],
    "quantity": ["1", 0.5], "points": [1, 30], "reward": ["杯"], "sku": ["P1", "P2"], "category": ["水果"], "birthday": ["1990-05-06"],
    "receipt_no": ["R0", "R1", "R2"], "refund_no": ["F0", "F1"], "reference": ["X0", "X1"], "name": ["李四"], "title": ["女士"],
    "purpose": ["marketing_sms"], "text_version": ["1"], "code": ["123456"],
}  # fmt: skip


_LINES = [{"sku": "P1", "quantity": "1", "amount": "50.00"}]
_SALE = {"store": "S1", "receipt_no": "G1", "purchased_at": NOW, "member_phone": "13900000001", "lines": _LINES}
# What each operation is for: asked twice, so that both of its good answers are looked at.
GOOD: dict[str, dict[str, Any]] = {
    "POST /api/v1/members": {"body": {"phone": "13900000007", "home_store": "S1"}},
    "GET /api/v1/members/{phone}": {"path_parameters": {"phone": "13900000001"}},
    "POST /api/v1/purchases": {"body": _SALE},
    "POST /api/v1/purchases/batch": {"body": {"purchases": [_SALE, {**_SALE, "receipt_no": "G2"}, {**_SALE, "store": "S9"}]}},
    "POST /api/v1/purchases/{receipt_no}/refunds": {
        "path_parameters": {"receipt_no": "R0"}, "body": {"store": "S1", "refund_no": "G1", "amount": "1"},
    },
    "POST /api/v1/redemptions": {"body": {"store": "S1", "reference": "G1", "member_phone": "13900000001", "points": 3}},
    "DELETE /api/v1/redemptions/{reference}": {"path_parameters": {"reference": "X0"}, "query": {"store": "S1"}},
}  # fmt: skip


def made_real(said: Any) -> Any:
    """The same body about real stores, real members and today."""
    if isinstance(said, list):
        return [made_real(part) for part in said]
    if isinstance(said, dict):
        return {name: _real(name, value) for name, value in said.items()}
    return said


def _real(name: str, value: Any) -> Any:
    if value is None or name not in REAL:
        return made_real(value)
    return REAL[name][len(str(value)) % len(REAL[name])]


def explore(*, url: str, key: str) -> dict[str, Counter[int]]:
    """Asks every operation; returns how often each answered what."""
    seen: dict[str, Counter[int]] = {}
    schema = schemathesis.openapi.from_url(f"{url}/api/openapi.json")
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {key}"
        for found in schema.get_all_operations():
            operation: APIOperation[Any, Any, Any, Any] = found.ok()  # type: ignore[union-attr]  # the description is sound
            counts = seen.setdefault(operation.label, Counter())
            for _ in range(2):
                good = operation.Case(**GOOD[operation.label]).call_and_validate(session=session, checks=CHECKS)
                assert good.status_code in {200, 201}, good.text
            for mode in GenerationMode:
                _ask(operation, mode=mode, session=session, counts=counts)
    return seen


def _ask(
    operation: "APIOperation[Any, Any, Any, Any]",
    *,
    mode: GenerationMode,
    session: requests.Session,
    counts: Counter[int],
) -> None:
    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), real=st.booleans())
    def asked(case: "schemathesis.Case[Any]", *, real: bool) -> None:
        if real and mode is GenerationMode.POSITIVE:
            case.body = made_real(case.body)
            case.path_parameters, case.query = made_real(case.path_parameters), made_real(case.query)
        answer = case.call_and_validate(session=session, checks=CHECKS)
        counts[answer.status_code] += 1

    asked()


async def test_every_answer_is_one_that_was_described(shops: Shops) -> None:
    await make.execute("INSERT INTO reward (name, kind, points) VALUES ('杯', 'gift', 5)")
    await shops.s1.buy("R0", amount="1000")
    await shops.s1.redeem("X0")
    async with serving(application(rate=1_000_000)) as url:
        seen = await asyncio.to_thread(explore, url=url, key=shops.hq.key)
    assert len(seen) == 7
    assert all(sum(counts.values()) >= EXAMPLES for counts in seen.values()), seen
    assert await make.value("SELECT count(*) FROM purchase") > 1
    assert await check_all(progress=lambda *_: None) == []

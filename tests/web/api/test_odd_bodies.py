"""Bodies that are not the JSON asked for: each gets a sentence, and nothing is written."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tests import make
from tests.web.api.conftest import Shops
from tests.web.api.tills import told

GOOD = {
    "store": "S1", "receipt_no": "R1", "purchased_at": "2020-03-02T10:00:00+08:00", "member_phone": "13900000001",
    "lines": [{"amount": "1", "quantity": "1"}],
}  # fmt: skip
PATHS = ("members", "purchases", "purchases/batch", "purchases/R1/refunds", "redemptions")
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "half": b"{",
    "null": b"null",
    "a list": b"[]",
    "a list in a list": b"[[]]",
    "text": b'"text"',
    "a number": b"1",
    "a number beyond all": b"1e999",
    "NaN": b"NaN",
    "a form": b"store=S1&receipt_no=R1",
    "XML": b"<store>S1</store>",
    "unknown field": b'{"unknown": 1}',
    "bad UTF-8": b'{"store": "\xff\xfe"}',
    "UTF-16": json.dumps(GOOD).encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "lone surrogate": b'{"store": "\\ud800"}',
    "bare control": b'{"store": "\x00"}',
    "deep": b'{"store": ' + b"[" * 100_000,
    "deep objects": b'{"a":' * 50_000,
    "two documents": b"{}{}",
    "too long": b'{"store": "' + b"x" * 1_000_001 + b'"}',
}


@pytest.mark.parametrize("name", BODIES)
async def test_an_odd_body_is_malformed_everywhere(shops: Shops, name: str) -> None:
    before = await make.digest()
    for path in PATHS:
        answer = await shops.s1.client.post(f"/api/v1/{path}", content=BODIES[name])
        assert told(answer) == (400, "malformed"), path
    assert await make.digest() == before


def odd_values() -> Iterator[tuple[str, Any]]:
    for name in GOOD:
        for value in (None, True, 1.5, 12, [], {}, [None], {"a": 1}):
            if not (name == "member_phone" and value is None) and not (name == "lines" and value == []):
                yield name, value
    for name in ("amount", "quantity"):
        for value in (None, True, [], {}):
            yield "lines", [{**GOOD["lines"][0], name: value}]  # type: ignore[dict-item]
    yield "lines", [{**GOOD["lines"][0], "amount": 12.5}]  # type: ignore[dict-item]
    yield "lines", [{**GOOD["lines"][0], "price": "1"}]  # type: ignore[dict-item]
    yield "lines", [GOOD["lines"]]
    yield "redeem", 5
    yield "redeem", {"points": "5"}
    yield "redeem", {"points": 5.5}
    yield "redeem", {"points": 5, "code": 123456}


@pytest.mark.parametrize(("name", "value"), list(odd_values()))
async def test_a_field_of_another_kind_is_malformed(shops: Shops, name: str, value: object) -> None:
    answer = await shops.s1.post("purchases", {**GOOD, name: value})
    assert told(answer) == (400, "malformed")
    assert await make.value("SELECT count(*) FROM purchase") == 0


async def test_money_with_a_point_is_told_how_to_be_written(shops: Shops) -> None:
    answer = await shops.s1.buy(amount=12.5)
    assert '"12.50"' in answer.json()["detail"]
    refund = await shops.s1.refund(amount=12.5)
    assert '"12.50"' in refund.json()["detail"]


@pytest.mark.parametrize("missing", ["store", "receipt_no", "purchased_at", "lines"])
async def test_a_missing_field_is_named(shops: Shops, missing: str) -> None:
    answer = await shops.s1.post("purchases", {name: value for name, value in GOOD.items() if name != missing})
    assert told(answer) == (400, "malformed")
    assert missing in answer.json()["detail"]


@pytest.mark.parametrize(
    "text",
    ["'; DROP TABLE purchase; --", "{1,2}", "NULL", "\\x00", "%s$1", "𓀀😀", "\u202e倒", "e\u0301", "\ufffd", "ＡＢＣ"],
)
async def test_names_are_only_names(shops: Shops, text: str) -> None:
    line = {"sku": text, "category": text, "quantity": "1", "amount": "1"}
    answer = await shops.s1.buy(text, lines=[line])
    assert answer.status_code in {201, 400}
    assert (await shops.s1.buy(text, lines=[line])).status_code in {200, 400}
    assert await make.value("SELECT count(*) FROM purchase") == (1 if answer.status_code == 201 else 0)
    assert (await shops.s1.redeem(text)).status_code in {400, 422}
    assert (await shops.s1.post("members", {"phone": "13900000005", "name": text})).status_code in {201, 400}


async def test_a_body_without_end_is_cut_off(shops: Shops) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b'{"store": "'
        for _ in range(2_000):
            yield b"x" * 1_000

    answer = await shops.s1.client.post("/api/v1/purchases", content=endless())
    assert told(answer) == (400, "malformed")

"""What the addresses of the API have in common."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Response
from litestar.openapi import ResponseSpec

from actions.tills_counter import Said
from rules.refusals import Refusal
from tasks.messages import hand_over_soon
from web.api.answers import Problem
from web.api.problems import CODES, FRESH
from web.requests import PROBLEM

ALWAYS = (400, 401, 429, 503)
KNOWN, MADE = 200, 201


def answered(said: Said) -> Response[Any]:
    """The answer as it was kept: 201 when something was made, else 200."""
    return Response(
        said.body.encode(), status_code=MADE if said.created else KNOWN, media_type="application/json", headers=FRESH
    )


@asynccontextmanager
async def sent_code() -> AsyncIterator[None]:
    """Around what may need a code: where one was sent, a worker is woken, for the member waits at the till."""
    try:
        yield
    except Refusal as refusal:
        if refusal.code == "code_required":
            await hand_over_soon()
        raise


def problems(*statuses: int, known: type | None = None) -> dict[int, ResponseSpec]:
    """What a route may answer besides its first status, for the description of the API."""
    told: dict[int, ResponseSpec] = {}
    for status in sorted({*statuses, *ALWAYS}):
        if status == KNOWN and known is not None:
            told[status] = ResponseSpec(known, description="Known: as it was answered before.", generate_examples=False)
            continue
        codes = [code for code, (of, _) in CODES.items() if of == status]
        told[status] = ResponseSpec(Problem, description=", ".join(codes), media_type=PROBLEM, generate_examples=False)
    return told

"""A gateway that tells by itself, as vendors do."""

import json
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

from gateways.protocol import BadHookError, Gateway, HookAnswer, HookRequest, Inbound, Report

AT = datetime(2031, 3, 31, 5, tzinfo=UTC)


class Telling(Gateway):
    """Tells as vendors do: a JSON array in the body, or one piece of news in the query."""

    heard: ClassVar[list[HookRequest]] = []

    async def __aenter__(self) -> Self:
        raise AssertionError("nobody has to be called to read what came")

    def told_reports(self, *, request: HookRequest, now: datetime) -> list[Report]:  # noqa: ARG002
        rows = self._rows(request)
        return [Report(gateway_message_id=row["id"], state=row["state"], at=AT, body=json.dumps(row)) for row in rows]

    def told_replies(self, *, request: HookRequest, now: datetime) -> list[Inbound]:  # noqa: ARG002
        rows = self._rows(request)
        return [Inbound(gateway_reply_id=row["id"], phone=row["phone"], text=row["text"], at=AT) for row in rows]

    def hook_answer(self) -> HookAnswer:
        return HookAnswer(body='{"code":0,"msg":"接收成功"}', media_type="application/json")

    def _rows(self, request: HookRequest) -> list[dict[str, Any]]:
        self.heard.append(request)
        if not request.body:
            return [dict(request.query)]
        rows: list[dict[str, Any]] = json.loads(request.body)
        if not isinstance(rows, list):
            raise BadHookError("the body is no array")
        return rows


class Needy(Telling):
    settings_needed = ("url",)

"""Tencent Cloud SMS for the mainland: SendSms of 2021-01-11, up to 200 numbers with the same words in one call.

It neither knows a message that it was offered twice nor can be asked about one, and its reports name only its own number:
what was not answered stays unknown. Sources: cloud.tencent.com 382/55981 SendSms, 382/59178 and 59179 call-backs, 382/55980
and 55982 pulling; what to enter where: docs/tencent.md.
"""

import json
import re
from collections.abc import Hashable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import httpx

from gateways import tencent_rules
from gateways.cloud import Cloud, Ready, Refused, UnclearError
from gateways.protocol import Account, Answer, BadHookError, HookAnswer, HookRequest, Inbound, Objection, Report
from gateways.pushed import Record, phone_of, records, storable, why
from gateways.tencent_codes import meaning
from rules.out_ids import digest
from rules.tencent_signing import authorization

_VERSION, _SERVICE, _JSON = "2021-01-11", "sms", "application/json"
_MAINLAND = "+86"
_PULLED = 100
_ARRIVED = {"SUCCESS": True, "FAIL": False}


class Tencent(Cloud):
    """One key of one Tencent account. Settings: `sdk_app_id`; if wished `region` (ap-guangzhou), and `pull` (true) where
    Tencent cannot reach us and has opened pulling for the application.
    """

    most = 200
    at_once = 32
    settings_needed = ("sdk_app_id",)
    credentials_needed = ("secret_id", "secret_key")
    default_endpoint = "https://sms.tencentcloudapi.com"
    placeholder = re.compile(r"\{([1-9][0-9]?)\}")
    default_longest_variable = 6

    @classmethod
    def objections(cls, *, text: str, message_class: str) -> list[Objection]:  # noqa: ARG003
        """See `Gateway.objections`."""
        return tencent_rules.objections(text=text, longest=cls.default_longest_variable)

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.polls = str(account.settings.get("pull")).lower() == "true"

    def together(self, ready: Ready) -> Hashable:
        """One call has one text; numbers at home and abroad may not be mixed."""
        return ready.filed, ready.message.phone.startswith(_MAINLAND)

    async def call(self, call: Sequence[Ready], now: datetime) -> list[Answer] | Refused:
        """See `Cloud.call`: each number is taken or refused by itself."""
        filed = call[0].filed
        values = dict(filed.values)
        said = await self._said(
            action="SendSms",
            now=now,
            asked={
                "PhoneNumberSet": [ready.message.phone for ready in call],
                "SmsSdkAppId": str(self.account.settings["sdk_app_id"]),
                "TemplateId": filed.code,
                "SignName": filed.signature,
                "TemplateParamSet": [values[name] for name in sorted(values, key=int)],
            },
        )
        if isinstance(said, Refused):
            return said
        found = {_phone(one): one for one in said.get("SendStatusSet") or [] if isinstance(one, dict)}
        return [_answer(ready, found.get(ready.message.phone)) for ready in call]

    async def reports(self, *, now: datetime) -> list[Report]:
        """See `Gateway.reports`; a hundred at a time. Tencent gives each once: these are lost if we die before they are kept."""
        told = []
        for record in await self._pulled(action="PullSmsSendStatus", now=now):
            with suppress(BadHookError):  # the others will not be given again
                told.append(
                    _report(
                        record, sid="SerialNo", status="ReportStatus", word="Description", at="UserReceiveTime", now=now
                    )
                )
        return told

    async def replies(self, *, now: datetime) -> list[Inbound]:
        """See `Gateway.replies`; as `reports`."""
        told = []
        for record in await self._pulled(action="PullSmsReplyStatus", now=now):
            with suppress(BadHookError):
                told.append(self._reply(record, phone="PhoneNumber", text="ReplyContent", at="ReplyTime", now=now))
        return told

    def told_reports(self, *, request: HookRequest, now: datetime) -> list[Report]:
        """See `Gateway.told_reports` (the status call-back)."""
        return [
            _report(record, sid="sid", status="report_status", word="errmsg", at="user_receive_time", now=now)
            for record in records(body=request.body)
        ]

    def told_replies(self, *, request: HookRequest, now: datetime) -> list[Inbound]:
        """See `Gateway.told_replies` (the reply call-back)."""
        return [
            self._reply(record, phone="mobile", text="text", at="time", now=now)
            for record in records(body=request.body)
        ]

    def hook_answer(self) -> HookAnswer:
        """What the documentation asks for."""
        return HookAnswer(body='{"result":0,"errmsg":"OK"}', media_type=_JSON)

    def _reply(self, record: Record, *, phone: str, text: str, at: str, now: datetime) -> Inbound:
        """Tencent numbers no reply: phone, time and words are its number."""
        code = record.text(name="nationcode", longest=8, empty=True).removeprefix("+")
        number = record.text(name=phone, longest=30)
        words = record.text(name=text, longest=20_000, empty=True)
        told_at = record.text(name=at, longest=30, empty=True)
        return Inbound(
            gateway_reply_id=digest(key=self.key, parts=(number, told_at, words)),
            phone=phone_of(text=number if code in {"", "86"} or number.startswith("+") else f"+{code}{number}"),
            text=words,
            at=record.at(name=at, now=now),
        )

    async def _pulled(self, *, action: str, now: datetime) -> list[Record]:
        """The next hundred that wait; not more, so that they are kept before others are given."""
        asked = {"SmsSdkAppId": str(self.account.settings["sdk_app_id"]), "Limit": _PULLED}
        try:
            said = await self._said(action=action, asked=asked, now=now)
        except (httpx.HTTPError, UnclearError) as error:
            raise ConnectionError(f"{action} was not answered: {type(error).__name__}") from None
        if isinstance(said, Refused):
            raise ConnectionError(f"{action} was refused: {said.error_class}")
        told = said.get(f"{action}Set") or []
        return [Record(place=n, fields=one) for n, one in enumerate(told, start=1) if isinstance(one, dict)]

    async def _said(self, *, action: str, asked: Mapping[str, object], now: datetime) -> dict[str, Any] | Refused:
        """The answer to a good request; else what its code means. Raises UnclearError, httpx.HTTPError."""
        body = json.dumps(asked).encode()
        keys = self.account.credentials
        headers = {
            "content-type": _JSON,
            "x-tc-action": action,
            "x-tc-version": _VERSION,
            "x-tc-region": str(self.account.settings.get("region") or "ap-guangzhou"),
            "x-tc-timestamp": str(int(now.timestamp())),
            "authorization": authorization(
                key_id=keys["secret_id"],
                key_secret=keys["secret_key"],
                service=_SERVICE,
                host=self.host,
                content_type=_JSON,
                body=body,
                now=now,
            ),
        }
        _, whole = await self.posted(query="", headers=headers, body=body)
        said = whole.get("Response")
        if not isinstance(said, dict):
            raise UnclearError("an answer without a Response")
        error = said.get("Error")
        return said if error is None else meaning(code=str(error.get("Code")))


def _phone(status: Mapping[str, Any]) -> str:
    """In the form that was asked: Tencent answers with the country's code and a plus."""
    phone = str(status.get("PhoneNumber"))
    return phone if phone.startswith("+") else phone_of(text=phone)


def _answer(ready: Ready, status: Mapping[str, Any] | None) -> Answer:
    if status is None:
        return Answer(id=ready.message.id, state="unknown", error_class="gateway_down")
    code = str(status.get("Code"))
    if code.upper() == "OK":
        number = storable(str(status.get("SerialNo") or ""))[:100] or None
        return Answer(id=ready.message.id, state="accepted", gateway_message_id=number)
    means = meaning(code=code)
    return Answer(id=ready.message.id, state=means.state, error_class=means.error_class)


def _report(record: Record, *, sid: str, status: str, word: str, at: str, now: datetime) -> Report:
    number = record.text(name=sid, longest=100)
    arrived = _ARRIVED.get(record.text(name=status, longest=20).upper())
    if arrived is None:
        raise record.bad(name=status)
    said = record.text(name=word, longest=2_000, empty=True)[:100]
    return Report(
        gateway_message_id=number,
        state="delivered" if arrived else "failed",
        at=record.at(name=at, now=now),
        error_class=None if arrived else why(word=said),
        body=said,
    )


GATEWAY = Tencent

"""Aliyun (Alibaba Cloud) SMS for the mainland: Dysmsapi 2017-05-25, SendSms for one message, SendBatchSms for up to 100.

It does not know a message that it was offered twice, but it can be asked: each call carries a reference (OutId) from which
its messages can be told, and QuerySendDetails repeats it. Sources: help.aliyun.com 419273 SendSms, 419274 SendBatchSms,
419277 QuerySendDetails, SmsReport, SmsUp; what to enter where: docs/aliyun.md.
"""

import asyncio
import json
import re
import secrets
from collections.abc import Hashable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx

from gateways import aliyun_rules
from gateways.aliyun_codes import meaning
from gateways.cloud import Cloud, Ready, Refused, UnclearError
from gateways.protocol import Answer, HookAnswer, HookRequest, Inbound, Message, Objection, Report
from gateways.pushed import BEIJING, phone_of, records, why
from rules.aliyun_signing import authorization, headers_to_sign, query_string
from rules.out_ids import SPAN, OutId, message_number, out_id, read_out_id

_VERSION = "2017-05-25"
_FORM = "application/x-www-form-urlencoded"
_HOME = re.compile(r"(?:\+86|0086|86)?(1[0-9]{10})")
_FAILED = 2  # SendStatus; 1 is on its way, 3 has arrived
# A number gets at most 50 messages a day from one signature and template; 250 records are five such templates.
_PAGE, _PAGES = 50, 5
_DAYS = 4  # whoever asks about 72 hours may mean the fourth day


class Aliyun(Cloud):
    """One AccessKey of one Aliyun account."""

    askable = True
    most = 100
    # No call takes so long; but who waits for it before asking gives Aliyun time to list what it took.
    longest_call = 120.0
    credentials_needed = ("access_key_id", "access_key_secret")
    default_endpoint = "https://dysmsapi.aliyuncs.com"
    placeholder = re.compile(r"\$\{(\w{1,35})\}")
    default_longest_variable = 35

    @classmethod
    def objections(cls, *, text: str, message_class: str) -> list[Objection]:
        """See `Gateway.objections`."""
        return aliyun_rules.objections(text=text, message_class=message_class, longest=cls.default_longest_variable)

    def together(self, ready: Ready) -> Hashable:
        """A batch has one template; one signature keeps a refused one from the others."""
        return ready.filed.code, ready.filed.signature

    def fits(self, call: Sequence[Ready], ready: Ready) -> bool:
        """Also: the reference of the call can still name it."""
        return super().fits(call, ready) and ready.message.id - call[0].message.id < SPAN

    async def call(self, call: Sequence[Ready], now: datetime) -> list[Answer] | Refused:
        """See `Cloud.call`: all or nothing is taken."""
        reference = out_id(key=self.key, messages=[ready.message.id for ready in call])
        query = {"OutId": reference, "TemplateCode": call[0].filed.code}
        if len(call) == 1:
            alone = {
                "PhoneNumbers": _number(call[0].message.phone),
                "SignName": call[0].filed.signature,
                "TemplateParam": _json(dict(call[0].filed.values)),
            }
            said = await self._said(action="SendSms", query=query | alone, form={}, now=now)
        else:
            form = {
                "PhoneNumberJson": _json([_number(ready.message.phone) for ready in call]),
                "SignNameJson": _json([ready.filed.signature for ready in call]),
                "TemplateParamJson": _json([dict(ready.filed.values) for ready in call]),
            }
            said = await self._said(action="SendBatchSms", query=query, form=form, now=now)
        if isinstance(said, Refused):
            return said
        return [self._accepted(ready.message, reference) for ready in call]

    async def ask(self, *, messages: Sequence[Message], now: datetime) -> list[Answer]:
        """See `Gateway.ask`. Aliyun lists a message some time after it took it: ask minutes later, not seconds, and
        within 72 hours.
        """
        return await asyncio.gather(*(self._asked(message, now) for message in messages))

    def told_reports(self, *, request: HookRequest, now: datetime) -> list[Report]:
        """See `Gateway.told_reports` (SmsReport). What somebody else sent from the same Aliyun account is left out."""
        told = []
        for record in records(body=request.body):
            reference = record.text(name="out_id", longest=300, empty=True)
            phone = _number(record.text(name="phone_number", longest=30))
            arrived = record.yes(name="success")
            at = record.at(name="report_time", now=now)
            word = record.text(name="err_code", longest=2_000, empty=True)[:100]
            ours = read_out_id(key=self.key, text=reference)
            if ours is not None:
                told.append(
                    Report(
                        gateway_message_id=message_number(key=self.key, out_id=reference, phone=phone),
                        state="delivered" if arrived else "failed",
                        at=at,
                        error_class=None if arrived else why(word=word),
                        message=ours.only,
                        body=word,
                    )
                )
        return told

    def told_replies(self, *, request: HookRequest, now: datetime) -> list[Inbound]:
        """See `Gateway.told_replies` (SmsUp); told again until it is answered, with the same sequence_id."""
        return [
            Inbound(
                gateway_reply_id=record.text(name="sequence_id", longest=80),
                phone=phone_of(text=record.text(name="phone_number", longest=30)),
                text=record.text(name="content", longest=20_000, empty=True),
                at=record.at(name="send_time", now=now),
            )
            for record in records(body=request.body)
        ]

    def hook_answer(self) -> HookAnswer:
        """What the console's documentation asks for."""
        return HookAnswer(body='{"code":0,"msg":"接收成功"}', media_type="application/json")

    def _accepted(self, message: Message, reference: str) -> Answer:
        number = message_number(key=self.key, out_id=reference, phone=_number(message.phone))
        return Answer(id=message.id, state="accepted", gateway_message_id=number)

    async def _said(
        self, *, action: str, query: Mapping[str, str], form: Mapping[str, str], now: datetime
    ) -> dict[str, Any] | Refused:
        """The answer to a good request; else what its code means. Raises UnclearError, httpx.HTTPError."""
        body = urlencode(form).encode()
        headers = headers_to_sign(action=action, version=_VERSION, body=body, now=now, nonce=secrets.token_hex(16))
        headers |= {"host": self.host, "content-type": _FORM} if form else {"host": self.host}
        keys = self.account.credentials
        headers["authorization"] = authorization(
            key_id=keys["access_key_id"], key_secret=keys["access_key_secret"], query=query, headers=headers
        )
        _, said = await self.posted(query=query_string(query=query), headers=headers, body=body)
        code = said.get("Code")
        if not isinstance(code, str):
            raise UnclearError("an answer without a code")
        return said if code == "OK" else meaning(code=code, message=str(said.get("Message")))

    async def _asked(self, message: Message, now: datetime) -> Answer:
        """From today backwards. A refused offer may be listed beside the one that was taken."""
        today = now.astimezone(BEIJING).date()
        found: list[Answer] = []
        try:
            async with self.slots, asyncio.timeout(2 * self.longest_answer):
                for back in range(_DAYS):
                    listed = await self._day(message, today - timedelta(days=back), now)
                    found += [answer for record in listed if (answer := self._of(message, record))]
                    if any(answer.state == "accepted" for answer in found):
                        break
        except (httpx.HTTPError, TimeoutError, UnclearError):
            return Answer(id=message.id, state="unknown")
        found.sort(key=lambda answer: answer.state)  # accepted before failed
        return found[0] if found else Answer(id=message.id, state="again")

    async def _day(self, message: Message, day: date, now: datetime) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for page in range(1, _PAGES + 1):
            listed = await self._page(message, day=f"{day:%Y%m%d}", page=page, now=now)
            found += listed
            if len(listed) < _PAGE:
                return found
        raise UnclearError("a longer list than one number can have")

    async def _page(self, message: Message, *, day: str, page: int, now: datetime) -> list[dict[str, Any]]:
        query = {
            "PhoneNumber": _number(message.phone),
            "SendDate": day,
            "PageSize": str(_PAGE),
            "CurrentPage": str(page),
        }
        said = await self._said(action="QuerySendDetails", query=query, form={}, now=now)
        if isinstance(said, Refused):
            raise UnclearError("the question was refused")
        listed = (said.get("SmsSendDetailDTOs") or {}).get("SmsSendDetailDTO") or []
        return [record for record in listed if isinstance(record, dict)]

    def _of(self, message: Message, record: Mapping[str, Any]) -> Answer | None:
        reference = str(record.get("OutId"))
        ours: OutId | None = read_out_id(key=self.key, text=reference)
        if ours is None or not ours.holds(message=message.id):
            return None
        if record.get("SendStatus") == _FAILED:
            return Answer(id=message.id, state="failed", error_class=why(word=str(record.get("ErrCode"))))
        return self._accepted(message, reference)


def _number(phone: str) -> str:
    """As Aliyun writes it: 11 digits at home, else the country's code in front without a plus."""
    found = _HOME.fullmatch(phone)
    return found[1] if found else phone.removeprefix("+")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


GATEWAY = Aliyun

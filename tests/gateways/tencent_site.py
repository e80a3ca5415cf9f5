"""A fake Tencent: checks the signature of each request, takes or refuses each number by itself, and gives what waits once."""

import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.gateways.cloud_site import Asked, CloudSite, Sent

KEY_ID, KEY_SECRET, APP = "AKIDtest", "tencent-secret", "1400006666"
_SIGNED = re.compile(
    r"TC3-HMAC-SHA256 Credential=([^/]+)/(\d{4}-\d\d-\d\d)/sms/tc3_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})"
)
_MINUTES = 5 * 60


@dataclass
class TencentSite(CloudSite):
    """`templates` by their code, `signatures`; `no`: the code for a number instead of Ok; `now`: its clock; `waiting`: what
    the next pulls give.
    """

    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    templates: dict[str, str] = field(default_factory=dict)
    signatures: set[str] = field(default_factory=set)
    no: dict[str, str] = field(default_factory=dict)
    everywhere: str | None = None
    waiting: dict[str, list[Any]] = field(default_factory=dict)

    def answer(self, asked: Asked) -> tuple[int, Any]:
        said = json.loads(asked.body)
        refusal = self._door(asked) or self.everywhere or self._bad(asked, said)
        if refusal is not None:
            return 200, {"Response": {"Error": {"Code": refusal, "Message": "no"}, "RequestId": "R"}}
        action = asked.headers["x-tc-action"]
        if action.startswith("Pull"):
            waiting = self.waiting.get(action, [])
            given, self.waiting[action] = waiting[: said["Limit"]], waiting[said["Limit"] :]
            return 200, {"Response": {f"{action}Set": given, "RequestId": "R"}}
        statuses = [self._status(phone, said) for phone in said["PhoneNumberSet"]]
        return 200, {"Response": {"SendStatusSet": statuses, "RequestId": "R"}}

    def pushed(self, sent: Sent, **changed: object) -> dict[str, object]:
        """The report of one text, as our address gets it."""
        return {
            "user_receive_time": "2031-03-31 13:00:05", "nationcode": "86", "mobile": sent.phone.removeprefix("+86"),
            "report_status": "SUCCESS", "errmsg": "DELIVRD", "description": "用户短信送达成功", "sid": sent.number,
        } | changed  # fmt: skip

    def _door(self, asked: Asked) -> str | None:
        found = _SIGNED.fullmatch(asked.headers["authorization"])
        if found is None or found[1] != KEY_ID:
            return "AuthFailure.SecretIdNotFound"
        if _signature(asked, day=found[2], signed=found[3]) != found[4]:
            return "AuthFailure.SignatureFailure"
        at = int(asked.headers["x-tc-timestamp"])
        day = datetime.fromtimestamp(at, tz=UTC).strftime("%Y-%m-%d")
        if abs(at - self.now.timestamp()) > _MINUTES or day != found[2]:
            return "AuthFailure.SignatureExpire"
        if asked.headers["x-tc-version"] != "2021-01-11":
            return "NoSuchVersion"
        return None if asked.headers.get("x-tc-region") else "MissingParameter"

    def _bad(self, asked: Asked, said: dict[str, Any]) -> str | None:
        if said["SmsSdkAppId"] != APP:
            return "UnauthorizedOperation.SmsSdkAppIdVerifyFail"
        if asked.headers["x-tc-action"] != "SendSms":
            return None
        phones = said["PhoneNumberSet"]
        words = self.templates.get(said["TemplateId"])
        wrong = {
            "LimitExceeded.PhoneNumberCountLimit": len(phones) > 200,
            "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber":
                len({phone.startswith("+86") for phone in phones}) > 1,
            "FailedOperation.SignatureIncorrectOrUnapproved": said["SignName"] not in self.signatures,
            "FailedOperation.TemplateIncorrectOrUnapproved": words is None,
            "FailedOperation.TemplateParamSetNotMatchApprovedTemplate":
                len(re.findall(r"\{\d+\}", words or "")) != len(said["TemplateParamSet"]),
        }  # fmt: skip
        return next((code for code, is_so in wrong.items() if is_so), None)

    def _status(self, phone: str, said: dict[str, Any]) -> dict[str, Any]:
        code = self.no.get(phone, "Ok")
        number = f"2031:{len(self.left)}{phone[-4:]}"
        if code == "Ok":
            values = said["TemplateParamSet"]
            text = re.sub(r"\{(\d+)\}", lambda one: values[int(one[1]) - 1], self.templates[said["TemplateId"]])
            self.left.append(Sent(phone, f"【{said['SignName']}】{text}", "", number))
        return {
            "SerialNo": number if code == "Ok" else "", "PhoneNumber": phone, "Fee": int(code == "Ok"),
            "SessionContext": "", "Code": code, "Message": "send success", "IsoCode": "CN",
        }  # fmt: skip


def _signature(asked: Asked, *, day: str, signed: str) -> str:
    headers = "".join(f"{name}:{asked.headers[name]}\n" for name in signed.split(";"))
    body = hashlib.sha256(asked.body).hexdigest()
    request = hashlib.sha256(f"{asked.method}\n{asked.target}\n\n{headers}\n{signed}\n{body}".encode()).hexdigest()
    told = f"TC3-HMAC-SHA256\n{asked.headers['x-tc-timestamp']}\n{day}/sms/tc3_request\n{request}"
    key = ("TC3" + KEY_SECRET).encode()
    for word in (day, "sms", "tc3_request", told):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    return key.hex()

"""A fake Aliyun: checks the signature of each request, sends reviewed texts, lists what it took, and says no as documented."""

import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from tests.gateways.cloud_site import Asked, CloudSite, Sent

KEY_ID, KEY_SECRET = "LTAItest", "aliyun-secret"
_SIGNED = re.compile(r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})")
_BEIJING = timezone(timedelta(hours=8))


@dataclass
class AliyunSite(CloudSite):
    """`templates` by their code, `signatures`; `no`: what it says to a number instead of OK; `now`: its clock; `status`: how
    the n-th text of `left` is listed.
    """

    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    templates: dict[str, str] = field(default_factory=dict)
    signatures: set[str] = field(default_factory=set)
    no: dict[str, tuple[str, str]] = field(default_factory=dict)
    everywhere: tuple[int, str] | None = None
    nonces: set[str] = field(default_factory=set)
    status: dict[int, tuple[int, str]] = field(default_factory=dict)

    def answer(self, asked: Asked) -> tuple[int, Any]:
        if (refusal := self._door(asked)) is not None:
            return 400, {"Code": refusal, "Message": "no", "RequestId": "R", "HostId": "H"}
        if self.everywhere is not None:
            return self.everywhere[0], {"Code": self.everywhere[1], "Message": "no", "RequestId": "R"}
        given = asked.query | dict(parse_qsl(asked.body.decode()))
        action = asked.headers["x-acs-action"]
        if action == "QuerySendDetails":
            return 200, self._listed(given)
        if action == "SendSms":
            wanted = [(given["PhoneNumbers"], given["SignName"], json.loads(given["TemplateParam"]))]
        else:
            assert action == "SendBatchSms"
            parts = [json.loads(given[f"{name}Json"]) for name in ("PhoneNumber", "SignName", "TemplateParam")]
            wanted = list(zip(*parts, strict=True))
            assert 2 <= len(wanted) <= 100
        code, message = self._taken(wanted, given["TemplateCode"], given["OutId"])
        biz = {"BizId": f"{len(self.asked)}^0"} if code == "OK" else {}
        return 200, {"Code": code, "Message": message, "RequestId": "R"} | biz

    def pushed(self, sent: Sent, **changed: object) -> dict[str, object]:
        """The report of one text, as the console's address gets it."""
        return {
            "phone_number": sent.phone, "send_time": "2031-03-31 13:00:01", "report_time": "2031-03-31 13:00:05",
            "success": True, "err_code": "DELIVERED", "err_msg": "用户接收成功", "sms_size": "1",
            "biz_id": sent.number, "out_id": sent.reference,
        } | changed  # fmt: skip

    def _door(self, asked: Asked) -> str | None:
        found = _SIGNED.fullmatch(asked.headers["authorization"])
        if found is None or found[1] != KEY_ID:
            return "InvalidAccessKeyId.NotFound"
        must = {"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"}
        signed = found[2].split(";")
        nonce = asked.headers["x-acs-signature-nonce"]
        late = abs(datetime.fromisoformat(asked.headers["x-acs-date"]) - self.now) > timedelta(minutes=15)
        wrong = {
            "InvalidContentSha256": hashlib.sha256(asked.body).hexdigest() != asked.headers["x-acs-content-sha256"],
            "IncompleteSignature": not must <= set(signed) or bool(asked.body) > ("content-type" in signed),
            "SignatureDoesNotMatch": _signature(asked, signed) != found[3],
            "InvalidTimeStamp.Expired": late,
            "SignatureNonceUsed": nonce in self.nonces,
            "InvalidVersion": asked.headers["x-acs-version"] != "2017-05-25",
        }
        self.nonces.add(nonce)
        return next((code for code, is_so in wrong.items() if is_so), None)

    def _taken(self, wanted: list[Any], code: str, reference: str) -> tuple[str, str]:
        """All or nothing."""
        if code not in self.templates:
            return "isv.SMS_TEMPLATE_ILLEGAL", "模板不合法"
        names = set(re.findall(r"\$\{(\w+)\}", self.templates[code]))
        for phone, signature, values in wanted:
            if signature not in self.signatures:
                return "isv.SMS_SIGNATURE_ILLEGAL", "签名不合法"
            if set(values) != names:
                return "isv.TEMPLATE_MISSING_PARAMETERS", "模板缺少变量"
            if phone in self.no:
                return self.no[phone]
        for phone, signature, values in wanted:
            text = re.sub(r"\$\{(\w+)\}", lambda name, values=values: values[name[1]], self.templates[code])  # type: ignore[misc]
            self.left.append(Sent(phone, f"【{signature}】{text}", reference, f"{len(self.asked)}^0", self._today()))
        return "OK", "OK"

    def _listed(self, given: dict[str, str]) -> dict[str, Any]:
        assert 1 <= int(given["PageSize"]) <= 50
        wanted = given["PhoneNumber"], given["SendDate"]
        all_of = [(n, sent) for n, sent in enumerate(self.left) if (sent.phone, sent.day) == wanted]
        start = (int(given["CurrentPage"]) - 1) * int(given["PageSize"])
        rows = [
            {"PhoneNum": sent.phone, "OutId": sent.reference, "Content": sent.text}
            | dict(zip(("SendStatus", "ErrCode"), self.status.get(n, (1, "")), strict=True))
            for n, sent in all_of[start : start + int(given["PageSize"])]
        ]
        listed = {"SmsSendDetailDTO": rows}
        return {"Code": "OK", "Message": "OK", "TotalCount": str(len(all_of)), "SmsSendDetailDTOs": listed}

    def _today(self) -> str:
        return f"{self.now.astimezone(_BEIJING):%Y%m%d}"


def _signature(asked: Asked, signed: list[str]) -> str:
    query = sorted(parse_qsl(urlsplit(asked.target).query, keep_blank_values=True))
    written = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in query)
    headers = "".join(f"{name}:{asked.headers[name]}\n" for name in signed)
    assert signed == sorted(signed)
    path = urlsplit(asked.target).path
    payload = asked.headers["x-acs-content-sha256"]
    request = "\n".join([asked.method, path, written, headers, ";".join(signed), payload])
    digest = hashlib.sha256(request.encode()).hexdigest()
    return hmac.new(KEY_SECRET.encode(), f"ACS3-HMAC-SHA256\n{digest}".encode(), hashlib.sha256).hexdigest()

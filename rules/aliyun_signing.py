"""Aliyun's signature of a request, version 3 (ACS3-HMAC-SHA256), as published.

Source: help.aliyun.com, "Request syntax and signature method V3"; the tests hold it against the vendor's own SDK.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

_METHOD = "ACS3-HMAC-SHA256"


def query_string(*, query: Mapping[str, str]) -> str:
    """The parameters in the one form that is both sent and signed."""
    return "&".join(f"{quote(name, safe='~')}={quote(query[name], safe='~')}" for name in sorted(query))


def headers_to_sign(*, action: str, version: str, body: bytes, now: datetime, nonce: str) -> dict[str, str]:
    """What Aliyun asks for beside `host`; `nonce` is never used for another request."""
    return {
        "x-acs-action": action,
        "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
        "x-acs-date": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }


def authorization(*, key_id: str, key_secret: str, query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """The `Authorization` of a POST to `/`. All of `headers` is signed: names in lower case, `host` and
    `x-acs-content-sha256` among them.
    """
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    signed = ";".join(sorted(headers))
    request = f"POST\n/\n{query_string(query=query)}\n{lines}\n{signed}\n{headers['x-acs-content-sha256']}"
    to_sign = f"{_METHOD}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(key_secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{_METHOD} Credential={key_id},SignedHeaders={signed},Signature={signature}"

"""Tencent Cloud's signature of a request, version 3 (TC3-HMAC-SHA256), as published.

Source: cloud.tencent.com, document 213/30654 (the same for every product); the tests hold it against the vendor's own SDK.
"""

import hashlib
import hmac
from datetime import UTC, datetime

_METHOD = "TC3-HMAC-SHA256"
_SIGNED = "content-type;host"


def authorization(
    *, key_id: str, key_secret: str, service: str, host: str, content_type: str, body: bytes, now: datetime
) -> str:
    """The `Authorization` of a POST to `/`; `now` is also its `X-TC-Timestamp`, in whole seconds."""
    at = now.astimezone(UTC)
    day = at.strftime("%Y-%m-%d")
    scope = f"{day}/{service}/tc3_request"
    payload = hashlib.sha256(body).hexdigest()
    request = f"POST\n/\n\ncontent-type:{content_type}\nhost:{host}\n\n{_SIGNED}\n{payload}"
    to_sign = f"{_METHOD}\n{int(at.timestamp())}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"TC3{key_secret}".encode()
    for word in (day, service, "tc3_request"):
        key = _hmac(key, word)
    return f"{_METHOD} Credential={key_id}/{scope}, SignedHeaders={_SIGNED}, Signature={_hmac(key, to_sign).hex()}"


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()

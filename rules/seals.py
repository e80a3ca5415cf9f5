"""Credentials at rest: sealed with a key that follows from the installation's secret, so that none has to be kept."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken

from rules.refusals import Refusal


def seal(*, secret: str, account: str, credentials: Mapping[str, str]) -> str:
    """The credentials as a text that only this installation's secret opens, and only as those of this account."""
    # The token's own time is nobody's business: it would tell when a password was changed.
    sealed = _lock(secret, account).encrypt_at_time(json.dumps(dict(credentials)).encode(), 0)
    return sealed.decode("ascii")


def unseal(*, secret: str, account: str, sealed: str | None) -> dict[str, str]:
    """What was sealed; nothing where there is nothing. Raises Refusal credentials_unreadable."""
    if not sealed:
        return {}
    try:
        opened = json.loads(_lock(secret, account).decrypt(sealed.encode("utf-8", "replace")))
    except (InvalidToken, ValueError):
        raise Refusal(
            "credentials_unreadable",
            f"The credentials of the account {account} were sealed with another REGULARS_SECRET: enter them again.",
            f"通道账号 {account} 的密钥是用另一个 REGULARS_SECRET 加密的，无法读取：请重新填写。",
        ) from None
    return {str(key): str(value) for key, value in opened.items()}


def _lock(secret: str, account: str) -> Fernet:
    key = hmac.new(secret.encode(), f"credentials:{account}".encode(), hashlib.sha256).digest()
    return Fernet(urlsafe_b64encode(key))

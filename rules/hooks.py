"""The addresses at which gateways tell us what became of messages, each with a secret of its account in it."""

import hashlib
import hmac
from typing import Literal
from urllib.parse import quote

What = Literal["reports", "replies"]


def hook_token(*, secret: str, account: str) -> str:
    """The secret of an account (its name), 32 characters. It follows from the installation's, so that none has to be stored."""
    return hmac.new(secret.encode(), f"hook:{account}".encode(), hashlib.sha256).hexdigest()[:32]


def token_is_good(*, secret: str, account: str, given: str) -> bool:
    """Whether `given` is the account's secret; how long the answer takes tells nothing about it."""
    wanted = hook_token(secret=secret, account=account)
    return hmac.compare_digest(wanted.encode(), given.encode("utf-8", "surrogatepass"))


def hook_url(*, public_url: str, secret: str, account: str, what: What) -> str:
    """Where the account's gateway shall tell us; `public_url` without a slash at its end."""
    token = hook_token(secret=secret, account=account)
    return f"{public_url.rstrip('/')}/hooks/{quote(account, safe='')}/{what}?token={token}"

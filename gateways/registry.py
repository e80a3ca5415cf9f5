"""The gateways there are: each file of this room that has a `GATEWAY` is one, by the name of the file."""

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module

import gateways
from config.errors import ConfigError
from gateways.protocol import Account, BadAccountError, Gateway


@cache
def kinds() -> Mapping[str, type[Gateway]]:
    """The classes by their names."""
    names = sorted(module.name for module in pkgutil.iter_modules(gateways.__path__))
    modules = {name: import_module(f"gateways.{name}") for name in names}
    return {name: module.GATEWAY for name, module in modules.items() if hasattr(module, "GATEWAY")}


def known(*, kind: str) -> None:
    """Raises ConfigError for a kind that REGULARS_GATEWAY names and nobody knows: asked before work begins."""
    if kind not in kinds():
        raise ConfigError(f"REGULARS_GATEWAY is {kind!r}, which is no gateway of ours: use {', '.join(kinds())}.")


def opened(*, account: Account) -> Gateway:
    """The gateway of an account, to be used as a context. Raises BadAccountError for an unknown kind or missing settings."""
    kind = kinds().get(account.gateway)
    if kind is None:
        raise BadAccountError(
            en=f"There is no gateway {account.gateway}: use one of {', '.join(kinds())}.",
            zh=f"没有名为 {account.gateway} 的通道：可用的有 {'、'.join(kinds())}。",
        )
    return kind(account)

"""The gateways there are, by the name that REGULARS_GATEWAY says. A new one is one file and one line here."""

from collections.abc import Callable

from config.errors import ConfigError
from config.settings import settings
from gateways.protocol import Gateway
from gateways.simulator import Simulator

GATEWAYS: dict[str, Callable[[], Gateway]] = {"simulator": lambda: Simulator(redis_url=settings().redis_url)}


def gateway(*, name: str) -> Gateway:
    """The gateway of a name. Raises ConfigError for an unknown one: ask before work begins."""
    if name not in GATEWAYS:
        raise ConfigError(f"REGULARS_GATEWAY is {name!r}, which is no gateway of ours: use {', '.join(GATEWAYS)}.")
    return GATEWAYS[name]()

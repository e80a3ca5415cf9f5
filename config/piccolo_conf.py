"""Piccolo's door to the database: logged in as `regulars_app`, which sees nothing until tables/scope.py sets a role."""

import os
from functools import cache
from typing import TYPE_CHECKING

from piccolo.engine.postgres import PostgresEngine

from config.settings import settings

if TYPE_CHECKING:
    from piccolo.conf.apps import AppRegistry

# Piccolo's own commands and the programs that import this module find the same tables.
os.environ.setdefault("PICCOLO_CONF", "config.piccolo_conf")


class Engine(PostgresEngine):
    async def check_version(self) -> None:
        """Piccolo would connect at import; config/servers.py checks the version when a command needs the server."""


DB = Engine(config={"dsn": settings().app_dsn})


@cache
def __getattr__(name: str) -> "AppRegistry":
    """What Piccolo's own commands ask for. It brings a formatter of source code along, which no process of ours waits for."""
    if name != "APP_REGISTRY":
        raise AttributeError(name)
    from piccolo.conf.apps import AppRegistry  # noqa: PLC0415

    return AppRegistry(apps=["tables.piccolo_app"])

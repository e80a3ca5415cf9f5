"""Piccolo's door to the database: logged in as `regulars_app`, which sees nothing until tables/scope.py sets a role."""

import os

from piccolo.conf.apps import AppRegistry
from piccolo.engine.postgres import PostgresEngine

from config.settings import settings

# Piccolo's own commands and the programs that import this module find the same tables.
os.environ.setdefault("PICCOLO_CONF", "config.piccolo_conf")


class Engine(PostgresEngine):
    async def check_version(self) -> None:
        """Piccolo would connect at import; config/servers.py checks the version when a command needs the server."""


DB = Engine(config={"dsn": settings().app_dsn})

APP_REGISTRY = AppRegistry(apps=["tables.piccolo_app"])

"""PostgreSQL's own programs (psql, pg_dump …) on the configured database, as its owner."""

import os
import shutil
from urllib.parse import unquote, urlsplit, urlunsplit

from config import embedded_postgres
from config.errors import ConfigError
from config.settings import settings


def program(*, name: str) -> str:
    """The wheel's program, which is as new as our server, else what the machine has. Raises ConfigError."""
    try:
        return str(embedded_postgres.program(name=name))
    except ConfigError:
        if (path := shutil.which(name)) is None:
            raise ConfigError(f"There is no {name} on this machine: install the PostgreSQL client programs.") from None
        return path


def owner_connection() -> tuple[str, dict[str, str]]:
    """The owner's URL and an environment that holds its password, which the list of processes must not show."""
    parts = urlsplit(settings().owner_dsn)
    credentials, _, hosts = parts.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    environment = dict(os.environ)
    if password:
        environment["PGPASSWORD"] = unquote(password)
    # Where the URL's user is not the owner, it may become it.
    environment["PGOPTIONS"] = f"{environment.get('PGOPTIONS', '')} -c role=regulars_owner".strip()
    return urlunsplit(parts._replace(netloc=f"{user}@{hosts}")), environment

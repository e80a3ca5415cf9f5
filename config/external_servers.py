"""Servers given by URL: reachable and new enough, or one sentence that says what to mend."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import asyncpg

from config.addresses import shown
from config.errors import ConfigError

SECONDS = 5.0
OLDEST_POSTGRES = 18


def check_postgres(*, url: str) -> None:
    """Log in once; ConfigError without the password when that fails or the server is too old."""
    # In a thread of its own: the caller may be inside a running event loop.
    with ThreadPoolExecutor(1) as thread:
        version = thread.submit(asyncio.run, _version(url)).result()
    if version < OLDEST_POSTGRES:
        raise ConfigError(
            f"REGULARS_DATABASE_URL is {shown(url=url)}, which runs PostgreSQL {version}: "
            f"it must be {OLDEST_POSTGRES} or newer."
        )


async def _version(url: str) -> int:
    named = f"REGULARS_DATABASE_URL is {shown(url=url)}"
    try:
        connection = await asyncpg.connect(url, timeout=SECONDS)
    except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError):
        raise ConfigError(f"{named}, which refuses this user or password: correct them in the URL.") from None
    except asyncpg.InvalidCatalogNameError:
        raise ConfigError(f"{named}, which has no such database: create it or correct its name.") from None
    except (OSError, asyncpg.PostgresError) as error:
        reason = str(error).splitlines()[0] if str(error) else "no answer in time"
        raise ConfigError(f"{named}, which cannot be used ({reason}): start the server or correct the URL.") from None
    except (ValueError, asyncpg.InterfaceError):
        raise ConfigError(f"{named}, with options that are not understood: correct the URL.") from None
    try:
        return connection.get_server_version().major
    finally:
        await connection.close()


def check_redis(*, url: str) -> None:
    """Ping once; ConfigError without the password when that fails."""
    import redis  # noqa: PLC0415 – takes most of a second, and the embedded one needs none of it

    named = f"REGULARS_REDIS_URL is {shown(url=url)}"
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=SECONDS, socket_timeout=SECONDS) as client:
            client.ping()
    except redis.AuthenticationError:
        raise ConfigError(f"{named}, which refuses this user or password: correct them in the URL.") from None
    except (redis.RedisError, OSError, ValueError) as error:
        reason = str(error).rstrip(".")
        raise ConfigError(f"{named}, which cannot be used ({reason}): start the server or correct the URL.") from None

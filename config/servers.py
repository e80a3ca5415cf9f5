"""PostgreSQL and Redis for the time of a command.

Who uses the servers of a data folder holds a shared lock on run/users.lock, which the kernel frees however the
process ends. Starting and stopping happen under run/start.lock. Who leaves and gets users.lock alone was the last,
and stops what is there, also what a killed command left behind.
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config import data_dir, embedded_postgres, embedded_redis, external_servers
from config.data_dir import DataDir
from config.errors import ConfigError
from config.settings import Settings

START_LOCK = "start.lock"
USERS_LOCK = "users.lock"

log = logging.getLogger("regulars.servers")


@contextmanager
def running(settings: Settings, *, redis: bool = False) -> Iterator[None]:
    """PostgreSQL, and Redis when asked, answer inside the block: those of the URLs, or the embedded ones."""
    if settings.database_url is not None:
        external_servers.check_postgres(url=settings.database_url)
    if redis and settings.given_redis_url is not None:
        external_servers.check_redis(url=settings.given_redis_url)
    if not _embedded(settings, redis=redis):
        yield
        return
    if not Path("/proc/self/cmdline").exists():
        raise ConfigError("The embedded servers need Linux: set REGULARS_DATABASE_URL and REGULARS_REDIS_URL.")
    data_dir.prepare(place=settings.place)
    users = None
    try:
        with data_dir.locked(place=settings.place, name=START_LOCK):
            users = data_dir.take_lock(place=settings.place, name=USERS_LOCK, mode=fcntl.LOCK_SH)
            _start(settings, redis=redis)
        yield
    finally:
        _leave(place=settings.place, users=users)


def ensure(settings: Settings, *, redis: bool = False) -> list[str]:
    """Start again what has died, and name it; for a process that is inside `running` for days."""
    if not _embedded(settings, redis=redis):
        return []
    data_dir.prepare(place=settings.place)
    with data_dir.locked(place=settings.place, name=START_LOCK):
        started = _start(settings, redis=redis)
    for name in started:
        log.warning("%s had died and was started again", name)
    return started


def _embedded(settings: Settings, *, redis: bool) -> bool:
    return settings.database_url is None or (redis and settings.given_redis_url is None)


def _start(settings: Settings, *, redis: bool) -> list[str]:
    started = []
    if settings.database_url is None and embedded_postgres.start(place=settings.place):
        started.append("PostgreSQL")
    if redis and settings.given_redis_url is None and embedded_redis.start(place=settings.place):
        started.append("Redis")
    return started


def _leave(*, place: DataDir, users: int | None) -> None:
    with data_dir.locked(place=place, name=START_LOCK):
        if users is not None:
            # Closed, not unlocked: a forked child that still lives goes on holding it.
            os.close(users)
        alone = data_dir.take_lock(place=place, name=USERS_LOCK, mode=fcntl.LOCK_EX | fcntl.LOCK_NB)
        if alone is None:
            return
        try:
            embedded_redis.stop(place=place)
        finally:
            # Also when the first stop is interrupted: nobody would come back for it.
            embedded_postgres.stop(place=place)
            os.close(alone)

"""URLs of servers: refused when odd, shown without passwords."""

from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit


def checked_database_url(url: str) -> str:
    """A libpq URL with a user and a database, its credentials nowhere but before the @."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    if "," not in parts.netloc:  # several hosts are libpq's own, urllib cannot read their ports
        _ = parts.port  # raises when it is not a number
    if (
        parts.scheme not in {"postgresql", "postgres"}
        or not (parts.hostname or options.get("host"))
        or not parts.path.strip("/")
        or not parts.username
        or options.keys() & {"user", "password", "dbname"}
        or parts.fragment
    ):
        raise ValueError("database url")
    return url


def checked_redis_url(url: str) -> str:
    parts = urlsplit(url)
    _ = parts.port
    if not (parts.scheme in {"redis", "rediss"} and parts.hostname) and not (parts.scheme == "unix" and parts.path):
        raise ValueError("redis url")
    return url


def checked_public_url(url: str) -> str:
    parts = urlsplit(url)
    _ = parts.port
    if (
        parts.scheme not in {"http", "https"}
        or not parts.hostname
        or parts.username is not None
        or parts.path.strip("/")
        or parts.query
        or parts.fragment
    ):
        raise ValueError("public url")
    return url.rstrip("/")


def as_user(*, url: str, user: str, password: str) -> str:
    """The same server and database for somebody else."""
    parts = urlsplit(url)
    hosts = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{hosts}"))


def shown(*, url: str) -> str:
    """For messages: where, but neither password nor options."""
    parts = urlsplit(url)
    credentials, at, hosts = parts.netloc.rpartition("@")
    user = credentials.partition(":")[0]
    return urlunsplit((parts.scheme, user + at + hosts, parts.path, "", ""))

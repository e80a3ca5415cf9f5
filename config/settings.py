"""What the environment says, read once; a wrong value stops the start, not the night."""

import hashlib
import hmac
import os
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from config import addresses
from config.data_dir import POSTGRES_PORT, DataDir, kept_secret
from config.errors import ConfigError

PREFIX = "REGULARS_"
OWNER = "regulars_owner"
APP = "regulars_app"
DATABASE = "regulars"

REMEDIES = {
    "REGULARS_DATABASE_URL": "write postgresql://user:password@host:5432/database, or leave it unset",
    "REGULARS_REDIS_URL": "write redis://host:6379/0, rediss://… or unix:///path, or leave it unset",
    "REGULARS_DATA_DIR": "name a folder",
    "REGULARS_PORT": "choose a number from 1 to 65535",
    "REGULARS_SECRET": "use at least 16 characters, for example of `openssl rand -hex 32`",
    "REGULARS_PUBLIC_URL": "write https://host or http://host:port, without a path",
    "REGULARS_TIMEZONE": "name a zone such as Asia/Shanghai",
    "REGULARS_LANGUAGE": "choose zh or en",
    "REGULARS_GATEWAY": "use a gateway's name, lower case, such as simulator",
    "REGULARS_EXPORT_ALARM": "choose a number from 1 to 100000000, rows that one person may take within an hour without an alarm",
    "REGULARS_API_RATE": "choose a number from 1 to 1000000, requests a minute for each API key",
}
# Their values may hold a password, also in a place where nobody expects it.
NEVER_SHOWN = {"REGULARS_DATABASE_URL", "REGULARS_REDIS_URL", "REGULARS_SECRET"}


def _zone_name(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(name) from error
    return name


DatabaseUrl = Annotated[str, AfterValidator(addresses.checked_database_url)]
RedisUrl = Annotated[str, AfterValidator(addresses.checked_redis_url)]
PublicUrl = Annotated[str, AfterValidator(addresses.checked_public_url)]
ZoneName = Annotated[str, AfterValidator(_zone_name)]
Folder = Annotated[Path, AfterValidator(Path.resolve)]


class Settings(BaseSettings):
    """Read from the environment by `settings()`; tests give fields by name."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        validate_default=True,
        populate_by_name=True,
    )

    database_url: DatabaseUrl | None = Field(default=None, repr=False)
    given_redis_url: RedisUrl | None = Field(default=None, repr=False, validation_alias="REGULARS_REDIS_URL")
    data_dir: Folder = Path(".regulars")
    port: int = Field(default=8000, ge=1, le=65535)
    given_secret: str | None = Field(default=None, min_length=16, repr=False, validation_alias="REGULARS_SECRET")
    public_url: PublicUrl = Field(default_factory=lambda data: f"http://localhost:{data.get('port', 8000)}")
    timezone: ZoneName = "Asia/Shanghai"
    language: Literal["zh", "en"] = "zh"
    gateway: str = Field(default="simulator", pattern=r"^[a-z][a-z0-9_]*$")
    api_rate: int = Field(default=6000, ge=1, le=1_000_000)
    export_alarm: int = Field(default=5000, ge=1, le=100_000_000)

    @property
    def host(self) -> str:
        """Where the web process listens: for this machine alone, unless the public URL names another one."""
        local = urlsplit(self.public_url).hostname in {"localhost", "127.0.0.1"}
        return "127.0.0.1" if local else "0.0.0.0"  # noqa: S104  the public URL asked for it

    @property
    def place(self) -> DataDir:
        """Where the embedded servers keep their things."""
        return DataDir(self.data_dir)

    @cached_property
    def secret(self) -> str:
        """The given secret, or the one kept in the data folder (made when first asked for)."""
        return self.given_secret or kept_secret(place=self.place)

    @cached_property
    def app_password(self) -> str:
        """The log-in role's password; it follows from the secret, so that no second one has to be kept."""
        return hmac.new(self.secret.encode(), b"regulars_app", hashlib.sha256).hexdigest()

    @property
    def owner_dsn(self) -> str:
        """For migrations, checks and backups: the tables' owner."""
        return self.database_url or self._embedded_dsn(user=OWNER)

    @property
    def app_dsn(self) -> str:
        """For web, worker and clock: the log-in role, which sees nothing until it is told for whom it works."""
        if self.database_url is None:
            return self._embedded_dsn(user=APP)
        return addresses.as_user(url=self.database_url, user=APP, password=self.app_password)

    @property
    def redis_url(self) -> str:
        """The given broker, or the embedded one's socket."""
        return self.given_redis_url or f"unix://{quote(str(self.place.redis_socket))}?db=0"

    @property
    def zone(self) -> ZoneInfo:
        """The shops' time zone."""
        return ZoneInfo(self.timezone)

    def _embedded_dsn(self, *, user: str) -> str:
        # The port is said aloud, or a PGPORT of the environment would change the socket's name.
        return f"postgresql://{user}@/{DATABASE}?host={quote(str(self.place.run), safe='')}&port={POSTGRES_PORT}"


@cache
def settings() -> Settings:
    """The settings of this process."""
    unknown = sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name not in REMEDIES)
    if unknown:
        raise ConfigError(f"{unknown[0]} is not a setting: use one of {', '.join(REMEDIES)}.")
    try:
        return Settings()
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        name = field if field in REMEDIES else PREFIX + field.upper()
        value = "(not shown)" if name in NEVER_SHOWN else repr(os.environ.get(name, ""))
        # Without a cause: pydantic's own message repeats the value.
        raise ConfigError(f"{name} is {value}, which is not understood: {REMEDIES[name]}.") from None

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config.errors import ConfigError
from config.settings import Settings, settings


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("REGULARS_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def read() -> Settings:
    return settings.__wrapped__()


class TestDefaults:
    def test_nothing_set(self, tmp_path: Path) -> None:
        found = read()
        assert found.data_dir == tmp_path.resolve() / ".regulars"
        assert (found.port, found.language, found.gateway) == (8000, "zh", "simulator")
        assert found.zone.key == "Asia/Shanghai"
        assert found.public_url == "http://localhost:8000"
        assert not found.data_dir.exists()

    def test_the_public_url_follows_the_port(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REGULARS_PORT", "8123")
        assert read().public_url == "http://localhost:8123"

    def test_an_empty_value_is_unset(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REGULARS_DATABASE_URL", "")
        assert read().database_url is None

    def test_read_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.cache_clear()
        first = settings()
        monkeypatch.setenv("REGULARS_PORT", "9999")
        assert settings() is first
        settings.cache_clear()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "web"),
        ("TIMEZONE", "Asia/Peking"),
        ("TIMEZONE", "../etc/passwd"),
        ("TIMEZONE", "Asia"),
        ("LANGUAGE", "fr"),
        ("GATEWAY", "Ali Yun"),
        ("PUBLIC_URL", "shop.example"),
        ("PUBLIC_URL", "https://shop.example/crm"),
        ("PUBLIC_URL", "https://shop.example:port"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"REGULARS_{name}", value)
    with pytest.raises(ConfigError) as refused:
        read()
    said = str(refused.value)
    assert said.startswith(f"REGULARS_{name} is {value!r}")
    assert said.endswith(".")
    assert "\n" not in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://u:hunter2@h/d"),
        ("DATABASE_URL", "postgresql://u:hunter2@h"),
        ("DATABASE_URL", "postgresql://u:hunter2/x@h/d"),
        ("DATABASE_URL", "postgresql://u@h/d?password=hunter2"),
        ("DATABASE_URL", "postgresql://u:hunter2@h:port/d"),
        ("DATABASE_URL", "host=h user=u password=hunter2"),
        ("REDIS_URL", "amqp://u:hunter2@h/0"),
        ("REDIS_URL", "hunter2"),
        ("SECRET", "hunter2"),
    ],
)
def test_a_refused_secret_is_not_repeated(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"REGULARS_{name}", value)
    with pytest.raises(ConfigError) as refused:
        read()
    assert str(refused.value).startswith(f"REGULARS_{name} is (not shown)")
    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("name", ["REGULARS_PROT", "REGULARS_given_secret", "regulars_port", "REGULARS_"])
def test_an_unknown_variable_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(ConfigError, match=f"{name} is not a setting"):
        read()


class TestSecret:
    def test_made_once_and_closed_to_others(self) -> None:
        first = read()
        assert len(first.secret) == 64
        assert read().secret == first.secret
        assert stat.S_IMODE((first.data_dir / "secret").stat().st_mode) == 0o600
        assert [path.name for path in first.data_dir.iterdir()] == ["secret"]

    def test_ten_at_once_agree(self) -> None:
        with ThreadPoolExecutor(10) as threads:
            assert len(set(threads.map(lambda _: read().secret, range(10)))) == 1

    def test_the_given_one_wins(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REGULARS_SECRET", "0123456789abcdef")
        assert read().secret == "0123456789abcdef"  # noqa: S105 – the test's own
        assert not read().data_dir.exists()

    def test_never_in_a_repr(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REGULARS_SECRET", "0123456789abcdef")
        monkeypatch.setenv("REGULARS_DATABASE_URL", "postgresql://u:hunter2@h/d")
        assert "hunter2" not in repr(read())
        assert "0123456789abcdef" not in repr(read())

    def test_nowhere_to_keep_it(self, tmp_path: Path) -> None:
        (tmp_path / ".regulars").write_text("")
        with pytest.raises(ConfigError, match="cannot be written"):
            _ = read().secret


class TestAddresses:
    def test_embedded(self, tmp_path: Path) -> None:
        found = read()
        assert found.owner_dsn.startswith("postgresql://regulars_owner@/regulars?host=%2F")
        assert found.app_dsn == found.owner_dsn.replace("regulars_owner", "regulars_app")
        assert found.redis_url == f"unix://{tmp_path}/.regulars/run/redis.sock?db=0"

    def test_given(self, monkeypatch: pytest.MonkeyPatch) -> None:
        url = "postgresql://boss:p%40ss@db.example:6432/chain?sslmode=require"
        monkeypatch.setenv("REGULARS_DATABASE_URL", url)
        monkeypatch.setenv("REGULARS_REDIS_URL", "redis://cache.example:6379/2")
        monkeypatch.setenv("REGULARS_SECRET", "0123456789abcdef")
        found = read()
        assert found.owner_dsn == url
        app = urlsplit(found.app_dsn)
        assert (app.username, app.password) == ("regulars_app", found.app_password)
        assert found.app_dsn.endswith("@db.example:6432/chain?sslmode=require")
        assert found.redis_url == "redis://cache.example:6379/2"

    def test_the_app_password_follows_from_the_secret(self) -> None:
        one, other = (Settings(given_secret=letter * 16) for letter in "ab")
        assert one.app_password != other.app_password
        assert one.app_password == Settings(given_secret="a" * 16).app_password

    def test_several_hosts(self) -> None:
        found = Settings(database_url="postgresql://u:p@one:5432,two:5432/d", given_secret="a" * 16)
        assert found.app_dsn.endswith("@one:5432,two:5432/d")

"""Keys and webhooks as a person types them: what is shown once stands alone on stdout."""

import pytest

from tests.test_cli import Command, regulars

__all__ = ["regulars"]

URL = "https://erp.example/hook"


@pytest.fixture(scope="module")
def chain(regulars: Command) -> Command:
    """One store, S1."""
    assert regulars("migrate").returncode == 0
    regulars.ask("INSERT INTO store (code, name) VALUES ('S1', '一店')")
    return regulars


def test_a_key_is_shown_once_alone(chain: Command) -> None:
    done = chain("key", "add", "till", "--store", "S1")
    assert done.returncode == 0
    [key] = done.stdout.splitlines()
    assert key.startswith("rg_")
    assert key not in done.stderr
    assert "store S1" in done.stderr
    listed = chain("key", "list")
    assert key not in listed.stdout + listed.stderr
    [line] = listed.stdout.splitlines()
    assert line.split("\t")[:2] + line.split("\t")[3:] == ["till", "S1", "never used", "good"]
    again = chain("key", "add", "till", "--hq")
    assert (again.returncode, again.stdout) == (1, "")
    assert "taken" in again.stderr
    assert "已被使用" in again.stderr


def test_a_key_is_revoked_by_name(chain: Command) -> None:
    assert chain("key", "add", "partner", "--hq").returncode == 0
    done = chain("key", "revoke", "partner")
    assert (done.returncode, done.stdout) == (0, "")
    [line] = [line for line in chain("key", "list").stdout.splitlines() if line.startswith("partner\tHQ\t")]
    assert "revoked " in line
    without = chain("key", "add", "whose")
    assert (without.returncode, without.stdout) == (1, "")
    assert "--hq" in without.stderr
    assert "整个连锁" in without.stderr


def test_a_webhook_is_made_listed_and_switched_off(chain: Command) -> None:
    done = chain("webhook", "add", "erp", URL, "--event", "purchase", "--event", "refund", "--store", "S1")
    assert done.returncode == 0
    [secret] = done.stdout.splitlines()
    assert secret.startswith("whsec_")
    assert secret not in done.stderr
    shown = chain("webhook", "secret", "erp")
    assert (shown.returncode, shown.stdout.strip(), shown.stderr) == (0, secret, "")
    assert chain("webhook", "list").stdout == f"erp\tS1\tpurchase,refund\t{URL}\ton\t0 waiting\n"
    off = chain("webhook", "off", "erp")
    assert (off.returncode, off.stdout) == (0, "")
    assert "\toff\t" in chain("webhook", "list").stdout


def test_what_a_webhook_may_not_be(chain: Command) -> None:
    done = chain("webhook", "add", "b", "http://erp.example/hook", "--event", "purchase")
    assert (done.returncode, done.stdout) == (1, "")
    english, chinese = done.stderr.splitlines()
    assert "https://" in english
    assert "内网" in chinese
    assert (chain("webhook", "secret", "nobody").returncode, done.stdout) == (1, "")
    for wrong in (("webhook", "add", "b", URL), ("webhook", "add", "b", URL, "--event", "birth"), ("key", "add")):
        done = chain(*wrong)
        assert (done.returncode, done.stdout) == (2, "")

"""Accounts at gateways as a person types them: a credential goes in by stdin and comes out nowhere."""

from pathlib import Path

import pytest

from tests.test_cli import Command, regulars

__all__ = ["regulars"]

URL = "http://127.0.0.1:13013/cgi-bin/sendsms"


@pytest.fixture(scope="module")
def chain(regulars: Command) -> Command:
    """As migrated, with the account `simulator`."""
    assert regulars("migrate").returncode == 0
    return regulars


def test_an_account_from_its_making_to_its_addresses(chain: Command) -> None:
    made = chain("account", "add", "kannel", "--gateway", "kannel", "--set", f"url={URL}", "--set", "from=1069",
                 "--rate", "20", "--priority", "2", "--classes", "notice,marketing", "--hours", "08:00-20:00", "--price", "0.04")  # fmt: skip
    assert (made.returncode, made.stdout) == (0, "")
    assert "regulars account secret kannel password" in made.stderr
    for key in ("username", "password"):
        done = chain("account", "secret", "kannel", key, stdin="hunter2\n")
        assert (done.returncode, done.stdout) == (0, "")
        assert "hunter2" not in done.stderr
    assert "hunter2" not in chain.ask("SELECT credentials FROM gateway_account WHERE name = 'kannel'")
    good = chain("account", "check", "kannel")
    assert good.returncode == 0, good.stderr
    assert chain("account", "list").stdout.splitlines() == [
        "simulator\tsimulator\t1\ton\tmarketing,notice,verification,staff\tany rate\t",
        "kannel\tkannel\t2\ton\tmarketing,notice\t20/s\t",
    ]
    told = chain("account", "hooks", "kannel")
    reports, replies = told.stdout.splitlines()
    assert reports.startswith("http://localhost:8000/hooks/kannel/reports?token=")
    assert replies.startswith("http://localhost:8000/hooks/kannel/replies?token=")
    assert "token" not in told.stderr


def test_what_is_missing_or_refused_is_said_in_both_languages(chain: Command) -> None:
    assert (
        chain("account", "add", "second", "--gateway", "kannel", "--set", f"url={URL}", "--set", "from=1").returncode
        == 0
    )
    assert chain("account", "pause", "second").returncode == 0
    checked = chain("account", "check", "second")
    assert (checked.returncode, checked.stdout) == (1, "")
    assert "lacks username, password" in checked.stderr
    assert "It is paused: regulars account resume second." in checked.stderr
    done = chain("account", "set", "second", "--rate", "0")
    assert (done.returncode, done.stdout) == (1, "")
    english, chinese = done.stderr.splitlines()
    assert english.startswith("The rate is 1 to")
    assert chinese.endswith("。")


def test_phones_that_said_no_elsewhere(chain: Command, tmp_path: Path) -> None:
    file = tmp_path / "12321.txt"
    file.write_text("13900000001\n\n139-0000-0002\n12345\n", encoding="utf-8")
    done = chain("suppress", "--file", file, "--source", "12321")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "Line 4 is no phone: write 11 digits that begin with 13 to 19.",
        "2 new of 2 phones.",
    ]
    assert chain.ask("SELECT count(*), max(length(phone_hmac)) FROM suppression") == "2|64"

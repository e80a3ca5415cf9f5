"""`regulars campaign`, as a person types it."""

from pathlib import Path

import pytest

from config.settings import Settings
from tests.test_cli import PROGRAM, Command

# Three members of store S1 who said yes, one of whom said no later, and one of S2.
PEOPLE = """
INSERT INTO store (id, code, name) VALUES (1, 'S1', '一店'), (2, 'S2', '二店');
INSERT INTO member (id, phone, name, home_store, joined_on, tier)
    SELECT n, '+861390000000' || n, '张三', 1 + n / 4, '2026-01-01', t.id FROM generate_series(1, 4) n, tier t WHERE t.rank = 1;
INSERT INTO consent (member, purpose, granted, source, text_version, at)
    SELECT id, 'marketing_sms', true, 'x', '1', '2026-01-01' FROM member;
INSERT INTO consent (member, purpose, granted, source, text_version, at) VALUES (3, 'marketing_sms', false, 'x', '1', '2026-01-02');
INSERT INTO blocked_word (word, source) VALUES ('天下无双', '广告法') ON CONFLICT DO NOTHING;
"""
LATER = ("--at", "2150-03-02 10:00")


@pytest.fixture(scope="module")
def regulars(installation: Settings, tmp_path_factory: pytest.TempPathFactory) -> Command:
    file = tmp_path_factory.mktemp("p") / "program.toml"
    file.write_text(PROGRAM, encoding="utf-8")
    command = Command(installation.data_dir)
    assert command("program", "apply", file).returncode == 0
    command.ask(PEOPLE)
    return command


def stored(regulars: Command) -> str:
    return regulars.ask("SELECT (SELECT count(*) FROM campaign) || ' ' || (SELECT count(*) FROM send_log)")


@pytest.mark.parametrize("whom", [("--store", "S1", "--everyone")])
def test_to_whom_is_said_exactly_once(tmp_path: Path, whom: tuple[str, ...]) -> None:
    done = Command(tmp_path / "d")("campaign", "send", "春", "--text", "好", *whom)
    assert (done.returncode, done.stdout) == (2, "")
    assert "one of --store, --tag, --rule and --everyone" in done.stderr
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--everyone", "--text", "天下无双"), "Character 1: 天下无双"),
        (
            ("--everyone", "--text", "好", "--at", "2150-03-02 21:00", "--until", "2150-03-03 07:00"),
            "outside the hours",
        ),
    ],
)
def test_what_cannot_be_sent_is_refused_and_nothing_is_stored(
    regulars: Command, words: tuple[str, ...], sentence: str
) -> None:
    done = regulars("campaign", "send", "春", *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert sentence in done.stderr
    assert stored(regulars) == "0 0"


def test_from_the_forecast_to_the_end(regulars: Command) -> None:
    words = ("campaign", "send", "春", "--store", "S1", "--text", "{name}好，" + "好" * 60, *LATER)
    asked = regulars(*words, stdin="n\n")
    assert (asked.returncode, asked.stdout) == (1, "")
    assert "3 members; left out: 1 opted_out." in asked.stderr
    assert "2 messages, 4 parts, 0.00 yuan through simulator; the longest has 75 characters." in asked.stderr
    assert "2 people need more than one part" in asked.stderr
    assert stored(regulars) == "0 0"
    done = regulars(*words, "--yes")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "2 messages of 3 members are queued" in done.stderr
    assert "139" not in asked.stderr + done.stderr
    assert regulars("campaign", "pause", "春").returncode == 0
    assert regulars("campaign", "list").stdout == "春\tpaused\t2150-03-02 10:00\t3\t2\t0\t0\t0\t0\t0\n"
    assert regulars("campaign", "cancel", "春").returncode == 0
    again = regulars("campaign", "resume", "春")
    assert (again.returncode, "The campaign is cancelled" in again.stderr) == (1, True)
    assert regulars.ask("SELECT string_agg(state, ' ' ORDER BY member) FROM send_log") == "cancelled cancelled skipped"

"""`regulars extend`, as a person types it."""

from pathlib import Path

import pytest

from config.settings import Settings
from tests.test_cli import PROGRAM, Command

# Lots of members 1 and 2 of store S1 that end in 2150 and 2151; member 2 has the tag. Years after any clock of a test.
LEDGER = """
INSERT INTO store (id, code, name) VALUES (1, 'S1', '一店'), (2, 'S2', '二店');
INSERT INTO member (id, phone, home_store, joined_on, tier)
    SELECT n, '+861390000000' || n, 1, '2026-01-01', t.id FROM generate_series(1, 2) n, tier t WHERE t.rank = 1;
INSERT INTO tag (id, name) VALUES (1, 'VIP');
INSERT INTO member_tag (member, tag) VALUES (2, 1);
SET ROLE regulars_job;
SELECT deed.points_credit(ARRAY[
    ROW(1, 1, 'adjust', 100, 'adjust', 'a', NULL, NULL, NULL, '2026-03-01', '2026-03-01', '2150-03-01')::deed.posting,
    ROW(2, 1, 'adjust', 50, 'adjust', 'b', NULL, NULL, NULL, '2026-03-01', '2026-03-01', '2150-03-02')::deed.posting,
    ROW(2, 1, 'adjust', 7, 'adjust', 'c', NULL, NULL, NULL, '2026-03-01', '2026-03-01', '2151-01-01')::deed.posting]);
"""
WORDS = ("extend", "--from", "2150-03-01", "--to", "2150-03-31", "--until", "2150-12-31", "--reason", "装修")
ENDS = "SELECT string_agg(points || ' ' || expires_on, ', ' ORDER BY id) FROM points_lot"


@pytest.fixture(scope="module")
def regulars(installation: Settings, tmp_path_factory: pytest.TempPathFactory) -> Command:
    file = tmp_path_factory.mktemp("p") / "program.toml"
    file.write_text(PROGRAM, encoding="utf-8")
    command = Command(installation.data_dir)
    assert command("program", "apply", file).returncode == 0
    command.ask(LEDGER)
    return command


@pytest.mark.parametrize("whose", [(), ("--all", "--tag", "VIP"), ("--phone", "13900000001", "--store", "S1")])
def test_whose_points_is_said_exactly_once(tmp_path: Path, whose: tuple[str, ...]) -> None:
    done = Command(tmp_path / "d")(*WORDS, *whose)
    assert (done.returncode, done.stdout) == (2, "")
    assert "one of --phone, --store, --tag and --all" in done.stderr
    assert not (tmp_path / "d").exists()


def test_a_member_a_tag_a_store_everybody(regulars: Command) -> None:
    for whose, sentence in (
        (("--store", "S2"), "No points end on those days"),
        (("--phone", "139 0000 0001"), "100 points of 1 members (1 lots) are good through 2150-12-31."),
        (("--tag", "vip"), "50 points of 1 members (1 lots)"),
        (("--all",), "No points end on those days: nothing was extended."),
    ):
        done = regulars(*WORDS, *whose)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert sentence in done.stderr
        assert "139" not in done.stderr
    assert regulars.ask(ENDS) == "100 2150-12-31, 50 2150-12-31, 7 2151-01-01"
    assert (
        regulars.ask("SELECT string_agg(reason || points, ',' ORDER BY id) FROM points_extension")
        == "装修0,装修100,装修50,装修0"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*WORDS, "--store", "S9"), "no store S9"), ((*WORDS, "--tag", "nope"), "no such tag"),
        ((*WORDS, "--phone", "13900000009"), "No member has this phone"),
        ((*WORDS[:6], "2020-01-01", *WORDS[7:], "--all"), "2020-01-01 is over"),
    ],
)  # fmt: skip
def test_a_no_is_a_sentence_and_ends_with_1(regulars: Command, words: tuple[str, ...], said: str) -> None:
    before = regulars.ask("SELECT count(*) FROM points_extension")
    done = regulars(*words)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert regulars.ask("SELECT count(*) FROM points_extension") == before

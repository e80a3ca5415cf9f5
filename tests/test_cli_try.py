"""`regulars program try` as a person types it."""

from pathlib import Path

import pytest

from config.settings import Settings
from tests.test_cli import PROGRAM, Command

RECEIPTS = """store,receipt_no,purchased_at,member_phone,sku,category,quantity,amount
S1,R1,2026-01-05 10:00,13900000001,,,1,1200
S1,R2,2026-01-09 10:00,13900000001,,,1,100
S1,R3,2026-03-20 10:00,13900000002,,,1,40
"""


@pytest.fixture(scope="module")
def lived_in(installation: Settings, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """A chain with a program and a winter."""
    folder = tmp_path_factory.mktemp("t")
    for name, text in (("program.toml", PROGRAM), ("stores.csv", "code,name\nS1,一店\n"), ("receipts.csv", RECEIPTS)):
        (folder / name).write_text(text, encoding="utf-8")
    regulars = Command(installation.data_dir)
    for words in (("program", "apply", "program.toml"), ("import", "stores", "stores.csv"), ("replay", "receipts.csv")):
        done = regulars(*words[:-1], folder / words[-1])
        assert done.returncode == 0, done.stderr
    return regulars


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The same program with points that are good for longer."""
    file = tmp_path / "longer.toml"
    file.write_text(PROGRAM.replace("valid_days = 60", "valid_days = 90"), encoding="utf-8")
    return file


def test_a_table_on_stdout_the_changes_on_stderr_and_a_file_when_asked(lived_in: Command, file: Path) -> None:
    lived_in.environment["REGULARS_LANGUAGE"] = "en"
    sums = "SELECT count(*), sum(points) FROM points_entry"
    before = lived_in.ask(sums)
    table = file.with_suffix(".csv")
    done = lived_in("program", "try", file, "--csv", table)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == ["~ points valid_days: 60 → 90", f"Written to {table}."]
    lines = done.stdout.splitlines()
    assert lines[0] == "Program tried over 2026-01-05 to 2026-03-20: 2 members, 3 receipts"
    assert lines[1].split() == ["figure", "today", "longer.toml", "difference"]
    assert [line.split()[-3:] for line in lines if line.startswith(("points issued", "points expired"))] == [
        ["1,340", "1,340", "0"],
        ["1,300", "0", "-1,300"],
    ]
    assert lines[-1] == "Proof: today's program, played, ends exactly where the ledger stands."
    assert "points expired,1300,0,-1300" in table.read_text(encoding="utf-8-sig")
    assert lived_in.ask(sums) == before


def test_chinese_unless_told_otherwise(lived_in: Command, file: Path) -> None:
    lived_in.environment.pop("REGULARS_LANGUAGE", None)
    done = lived_in("program", "try", file, "--from", "2026-03-01", "--to", "2026-03-10")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("会员方案试算：2026-03-01 至 2026-03-10，2 位会员，0 张小票")
    assert "期末有效积分（负债）" in done.stdout


def test_a_refusal_is_one_sentence_in_two_languages(lived_in: Command, file: Path) -> None:
    done = lived_in("program", "try", file, "--from", "2026-03-10", "--to", "2026-03-01")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 2)
    file.write_text(PROGRAM.replace("per_yuan = 1", "per_yuan = 0"), encoding="utf-8")
    wrong = lived_in("program", "try", file)
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr.startswith(f"{file}: points.per_yuan")


def test_a_day_that_is_none_is_wrong_use(tmp_path: Path, file: Path) -> None:
    done = Command(tmp_path / "d")("program", "try", file, "--from", "soon")
    assert (done.returncode, done.stdout) == (2, "")
    assert not (tmp_path / "d").exists()

"""`regulars settlement` and `regulars forecast`, as a person types them."""

import csv
from pathlib import Path

import pytest
from openpyxl import load_workbook

from config.settings import Settings
from tests.test_cli import PROGRAM, Command

LEDGER = """
INSERT INTO store (id, code, name) VALUES (1, 'S1', '一店'), (2, 'S2', '二店');
INSERT INTO member (id, home_store, joined_on, tier) SELECT 1, 1, '2026-01-01', id FROM tier WHERE rank = 1;
SET ROLE regulars_job;
SELECT deed.points_credit(ARRAY[ROW(1, 1, 'adjust', 100, 'adjust', 'a', NULL, NULL, NULL, '2026-03-01', '2026-03-01', NULL)]::deed.posting[]);
SELECT deed.points_debit(ARRAY[ROW(1, 2, 'redeem', -60, 'redeem', '2:r', NULL, NULL, NULL, '2026-03-31', NULL, NULL)]::deed.posting[]);
"""


@pytest.fixture(scope="module")
def regulars(installation: Settings, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """Store 1 owes store 2 60 points of March 2026; 40 are left, for ever."""
    file = tmp_path_factory.mktemp("p") / "program.toml"
    file.write_text(PROGRAM, encoding="utf-8")
    command = Command(installation.data_dir)
    assert command("program", "apply", file).returncode == 0
    command.ask(LEDGER)
    return command


def test_the_settlement_goes_to_stdout_and_the_talk_beside_it(regulars: Command) -> None:
    done = regulars("settlement", "--month", "2026-03")
    assert done.returncode == 0
    assert "No value of a point is set" in done.stderr
    assert [line.split() for line in done.stdout.splitlines() if line.startswith("2026-03")] == [
        ["2026-03", "S1", "一店", "S2", "二店", "60", "是"],
        ["2026-03", "S1", "一店", "0", "60", "-60"],
        ["2026-03", "S2", "二店", "60", "0", "60"],
        ["2026-03", "合计", "60", "60", "0"],
    ]
    assert "2026-03" not in regulars("settlement").stdout, "else the month before this one"


def test_both_files_are_written(regulars: Command, tmp_path: Path) -> None:
    text, book = tmp_path / "s.csv", tmp_path / "s.xlsx"
    done = regulars("settlement", "--month", "2026-03", "--csv", text, "--xlsx", book)
    assert (done.returncode, done.stdout) == (0, "")
    assert str(text) in done.stderr
    assert [row[5] for row in csv.reader(text.read_text(encoding="utf-8-sig").splitlines())] == ["积分", "60"]
    assert load_workbook(book).sheetnames == ["各店净额", "往来明细", "矩阵"]


def test_a_wrong_month_is_a_wrong_use_and_a_bad_place_a_no(regulars: Command, tmp_path: Path) -> None:
    assert regulars("settlement", "--month", "2026-13").returncode == 2
    done = regulars("settlement", "--month", "2026-03", "--csv", tmp_path / "nowhere" / "s.csv")
    assert done.returncode == 1
    assert "nowhere" in done.stderr


def test_the_forecast_in_both_ways(regulars: Command, tmp_path: Path) -> None:
    done = regulars("forecast")
    assert done.returncode == 0
    assert [line.split() for line in done.stdout.splitlines() if "永久有效" in line] == [
        ["永久有效", "S1", "一店", "40", "0", "40", "1"],
        ["永久有效", "全部门店", "40", "0", "40", "1"],
    ]
    file = tmp_path / "f.csv"
    assert regulars("forecast", "--csv", file).returncode == 0
    assert [row[5] for row in csv.reader(file.read_text(encoding="utf-8-sig").splitlines())] == ["合计积分", "40", "40"]

"""A member's own data as a person types it: a file for them, one instead of two, or nothing of them any more."""

from pathlib import Path
from zipfile import ZipFile

from tests.test_cli import Command, regulars

__all__ = ["regulars"]

PHONE = "13900000001"
MEMBER = """
INSERT INTO store (code, name) VALUES ('S1', '一店'); INSERT INTO tier (rank, name) VALUES (1, '铜卡');
INSERT INTO member (phone, name, home_store, joined_on, tier) VALUES ('+8613900000001', '王芳', 1, '2026-01-01', 1);
"""
OTHER_FILE = """
INSERT INTO member (phone, name, home_store, joined_on, tier) VALUES ('+8613900000002', '王方', 1, '2026-01-01', 1);
"""


def test_a_member_is_exported_merged_and_forgotten(regulars: Command, tmp_path: Path) -> None:
    assert regulars("migrate").returncode == 0
    regulars.ask(MEMBER)
    done = regulars("member", "export", PHONE, tmp_path / "m.zip")
    assert (done.returncode, done.stdout) == (0, "")
    assert PHONE not in done.stderr
    with ZipFile(tmp_path / "m.zip") as archive:
        assert "王芳" in archive.read("index.html").decode()
    regulars.ask(OTHER_FILE)
    done = regulars("member", "merge", PHONE, "13900000002", stdin="y\n")
    assert (done.returncode, done.stdout) == (0, "")
    for said in (
        "Kept: member 1 王芳, 139****0001, 0 points",
        "Ends: member 2 王方, 139****0002",
        "Member 2 is merged into member 1: 0 points",
    ):
        assert said in done.stderr
    assert regulars.ask("SELECT merged_into FROM member ORDER BY id").split()[-1] == "1"
    done = regulars("member", "erase", PHONE, stdin="y\n")
    assert (done.returncode, done.stdout) == (0, "")
    assert "Member 1 is erased; 0 waiting messages do not leave." in done.stderr
    assert regulars.ask("SELECT action FROM audit_log WHERE table_name = 'member' ORDER BY id").split()[-1] == "erase"
    again = regulars("member", "erase", PHONE, "--yes")
    assert again.returncode == 1
    assert "没有使用该手机号的会员" in again.stderr

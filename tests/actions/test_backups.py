"""What may be restored where, and what stays silent afterwards. The round trip itself is in tests/test_cli_backups.py."""

import json
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from actions.backups import make_backup, release, restore
from actions.imports import silent
from config.settings import Settings, settings
from rules.refusals import Refusal
from tables import backups
from tables.access import ROLES
from tables.migrate import migrate
from tables.scope import scope
from tests import make
from tests.make import ZONE

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
async def backup(pool: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of whatever is there: nobody restores it."""
    path = tmp_path_factory.mktemp("b") / "chain.backup"
    await make_backup(path=path, now=NOW, replace=False)
    return path


async def refused(path: Path) -> str:
    """The code of the no, after which everything is as it was."""
    before = await make.digest()
    with pytest.raises(Refusal) as no:
        await restore(path=path, now=NOW, zone=ZONE, progress=silent)
    assert await make.digest() == before
    assert any("\u4e00" <= letter <= "\u9fff" for letter in no.value.zh)
    return no.value.code


def changed(backup: Path, *, to: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """The same backup with another manifest."""
    with zipfile.ZipFile(backup) as old, zipfile.ZipFile(to, "w") as new:
        manifest = json.loads(old.read("manifest.json"))
        change(manifest)
        new.writestr("manifest.json", json.dumps(manifest))
        new.writestr("database.dump", old.read("database.dump"))
    return to


async def test_what_is_no_whole_backup_is_refused(db: None, backup: Path, tmp_path: Path) -> None:
    whole, wrong = backup.read_bytes(), tmp_path / "wrong"
    middle = len(whole) // 2
    for content in (
        b"",
        b"PGDMP, but no backup of ours",
        whole[:middle],
        whole[:-1],
        whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
    ):
        wrong.write_bytes(content)
        assert await refused(wrong) == "not_a_backup"
    with zipfile.ZipFile(wrong, "w") as archive:
        archive.writestr("members.csv", "phone,name")
    assert await refused(wrong) == "not_a_backup"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda m: m.update(format=2), "newer_backup"),
        (lambda m: m["history"].append("2099-01-01T00:00:00:000000"), "newer_backup"),
        (lambda m: m.update(digest="00" * 32), "not_a_backup"),
        (lambda m: m.update(created="yesterday"), "not_a_backup"),
        (lambda m: m.pop("rows"), "not_a_backup"),
        (lambda m: m.update(mark="00" * 32), "other_secret"),
    ],
)
async def test_what_a_manifest_may_not_say(
    db: None, backup: Path, tmp_path: Path, change: Callable[[dict[str, Any]], object], code: str
) -> None:
    assert await refused(changed(backup, to=tmp_path / "changed", change=change)) == code


async def test_another_secret_and_a_filled_place_are_refused(
    db: None, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make.make_store()
    assert await refused(backup) == "not_empty"
    other = Settings(data_dir=settings().data_dir, given_secret="of some other chain")  # noqa: S106
    monkeypatch.setattr("actions.backups.settings", lambda: other)
    assert await refused(backup) == "other_secret"


async def test_what_was_left_half_restored_is_not_used(db: None, tmp_path: Path) -> None:
    await make.execute(f"CREATE TABLE {backups.UNFINISHED} (since timestamptz)")
    try:
        with pytest.raises(Refusal) as no:
            await make_backup(path=tmp_path / "half", now=NOW, replace=False)
        assert no.value.code == "unfinished_restore"
        with pytest.raises(Refusal):
            await migrate()
    finally:
        await make.execute(f"DROP TABLE {backups.UNFINISHED}")
    assert list(tmp_path.iterdir()) == []


async def test_a_file_is_replaced_only_on_request_and_never_by_half(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "chain.backup"
    path.write_text("kept")
    with pytest.raises(Refusal) as no:
        await make_backup(path=path, now=NOW, replace=False)
    assert no.value.code == "file_exists"
    monkeypatch.setattr("tables.backups.program", lambda **_: "/bin/false")
    with pytest.raises(Exception, match="pg_dump failed"):
        await make_backup(path=path, now=NOW, replace=True)
    assert (path.read_text(), list(tmp_path.iterdir())) == ("kept", [path])
    monkeypatch.undo()
    await make_backup(path=path, now=NOW, replace=True)
    assert zipfile.ZipFile(path).namelist() == ["database.dump", "manifest.json"]


async def test_what_the_owner_does_not_see_is_not_left_out_in_silence(db: None, tmp_path: Path) -> None:
    await make.execute("ALTER POLICY owner ON member USING (false)")
    try:
        with pytest.raises(Exception, match="does not see all of member"):
            await make_backup(path=tmp_path / "blind", now=NOW, replace=False)
    finally:
        await make.execute("ALTER POLICY owner ON member USING (true)")


async def restored() -> None:
    await make.execute(
        "INSERT INTO restoration (restored_at, backup_at, business_date) VALUES ($1, $2, $3)",
        NOW, NOW - timedelta(days=3), TODAY,
    )  # fmt: skip


async def test_nights_before_the_restore_tell_nobody(db: None) -> None:
    await make.make_program()
    member = await make.make_member(store=await make.make_store())
    await restored()
    for days in (-1, 0):
        day = TODAY + timedelta(days=days)
        await make.execute(
            "INSERT INTO notice (member, kind, reference, business_date, send_before, payload, state)"
            " VALUES ($1, 'tier_up', $2, $3, $4, '{}', 'due')",
            member, str(day), day, NOW + timedelta(days=5),
        )  # fmt: skip
        async with scope(role="job") as connection:
            await connection.fetch(
                "SELECT * FROM deed.notices_write($1, $2, $3, $4, $5)",
                [member],
                day,
                make.night_time(day),
                ZONE.key,
                NOW,
            )
    rows = await make.fetch(
        "SELECT n.business_date AS day, n.state, n.reason, s.state AS send, s.reason AS why FROM notice n"
        " JOIN send_log s ON s.id = n.send_log WHERE n.kind = 'tier_up' ORDER BY 1"
    )
    assert [tuple(row.values())[1:] for row in rows] == [
        ("skipped", "restored", "skipped", "restored"),
        ("queued", None, "queued", None),
    ]


async def test_head_office_alone_releases(db: None) -> None:
    await restored()
    for role in ROLES:
        if role in {"hq_admin", "job"}:
            continue
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with scope(role=role):
                await release(now=NOW)
    assert await make.value("SELECT released_at FROM restoration") is None
    for expected in (True, False):
        async with scope(role="hq_admin"):
            assert await release(now=NOW) is expected
    assert await make.value("SELECT released_at FROM restoration") == NOW


async def test_what_left_before_a_restore_is_not_offered_again(db: None) -> None:
    await restored()
    async with scope(role="job") as connection:
        told = [
            await connection.fetchval("SELECT deed.sent_here($1)", NOW + timedelta(seconds=seconds))
            for seconds in (-1, 0, 1)
        ]
    assert told == [False, False, True]

"""A living chain goes into a file and comes back elsewhere: whole, with nothing left open, and silent until it is released."""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import Settings
from rules.backups import mark
from tables.backups import MAIN
from tests.installed import served
from tests.test_cli import Command, regulars

__all__ = ["regulars"]

CHAIN = """
INSERT INTO store (code, name) VALUES ('S1', '一店');
INSERT INTO points_policy (id, per_yuan, valid_days, remind_days) VALUES (1, 1, 60, '{15}');
INSERT INTO tier (rank, name, quarterly_spend, earn_multiplier) VALUES (1, '铜卡', 0, 1);
SET ROLE regulars_job;
INSERT INTO member (phone, name, home_store, joined_on, tier)
    SELECT '+861390000000' || n, '张三', 1, current_date, 1 FROM generate_series(1, 3) n;
SELECT outcome FROM deed.sales_record((SELECT array_agg(
    ROW(n, 1, 'R' || n, n, now(), current_date, 'till', NULL, NULL, 1, 99.90)::deed.sale_line) FROM generate_series(1, 3) n));
"""
OPEN = """
INSERT INTO gateway_account (name, gateway) VALUES ('first', 'simulator');
INSERT INTO campaign (name, state, created_at) VALUES ('双十一', 'sending', now()), ('年货', 'scheduled', now()), ('草稿', 'draft', now());
INSERT INTO campaign_step (campaign, scheduled_at, send_before) VALUES (1, now(), now() + interval '1 day');
INSERT INTO send_chunk (message_class, campaign, state, due_at, owner, lease_until, gateway, size, sending, unknown) VALUES
    ('marketing', 1, 'waiting', now(), NULL, NULL, NULL, 1, 0, 0), ('marketing', 1, 'claimed', now(), 'w', now(), 'first', 2, 1, 1);
INSERT INTO send_log (message_class, dedupe_key, campaign, step, chunk, gateway, state, scheduled_at, created_at) VALUES
    ('marketing', 'waits', 1, 1, 1, NULL, 'queued', now(), now()),
    ('marketing', 'leaves', 1, 1, 2, 'first', 'sending', now(), now()),
    ('marketing', 'unsure', 1, 1, 2, 'first', 'unknown', now(), now()), ('notice', 'alone', NULL, NULL, NULL, NULL, 'queued', now(), now()),
    ('notice', 'bound', NULL, NULL, NULL, 'first', 'queued', now(), now()),
    ('notice', 'gone', NULL, NULL, NULL, 'first', 'accepted', now(), now());
INSERT INTO notice (member, kind, reference, business_date, send_before, state, send_log)
    SELECT 1, k, 'x', current_date, now() + interval '1 day', s, l FROM (VALUES ('statement', 'queued', 4), ('tier_up', 'due', NULL)) v(k, s, l);
"""
# What a worker would be given.
CLAIM = """
SET ROLE regulars_job;
SELECT deed.sends_waiting(now(), 'Asia/Shanghai', 5);
SELECT count(claimed) FROM deed.chunk_claim('w', now(), 'Asia/Shanghai', '{first}', '{}', 10, '1 minute')
"""
NEW = """
INSERT INTO send_log (message_class, dedupe_key, phone, scheduled_at, send_before, created_at)
VALUES ('staff', 'new', '+8613900000009', now() - interval '1 second', now() + interval '1 hour', now())
"""
STATES = "SELECT dedupe_key, state, reason FROM send_log ORDER BY id"
CAMPAIGNS = "SELECT state, reason FROM campaign ORDER BY id LIMIT 3"
COUNTS = " UNION ALL ".join(f"SELECT count(*) FROM {table}" for table in MAIN)


@pytest.fixture(scope="module")
def living(regulars: Command) -> Command:
    """A store, a sale to each of three members, and something in every open state."""
    regulars.ask(CHAIN)
    regulars.ask(OPEN)
    return regulars


@pytest.fixture(scope="module")
def backup(living: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made while somebody writes a store and a campaign at a time, always both."""
    file = tmp_path_factory.mktemp("b") / "chain.backup"
    with living.typed("backup", file) as making:
        n = 0
        while making.poll() is None:
            n += 1
            living.ask(
                f"WITH s AS (INSERT INTO store (code, name) VALUES ('W{n}', 'x'))"
                f" INSERT INTO campaign (name, created_at) VALUES ('W{n}', now())"
            )
        assert making.returncode == 0, making.communicate()[1]
    return file


@pytest.fixture(scope="module")
def place(living: Command, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """An empty place with the chain's secret, whose servers run all the time."""
    new = Command(tmp_path_factory.mktemp("p") / "d")
    new.environment["REGULARS_SECRET"] = Path(living.environment["REGULARS_DATA_DIR"], "secret").read_text().strip()
    with served(Settings(data_dir=Path(new.environment["REGULARS_DATA_DIR"]))):
        yield new


def test_a_cut_off_backup_changes_nothing(backup: Path, place: Command, tmp_path: Path) -> None:
    cut = tmp_path / "cut.backup"
    cut.write_bytes(backup.read_bytes()[:-1])
    done = place("restore", cut)
    assert (done.returncode, done.stdout) == (1, "")
    assert "no whole backup" in done.stderr
    assert "截断" in done.stderr
    assert place.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == "0"


def test_a_restore_that_is_broken_off_leaves_a_place_for_nothing_else(
    backup: Path, place: Command, tmp_path: Path
) -> None:
    dump, broken = b"PGDMP and no more", tmp_path / "broken.backup"
    digest = hashlib.sha256(dump).hexdigest()
    with zipfile.ZipFile(backup) as old, zipfile.ZipFile(broken, "w") as new:
        manifest = json.loads(old.read("manifest.json"))
        secret = place.environment["REGULARS_SECRET"]
        new.writestr("database.dump", dump)
        new.writestr(
            "manifest.json", json.dumps({**manifest, "digest": digest, "mark": mark(secret=secret, digest=digest)})
        )
    done = place("restore", broken)
    assert (done.returncode, done.stderr.startswith("pg_restore failed (")) == (1, True), done.stderr
    after = place("staff", "add", "somebody", "--role", "hq_admin")
    assert (after.returncode, after.stdout) == (1, "")
    assert "恢复中途中断" in after.stderr
    assert place.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == "restoring"


def test_a_chain_comes_back_whole_and_silent(backup: Path, place: Command) -> None:
    assert backup.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in backup.parent.iterdir()] == [backup.name], "no draft is left"
    done = place("restore", backup)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    rows = json.loads(zipfile.ZipFile(backup).read("manifest.json"))["rows"]
    assert [int(one) for one in place.ask(COUNTS).split()] == [rows[table] for table in MAIN]
    assert (rows["member"], rows["purchase"], rows["points_entry"], rows["send_log"]) == (3, 3, 3, 6)
    assert rows["store"] - 1 == rows["campaign"] - 3, "one moment of all tables"
    assert place.ask(STATES).split("\n") == [
        "waits|cancelled|restored", "leaves|unknown|", "unsure|unknown|", "alone|cancelled|restored", "bound|unknown|",
        "gone|accepted|",
    ]  # fmt: skip
    assert place.ask("SELECT DISTINCT state, reason FROM notice") == "skipped|restored"
    assert place.ask(CAMPAIGNS).split("\n") == ["paused|restored", "paused|restored", "draft|"]
    checked = place("check")
    assert checked.returncode == 0, checked.stderr


def test_nothing_leaves_until_it_is_released(backup: Path, place: Command) -> None:
    place.ask(NEW)
    assert place.ask("SELECT id > 100000000 FROM send_log WHERE dedupe_key = 'new'") == "t", "old ids mean old messages"
    assert place.ask(CLAIM) == "0\n0"
    again = place("restore", backup)
    assert again.returncode == 1
    assert "已有数据" in again.stderr
    assert place.ask(CLAIM) == "0\n0"
    assert place("release").returncode == 0
    assert place.ask(CLAIM) == "1\n1"
    assert place.ask("SELECT released_at IS NOT NULL FROM restoration") == "t"
    assert place.ask("SELECT role FROM audit_log WHERE table_name = 'restoration'") == "regulars_hq_admin"

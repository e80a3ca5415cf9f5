"""Log-ins say since when and from where, the chain says for how long, and staff may have a second factor."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.columns.column_types import Array, BigInt, BigSerial, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.columns.indexes import IndexMethod
from piccolo.table import Table

ID = "2026-11-22T13:37:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Sessions with a beginning, and second factors"

PLAIN = {
    "null": False, "primary_key": False, "unique": False, "index": False, "index_method": IndexMethod.btree,
    "choices": None, "db_column_name": None, "secret": False,
}  # fmt: skip


class Staff(Table, tablename="staff", schema=None):
    id = BigSerial(**{**PLAIN, "primary_key": True})


COLUMNS = (
    ("Chain", "chain", "idle_hours", Integer, {"default": 8}),
    ("Chain", "chain", "session_days", Integer, {"default": 7}),
    ("Chain", "chain", "second_factor_required", Boolean, {"default": False}),
    ("Session", "session", "opened_at", Timestamptz, {"default": TimestamptzNow()}),
    ("Session", "session", "seen_at", Timestamptz, {"default": TimestamptzNow()}),
    ("Session", "session", "address", Varchar, {"default": "", "length": 45}),
    ("SecondFactor", "second_factor", "id", BigSerial, {"primary_key": True}),
    ("SecondFactor", "second_factor", "staff", ForeignKey, {
        "default": None, "unique": True, "references": Staff, "on_delete": OnDelete.restrict, "on_update": OnUpdate.cascade,
        "target_column": None,
    }),
    ("SecondFactor", "second_factor", "credentials", Text, {"default": "", "secret": True}),
    ("SecondFactor", "second_factor", "hashes", Array, {
        "default": [], "secret": True, "base_column": Varchar(**{**PLAIN, "default": "", "length": 64}),
    }),
    ("SecondFactor", "second_factor", "last_step", BigInt, {"default": 0}),
    ("SecondFactor", "second_factor", "is_on", Boolean, {"default": False}),
    ("SecondFactor", "second_factor", "since", Timestamptz, {"default": TimestamptzNow()}),
)  # fmt: skip


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_table(class_name="SecondFactor", tablename="second_factor", schema=None, columns=None)
    for table_class, table, name, column, params in COLUMNS:
        manager.add_column(
            table_class_name=table_class, tablename=table, column_name=name, db_column_name=name,
            column_class_name=column.__name__, column_class=column, params={**PLAIN, **params}, schema=None,
        )  # fmt: skip
    return manager

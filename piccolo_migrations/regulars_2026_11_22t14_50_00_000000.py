"""Wishes to be forgotten, and how many rows people may take away as files."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.columns.column_types import BigSerial, Date, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.indexes import IndexMethod
from piccolo.table import Table

ID = "2026-11-22T14:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Wishes to be forgotten; limits of exports"

PLAIN = {
    "null": False, "primary_key": False, "unique": False, "index": False, "index_method": IndexMethod.btree, "choices": None,
    "db_column_name": None, "secret": False,
}  # fmt: skip


def _key() -> BigSerial:
    return BigSerial(
        null=False, primary_key=True, unique=False, index=False, index_method=IndexMethod.btree, choices=None,
        db_column_name=None, secret=False,
    )  # fmt: skip


class Member(Table, tablename="member", schema=None):
    id = _key()


class Staff(Table, tablename="staff", schema=None):
    id = _key()


class Store(Table, tablename="store", schema=None):
    id = _key()


REFERS = {
    "index": True, "default": None, "on_delete": OnDelete.restrict, "on_update": OnUpdate.cascade, "target_column": None,
}  # fmt: skip
COLUMNS = (
    ("id", BigSerial, {"primary_key": True}),
    ("member", ForeignKey, {**REFERS, "references": Member}),
    ("store", ForeignKey, {**REFERS, "references": Store}),
    ("staff", ForeignKey, {**REFERS, "references": Staff, "null": True}),
    ("asked_at", Timestamptz, {"default": None}),
    ("due_on", Date, {"default": None}),
    ("proof", Varchar, {"default": "", "length": 10}),
    ("note", Text, {"default": ""}),
    ("state", Varchar, {"default": "open", "length": 10}),
    ("decided_by", ForeignKey, {**REFERS, "references": Staff, "null": True}),
    ("decided_at", Timestamptz, {"default": None, "null": True}),
    ("reason", Text, {"default": ""}),
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_table(class_name="ErasureRequest", tablename="erasure_request", schema=None, columns=None)

    def add(table: str, tablename: str, name: str, kind: type, **params: object) -> None:
        manager.add_column(
            table_class_name=table, tablename=tablename, column_name=name, db_column_name=name,
            column_class_name=kind.__name__, column_class=kind, params={**PLAIN, **params}, schema=None,
        )  # fmt: skip

    for name, kind, params in COLUMNS:
        add("ErasureRequest", "erasure_request", name, kind, **params)
    add("Chain", "chain", "export_rows_a_day", Integer, default=20_000, null=True)
    add("Chain", "chain", "hq_export_rows_a_day", Integer, default=None, null=True)
    return manager

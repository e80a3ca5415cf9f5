"""A file of a member that was merged into another one says into which."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.columns.column_types import ForeignKey
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-22T14:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Two files of one person become one"

PLAIN = {
    "primary_key": False, "unique": False, "index": False, "index_method": IndexMethod.btree, "choices": None,
    "db_column_name": None, "secret": False,
}  # fmt: skip


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_column(
        table_class_name="Member", tablename="member", column_name="merged_into", db_column_name="merged_into",
        column_class_name="ForeignKey", column_class=ForeignKey, schema=None,
        params={
            **PLAIN, "default": None, "null": True, "references": "self", "on_delete": OnDelete.restrict,
            "on_update": OnUpdate.cascade, "target_column": None,
        },
    )  # fmt: skip
    return manager

"""Links of test messages: of which version."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Varchar
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-22T13:52:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The version that a test link shows"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_column(
        table_class_name="ShortLink", tablename="short_link", column_name="version", db_column_name="version",
        column_class_name="Varchar", column_class=Varchar, schema=None,
        params={
            "length": 1, "default": None, "null": True, "primary_key": False, "unique": False, "index": False,
            "index_method": IndexMethod.btree, "choices": None, "db_column_name": None, "secret": False,
        },
    )  # fmt: skip
    return manager

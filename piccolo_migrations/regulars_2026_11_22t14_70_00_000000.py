"""With which browser a log-in was opened."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Varchar
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-22T14:70:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Sessions say with which browser they were opened"

PLAIN = {
    "primary_key": False, "unique": False, "index": False, "index_method": IndexMethod.btree, "choices": None,
    "db_column_name": None, "secret": False,
}  # fmt: skip


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_column(
        table_class_name="Session", tablename="session", column_name="browser", db_column_name="browser",
        column_class_name="Varchar", column_class=Varchar, params={"length": 40, "default": "", "null": False, **PLAIN},
        schema=None,
    )  # fmt: skip
    return manager

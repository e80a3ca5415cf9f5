"""Of which night a member's hour and favourites are: they are looked for once a week at most."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Date
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-22T13:05:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Habits say when favourites were looked for"

PLAIN = {
    "primary_key": False, "unique": False, "index": False, "index_method": IndexMethod.btree, "choices": None,
    "db_column_name": None, "secret": False,
}  # fmt: skip


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_column(
        table_class_name="MemberHabit", tablename="member_habit", column_name="liked_on", db_column_name="liked_on",
        column_class_name="Date", column_class=Date, params={"default": None, "null": True, **PLAIN}, schema=None,
    )  # fmt: skip
    return manager

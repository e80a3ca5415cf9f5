"""What Piccolo has no word for in files that were merged into another one."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from config.piccolo_conf import DB

ID = "2026-11-22T14:21:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "A file that was merged has ended"

STATEMENTS = """
ALTER TABLE member ADD CONSTRAINT member_merged CHECK (merged_into IS NULL OR merged_into <> id AND phone IS NULL AND erased_at IS NOT NULL);
CREATE INDEX member_merged_into ON member (merged_into) WHERE merged_into IS NOT NULL;
"""


async def by_hand() -> None:
    transaction = DB.current_transaction.get()
    await transaction.connection.execute(STATEMENTS)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_raw(by_hand)
    return manager

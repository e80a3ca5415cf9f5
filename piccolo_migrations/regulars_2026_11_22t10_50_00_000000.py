"""Messages find their chunk by an index that holds no others: what waits alone is found by its own."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from config.piccolo_conf import DB

ID = "2026-11-22T10:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The index of a chunk's messages"

STATEMENTS = """
CREATE INDEX send_log_of_chunk ON send_log (chunk) WHERE chunk IS NOT NULL;
"""


async def by_hand() -> None:
    transaction = DB.current_transaction.get()
    await transaction.connection.execute(STATEMENTS)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_raw(by_hand)
    return manager

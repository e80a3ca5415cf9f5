"""How long a log-in may last; after the columns, because Piccolo runs what is written by hand first."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from config.piccolo_conf import DB

ID = "2026-11-22T13:38:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Bounds of a log-in"

STATEMENTS = """
ALTER TABLE chain ADD CONSTRAINT chain_log_in CHECK (idle_hours BETWEEN 1 AND 168 AND session_days BETWEEN 1 AND 30);
"""


async def by_hand() -> None:
    transaction = DB.current_transaction.get()
    await transaction.connection.execute(STATEMENTS)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_raw(by_hand)
    return manager

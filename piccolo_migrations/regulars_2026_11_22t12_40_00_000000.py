"""The send log by day: an index that is small, and that a message may leave without touching."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from config.piccolo_conf import DB

ID = "2026-11-22T12:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Messages by day, for budgets and shares"

STATEMENTS = """
CREATE INDEX send_log_of_day ON send_log USING brin (business_date, created_at) WITH (pages_per_range = 32, autosummarize = on);
"""


async def by_hand() -> None:
    transaction = DB.current_transaction.get()
    await transaction.connection.execute(STATEMENTS)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_raw(by_hand)
    return manager

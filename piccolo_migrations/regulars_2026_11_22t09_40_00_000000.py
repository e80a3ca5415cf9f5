"""What /messages and the monitors ask every few seconds is answered by small indexes."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from config.piccolo_conf import DB

ID = "2026-11-22T09:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Indexes for looking at what is on its way"

STATEMENTS = """
CREATE INDEX send_chunk_unsure ON send_chunk (id) WHERE unknown > 0;
CREATE INDEX reply_open ON reply (id) WHERE state = 'open';
CREATE INDEX reply_at ON reply (at);
CREATE INDEX complaint_at ON complaint (at);
"""


async def by_hand() -> None:
    transaction = DB.current_transaction.get()
    await transaction.connection.execute(STATEMENTS)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_raw(by_hand)
    return manager

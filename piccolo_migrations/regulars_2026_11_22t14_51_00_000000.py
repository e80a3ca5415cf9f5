"""What Piccolo has no word for in wishes to be forgotten and in limits of exports."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from config.piccolo_conf import DB

ID = "2026-11-22T14:51:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Wishes to be forgotten, by hand"

STATEMENTS = """
CREATE UNIQUE INDEX erasure_request_one_open ON erasure_request (member) WHERE state = 'open';
CREATE INDEX erasure_request_due ON erasure_request (due_on) WHERE state = 'open';
ALTER TABLE erasure_request ADD CONSTRAINT erasure_request_sane CHECK (state IN ('open', 'done', 'refused', 'withdrawn')
    AND proof IN ('phone', 'document', 'known', 'letter') AND (state = 'open') = (decided_at IS NULL));
ALTER TABLE chain ADD CONSTRAINT chain_exports CHECK (export_rows_a_day >= 0 AND hq_export_rows_a_day >= 0);
"""


async def by_hand() -> None:
    transaction = DB.current_transaction.get()
    await transaction.connection.execute(STATEMENTS)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_raw(by_hand)
    return manager

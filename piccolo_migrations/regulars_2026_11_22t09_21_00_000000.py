"""The report inbox by hand: whoever looks for reports finds those whose turn it is, however many found no message."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from config.piccolo_conf import DB

ID = "2026-11-22T09:21:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Indexes of the report inbox"

# A report that has not been tried yet comes before all others, and before every clock.
STATEMENTS = """
ALTER TABLE report_inbox ALTER COLUMN next_at SET DEFAULT '-infinity';
UPDATE report_inbox SET next_at = '-infinity' WHERE next_at IS NULL;
DROP INDEX report_inbox_waiting, report_inbox_at;
CREATE INDEX report_inbox_waiting ON report_inbox (next_at, id) WHERE joined IS NULL;
CREATE INDEX report_inbox_at ON report_inbox USING brin (at) WITH (pages_per_range = 32, autosummarize = on);
"""


async def by_hand() -> None:
    transaction = DB.current_transaction.get()
    await transaction.connection.execute(STATEMENTS)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_raw(by_hand)
    return manager

"""With how many days the chain begins: texts and replies stay 150 days at least, for they prove what was agreed to."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from config.piccolo_conf import DB

ID = "2026-11-22T13:21:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Retention, by hand"

STATEMENTS = """
ALTER TABLE retention ADD CONSTRAINT retention_sane CHECK (CASE WHEN kind IN ('message', 'notice', 'reply') THEN days BETWEEN 150 AND 3660
    WHEN kind IN ('click', 'lookup') THEN days BETWEEN 30 AND 3660 ELSE false END);
INSERT INTO retention (kind, days) VALUES ('message', 365), ('notice', 365), ('reply', 730), ('click', 365), ('lookup', 1095);
"""


async def by_hand() -> None:
    transaction = DB.current_transaction.get()
    await transaction.connection.execute(STATEMENTS)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_raw(by_hand)
    return manager

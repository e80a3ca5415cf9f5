"""The ledger's own checks in fewer words: PostgreSQL reads a check anew for every statement, a third of a posting's time."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from config.piccolo_conf import DB

ID = "2026-11-22T07:45:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The checks of the ledger in fewer words"

# What they say is what they said: an unknown expiry (for ever) passes, as a check that is null does.
STATEMENTS = """
ALTER TABLE points_account DROP CONSTRAINT points_account_sane,
    ADD CONSTRAINT points_account_sane CHECK (least(balance, debt) = 0 AND pending >= 0);
ALTER TABLE points_entry DROP CONSTRAINT points_entry_kind, DROP CONSTRAINT points_entry_value,
    ADD CONSTRAINT points_entry_kind CHECK (points <> 0 AND kind = ANY (CASE WHEN points > 0
        THEN '{earn,restore,import,adjust}'::text[] ELSE '{redeem,expire,refund,adjust}'::text[] END)),
    ADD CONSTRAINT points_entry_value CHECK (value >= 0 AND kind = 'redeem' OR value IS NULL);
ALTER TABLE points_lot DROP CONSTRAINT points_lot_sane,
    ADD CONSTRAINT points_lot_sane CHECK (points > 0 AND remaining >= 0 AND remaining <= points AND expires_on >= available_on);
"""


async def by_hand() -> None:
    transaction = DB.current_transaction.get()
    await transaction.connection.execute(STATEMENTS)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_raw(by_hand)
    return manager

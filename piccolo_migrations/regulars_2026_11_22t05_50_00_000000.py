"""What the settlement between stores asks by month: debts paid by later lots (business dates have their own index)."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from config.piccolo_conf import DB

ID = "2026-11-22T05:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Allocations by the day on which they paid a debt"

STATEMENT = "CREATE INDEX points_allocation_paid_on ON points_allocation (paid_on) WHERE paid_on IS NOT NULL"


async def by_hand() -> None:
    transaction = DB.current_transaction.get()
    await transaction.connection.execute(STATEMENT)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_raw(by_hand)
    return manager

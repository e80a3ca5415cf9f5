"""Restores, which hold what would leave; and when a key was last used."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.columns.column_types import BigSerial, Date, ForeignKey, Timestamptz
from piccolo.columns.indexes import IndexMethod
from piccolo.table import Table

from config.piccolo_conf import DB

ID = "2026-11-22T13:47:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Restores, and when a key was last used"

PLAIN = {
    "primary_key": False, "unique": False, "index": False, "index_method": IndexMethod.btree, "choices": None,
    "db_column_name": None, "secret": False,
}  # fmt: skip


STATEMENTS = """
ALTER TABLE send_log DROP CONSTRAINT send_log_state, ADD CONSTRAINT send_log_state CHECK
    (state IN ('queued', 'sending', 'accepted', 'delivered', 'failed', 'unknown', 'skipped', 'cancelled')
        AND ((state = 'skipped') = (reason IS NOT NULL) OR state = 'cancelled' AND reason = 'restored'));
"""


class Staff(Table, tablename="staff", schema=None):
    id = BigSerial(
        null=False, primary_key=True, unique=False, index=False, index_method=IndexMethod.btree, choices=None,
        db_column_name=None, secret=False,
    )  # fmt: skip


async def by_hand() -> None:
    transaction = DB.current_transaction.get()
    await transaction.connection.execute(STATEMENTS)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_table(class_name="Restoration", tablename="restoration", schema=None, columns=None)

    def add(table: str, tablename: str, name: str, kind: type, **params: object) -> None:
        manager.add_column(
            table_class_name=table, tablename=tablename, column_name=name, db_column_name=name,
            column_class_name=kind.__name__, column_class=kind, params={**PLAIN, **params}, schema=None,
        )  # fmt: skip

    add("Restoration", "restoration", "id", BigSerial, null=False, primary_key=True)
    add("Restoration", "restoration", "restored_at", Timestamptz, default=None, null=False)
    add("Restoration", "restoration", "backup_at", Timestamptz, default=None, null=False)
    add("Restoration", "restoration", "business_date", Date, default=None, null=False)
    add("Restoration", "restoration", "released_at", Timestamptz, default=None, null=True)
    add(
        "Restoration", "restoration", "released_by", ForeignKey, default=None, null=True, index=True, references=Staff,
        on_delete=OnDelete.restrict, on_update=OnUpdate.cascade, target_column=None,
    )
    add("ApiKey", "api_key", "last_used_at", Timestamptz, default=None, null=True)
    manager.add_raw(by_hand)
    return manager

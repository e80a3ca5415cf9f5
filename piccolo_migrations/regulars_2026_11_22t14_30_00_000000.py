"""Whether a step was made for people by what they did; and members who refused that, found without reading all consents."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Boolean
from piccolo.columns.indexes import IndexMethod

from config.piccolo_conf import DB

ID = "2026-11-22T14:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Steps know whether they are personal"

PLAIN = {
    "primary_key": False, "unique": False, "index": False, "index_method": IndexMethod.btree, "choices": None,
    "db_column_name": None, "secret": False,
}  # fmt: skip

STATEMENTS = """
CREATE INDEX consent_personal ON consent (member, at DESC, id DESC) INCLUDE (granted) WHERE purpose = 'personalisation';
"""


async def by_hand() -> None:
    transaction = DB.current_transaction.get()
    await transaction.connection.execute(STATEMENTS)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_column(
        table_class_name="CampaignStep", tablename="campaign_step", column_name="is_personal", db_column_name="is_personal",
        column_class_name="Boolean", column_class=Boolean, params={"default": False, "null": False, **PLAIN}, schema=None,
    )  # fmt: skip
    manager.add_raw(by_hand)
    return manager

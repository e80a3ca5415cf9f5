"""The audit log by time, person, member, table and deed."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from config.piccolo_conf import DB

ID = "2026-11-22T13:11:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Indexes of the audit log"

STATEMENTS = """
ALTER TABLE audit_log DISABLE TRIGGER USER;
UPDATE audit_log SET member = CASE WHEN table_name = 'member' THEN row_id ELSE (coalesce(after, before) ->> 'member')::bigint END;
ALTER TABLE audit_log ENABLE TRIGGER USER;
DROP INDEX audit_log_staff;
CREATE INDEX audit_log_at ON audit_log (at, id);
CREATE INDEX audit_log_staff ON audit_log (staff, at, id) WHERE staff IS NOT NULL;
CREATE INDEX audit_log_member ON audit_log (member, at, id) WHERE member IS NOT NULL;
CREATE INDEX audit_log_table ON audit_log (table_name, at, id);
CREATE INDEX audit_log_action ON audit_log (action, at, id);
CREATE INDEX member_lookup_at ON member_lookup (at, id);
"""


async def by_hand() -> None:
    transaction = DB.current_transaction.get()
    await transaction.connection.execute(STATEMENTS)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_raw(by_hand)
    return manager

"""What sensitive purposes are, and no place without a yes to it."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from config.piccolo_conf import DB

ID = "2026-11-22T14:41:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Sensitive purposes stand apart"

CONSTRAINTS = """
ALTER TABLE consent DROP CONSTRAINT consent_purpose, ADD CONSTRAINT consent_purpose CHECK
    (purpose IN ('marketing_sms', 'notice_sms', 'personalisation', 'location', 'health', 'children', 'partner'));
ALTER TABLE tag ADD CONSTRAINT tag_purpose CHECK (purpose IN ('health', 'location', 'children'));
"""
# A place that its member never agreed to is taken away; no line of the audit repeats a place any more, whoever agreed later.
PLACES = """
ALTER TABLE member DISABLE TRIGGER USER;
WITH gone AS (
    UPDATE member m SET latitude = NULL, longitude = NULL WHERE (m.latitude IS NOT NULL OR m.longitude IS NOT NULL)
        AND (SELECT c.granted FROM consent c WHERE c.member = m.id AND c.purpose = 'location' ORDER BY c.at DESC, c.id DESC LIMIT 1) IS NOT TRUE
    RETURNING m.id, m.home_store
)
INSERT INTO audit_log (at, role, store, action, table_name, row_id, member, before, after)
SELECT now(), 'regulars_owner', home_store, 'update', 'member', id, id, '{"latitude": "…", "longitude": "…"}', '{"latitude": null, "longitude": null}'
FROM gone;
ALTER TABLE member ENABLE TRIGGER USER;
ALTER TABLE audit_log DISABLE TRIGGER USER;
UPDATE audit_log a SET before = CASE WHEN a.before ->> 'latitude' IS NULL THEN a.before ELSE a.before || '{"latitude": "…", "longitude": "…"}' END,
    after = CASE WHEN a.after ->> 'latitude' IS NULL THEN a.after ELSE a.after || '{"latitude": "…", "longitude": "…"}' END
WHERE a.table_name = 'member' AND (a.before ->> 'latitude' IS NOT NULL OR a.after ->> 'latitude' IS NOT NULL);
ALTER TABLE audit_log ENABLE TRIGGER USER;
"""


async def by_hand() -> None:
    transaction = DB.current_transaction.get()
    await transaction.connection.execute(CONSTRAINTS + PLACES)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_raw(by_hand)
    return manager

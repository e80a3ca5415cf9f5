"""Two more red lines that headquarters edits, and the opt-outs of links found by their time."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from config.piccolo_conf import DB

ID = "2026-11-22T12:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Red lines of delivery and opt-outs"

STATEMENTS = """
ALTER TABLE contact_rule DROP CONSTRAINT contact_rule_sane, ADD CONSTRAINT contact_rule_sane CHECK (CASE kind
        WHEN 'hours' THEN opens >= '08:00' AND closes <= '22:00' AND opens < closes
        WHEN 'frequency' THEN most > 0 AND days BETWEEN 1 AND 366
        WHEN 'same_content' THEN days BETWEEN 1 AND 366
        WHEN 'complaints' THEN share > 0 AND share < 1
        WHEN 'delivery' THEN share > 0 AND share < 1
        WHEN 'opt_out' THEN share > 0 AND share < 1
        WHEN 'promotion_share' THEN share > 0 AND share <= 1 AND days BETWEEN 1 AND 366 AND most >= 0
        ELSE false END IS TRUE AND (store IS NULL OR kind = 'hours'));
INSERT INTO contact_rule (kind, share) VALUES ('delivery', 0.98), ('opt_out', 0.003);
CREATE INDEX consent_by_link ON consent (at) WHERE source = 'link' AND NOT granted;
"""


async def by_hand() -> None:
    transaction = DB.current_transaction.get()
    await transaction.connection.execute(STATEMENTS)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_raw(by_hand)
    return manager

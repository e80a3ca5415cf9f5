"""What Piccolo has no word for: masked phones, the indexes behind the admin's lists and the messages on their way."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from config.piccolo_conf import DB

ID = "2026-11-22T02:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Masked phones, list and message indexes by hand"

STATEMENTS = """
ALTER TABLE chain ADD CONSTRAINT chain_one_row CHECK (id = 1);
INSERT INTO chain (id, name, signature, phone) VALUES (1, '回头客', '回头客', '');
ALTER TABLE template ADD CONSTRAINT template_sane CHECK (message_class IN ('marketing', 'notice', 'verification', 'staff')
    AND (kind IS NULL OR kind IN ('frame', 'welcome', 'points_expiring', 'tier_up', 'tier_down', 'tier_warning', 'statement')));
ALTER TABLE member_lookup ADD CONSTRAINT member_lookup_weight CHECK (weight > 0);
ALTER TABLE member ADD COLUMN phone_masked text GENERATED ALWAYS AS
    (CASE WHEN phone LIKE '+86%' THEN substr(phone, 4, 3) || '****' || right(phone, 4) ELSE '****' || right(phone, 4) END) VIRTUAL;
ALTER TABLE send_log ADD COLUMN phone_masked text GENERATED ALWAYS AS
    (CASE WHEN phone LIKE '+86%' THEN substr(phone, 4, 3) || '****' || right(phone, 4) ELSE '****' || right(phone, 4) END) VIRTUAL;

CREATE INDEX member_of_store ON member (home_store, id);
-- The last digits of a number, and the characters of a name.
CREATE INDEX member_phone_tail ON member (reverse(phone) text_pattern_ops);
CREATE INDEX member_name_characters ON member USING gin (string_to_array(lower(name), NULL));
CREATE INDEX member_lookup_of_staff ON member_lookup (staff, at);
CREATE INDEX purchase_of_store ON purchase (store, id);
CREATE INDEX points_entry_of_store ON points_entry (store, id);
CREATE INDEX points_entry_reward ON points_entry (reward) WHERE reward IS NOT NULL;
CREATE INDEX points_lot_of_store ON points_lot (store, id);
CREATE INDEX send_log_of_store ON send_log (store, id);
CREATE INDEX send_log_phone ON send_log (phone) WHERE phone IS NOT NULL;
CREATE INDEX send_log_due ON send_log (coalesce(next_at, scheduled_at), id) WHERE state = 'queued';
CREATE INDEX send_log_open ON send_log (handed_at, id) WHERE state IN ('sending', 'accepted', 'unknown');
CREATE UNIQUE INDEX send_log_of_gateway ON send_log (gateway, gateway_message_id) WHERE gateway_message_id IS NOT NULL;
CREATE UNIQUE INDEX template_of_kind ON template (kind) WHERE kind IS NOT NULL;
"""


async def by_hand() -> None:
    transaction = DB.current_transaction.get()
    await transaction.connection.execute(STATEMENTS)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_raw(by_hand)
    return manager

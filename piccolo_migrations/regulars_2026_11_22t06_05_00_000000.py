"""The text that brings a code to a member's phone, and the index by which such texts leave before all others."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from config.piccolo_conf import DB

ID = "2026-11-22T06:05:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The redemption code's template and index by hand"

TEMPLATE = """
INSERT INTO template (name, kind, message_class, text, is_active) VALUES
    ('兑换验证码', 'redeem_code', 'verification', '验证码{code}，您正在{store}使用积分，{minutes}分钟内有效。请勿告知他人，店员核对时除外。', true)
ON CONFLICT DO NOTHING;
"""
STATEMENTS = f"""
ALTER TABLE template DROP CONSTRAINT template_sane;
ALTER TABLE template ADD CONSTRAINT template_sane CHECK (message_class IN ('marketing', 'notice', 'verification', 'staff')
    AND (kind IS NULL OR kind IN ('frame', 'welcome', 'points_expiring', 'tier_up', 'tier_down', 'tier_warning', 'statement', 'redeem_code')));
CREATE INDEX send_log_due_at_once ON send_log (coalesce(next_at, scheduled_at), id)
    WHERE state = 'queued' AND message_class IN ('verification', 'staff');
{TEMPLATE}
"""


async def by_hand() -> None:
    transaction = DB.current_transaction.get()
    await transaction.connection.execute(STATEMENTS)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_raw(by_hand)
    return manager

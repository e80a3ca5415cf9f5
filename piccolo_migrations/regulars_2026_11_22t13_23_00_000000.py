"""The text that brings a code to a number that a member says is theirs."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from config.piccolo_conf import DB

ID = "2026-11-22T13:23:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The number code's template by hand"

TEMPLATE = """
INSERT INTO template (name, kind, message_class, text, is_active) VALUES
    ('号码验证码', 'number_code', 'verification', '验证码{code}，您正在{store}核实会员手机号，{minutes}分钟内有效。如非本人操作请勿告知他人。', true)
ON CONFLICT DO NOTHING;
"""
STATEMENTS = f"""
ALTER TABLE template DROP CONSTRAINT template_sane;
ALTER TABLE template ADD CONSTRAINT template_sane CHECK (message_class IN ('marketing', 'notice', 'verification', 'staff')
    AND (kind IS NULL OR kind IN ('frame', 'welcome', 'points_expiring', 'tier_up', 'tier_down', 'tier_warning', 'statement', 'redeem_code',
        'number_code')));
{TEMPLATE}
"""


async def by_hand() -> None:
    transaction = DB.current_transaction.get()
    await transaction.connection.execute(STATEMENTS)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_raw(by_hand)
    return manager

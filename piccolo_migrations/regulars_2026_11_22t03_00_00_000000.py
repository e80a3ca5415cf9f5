"""The texts that a chain begins with; from then on they are the chain's own to change."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from config.piccolo_conf import DB

ID = "2026-11-22T03:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Shipped templates by hand"

STATEMENTS = """
INSERT INTO template (name, kind, message_class, text, is_active) VALUES
    ('外框', 'frame', 'notice', '{title_or_name}您好，{notices}{service}', true),
    ('欢迎入会', 'welcome', 'notice', '您已成为本店会员，当前等级{tier}。消费时报手机号即可积分。', true),
    ('升级通知', 'tier_up', 'notice', '恭喜您升级为{tier}，有效期至{valid_until}。', true),
    ('降级通知', 'tier_down', 'notice', '您的会员等级现为{tier}，已有积分不受影响。', true),
    ('保级提醒', 'tier_warning', 'notice', '您的{tier}将于{valid_until}到期，再消费{to_keep}元即可保级。', true),
    ('积分到期提醒', 'points_expiring', 'notice', '您有{points}积分将在{in_days}（{on}）到期，请留意使用。', true),
    ('积分对账单', 'statement', 'notice', '{month}积分：获得{earned}，使用{redeemed}，到期{expired}，月末余额{balance}。', true)
ON CONFLICT DO NOTHING;
"""


async def by_hand() -> None:
    transaction = DB.current_transaction.get()
    await transaction.connection.execute(STATEMENTS)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_raw(by_hand)
    return manager

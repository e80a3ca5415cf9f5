"""The words that no message may hold when a chain begins; HQ edits them from then on. And: credentials are a secret."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import Text

from config.piccolo_conf import DB

ID = "2026-11-22T09:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Blocked words as shipped; credentials are never shown"

# Words that are right in one sentence and wrong in the next (第一, 唯一, 独家, 首选, 万能, 100%, 特供, 专供) are for people to
# judge and not here. 【】 is refused wherever a text is written, & is a part of addresses.
STATEMENTS = """
INSERT INTO blocked_word (word, source, since) VALUES
    ('国家级', '《广告法》第九条第三项', '2015-09-01'), ('最高级', '《广告法》第九条第三项', '2015-09-01'),
    ('最佳', '《广告法》第九条第三项', '2015-09-01'),
    ('顶级', '《广告法》第九条第三项“等用语”', '2015-09-01'), ('极品', '《广告法》第九条第三项“等用语”', '2015-09-01'),
    ('史上最', '《广告法》第九条第三项“等用语”', '2015-09-01'), ('绝无仅有', '《广告法》第九条第三项“等用语”', '2015-09-01'),
    ('最低价', '《广告法》第九条第三项“等用语”，第二十八条', '2015-09-01'),
    ('国家机关指定', '《广告法》第九条第二项', '2015-09-01'), ('驰名商标', '《商标法》第十四条第五款', '2014-05-01'),
    ('降血压', '《广告法》第十七条', '2015-09-01'), ('降血糖', '《广告法》第十七条', '2015-09-01'),
    ('降血脂', '《广告法》第十七条', '2015-09-01'), ('治疗', '《广告法》第十七条', '2015-09-01'),
    ('治愈', '《广告法》第十六条、第十七条', '2015-09-01'), ('疗效', '《广告法》第十六条、第十七条', '2015-09-01'),
    ('抗癌', '《广告法》第十七条', '2015-09-01'), ('防癌', '《广告法》第十七条', '2015-09-01'),
    ('术后康复', '《广告法》第十七条', '2015-09-01'),
    ('代替母乳', '《广告法》第二十条', '2015-09-01'), ('替代母乳', '《广告法》第二十条', '2015-09-01'),
    ('★', '阿里云、腾讯云短信模板规范：特殊符号', NULL), ('※', '阿里云、腾讯云短信模板规范：特殊符号', NULL),
    ('→', '阿里云短信模板规范：特殊符号', NULL), ('•', '阿里云短信模板规范：特殊符号', NULL),
    ('①', '阿里云短信模板规范：特殊符号', NULL), ('『', '阿里云短信模板规范：特殊符号', NULL),
    ('』', '阿里云短信模板规范：特殊符号', NULL), ('㎡', '阿里云短信模板规范：特殊符号', NULL),
    ('m²', '阿里云短信模板规范：特殊符号', NULL), ('☞', '腾讯云短信模板规范：特殊符号', NULL),
    ('✓', '腾讯云短信模板规范：特殊符号', NULL), ('^_^', '腾讯云短信模板规范：特殊符号', NULL),
    ('¥', '腾讯云短信模板规范：特殊符号，请写“元”', NULL), ('￥', '腾讯云短信模板规范：特殊符号，请写“元”', NULL),
    ('▇', '多数通道拦截的符号', NULL)
ON CONFLICT (word) DO NOTHING;
"""


async def words() -> None:
    transaction = DB.current_transaction.get()
    await transaction.connection.execute(STATEMENTS)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.alter_column(
        table_class_name="GatewayAccount",
        tablename="gateway_account",
        column_name="credentials",
        db_column_name="credentials",
        params={"secret": True},
        old_params={"secret": False},
        column_class=Text,
        old_column_class=Text,
        schema=None,
    )
    manager.add_raw(words)
    return manager

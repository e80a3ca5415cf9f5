"""Names for the members that bench/load.py made: told apart by surname and one or two more characters, as people are."""

from bench.database import superuser
from bench.load import HASH

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫"
    "雷龙黎史陶贺毛段郝顾龚邵覃武钱戴严莫孔向常"
)
GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文辉玲红建华国春梅志云海东波宁飞燕鹏宇浩然子涵欣怡梓轩博雅思雨佳琪诗梦瑶俊豪嘉晨曦天佑乐瑞雪晓光永福玉珍"
    "凤莲淑凯龙翔峰斌琳倩颖慧洁莹璐薇萍琴素立新成林家宝世昌宏达启航若溪语桐可心安泽楷睿哲"
)
# Common surnames are common: the square pulls towards the head of the list.
NAMED = f"""
UPDATE member SET name =
    substr('{SURNAMES}', 1 + (pg_temp.h(id, 40, 1000) * pg_temp.h(id, 41, 1000) * {len(SURNAMES)}::bigint / 1000000)::int, 1)
    || substr('{GIVEN}', 1 + pg_temp.h(id, 42, {len(GIVEN)}), 1)
    || CASE WHEN pg_temp.h(id, 43, 10) < 7 THEN substr('{GIVEN}', 1 + pg_temp.h(id, 44, {len(GIVEN)}), 1) ELSE '' END
"""


async def name_members() -> None:
    """Gives every member a name, once; the table is packed again, as an import would have left it."""
    connection = await superuser()
    try:
        if not await connection.fetchval("SELECT name LIKE '会员%' FROM member WHERE id = 1"):
            return
        characters = await connection.fetchval("SELECT pg_get_indexdef('member_name_characters'::regclass)")
        await connection.execute(f"SET session_replication_role = replica; SET maintenance_work_mem = '512MB'; {HASH}")
        await connection.execute("DROP INDEX member_name_characters")
        await connection.execute(NAMED)
        await connection.execute("CLUSTER member USING member_pkey")
        await connection.execute(characters)
        for table in ("member", "points_entry"):
            await connection.execute(f"VACUUM (ANALYZE) {table}")
    finally:
        await connection.close()

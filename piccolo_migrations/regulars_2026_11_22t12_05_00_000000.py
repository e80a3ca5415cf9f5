"""From which purchases a habit was made, so that the night finds those that are not of all; and nights of before there were habits."""

from decimal import Decimal

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Integer, Numeric
from piccolo.columns.indexes import IndexMethod

from config.piccolo_conf import DB

ID = "2026-11-22T12:05:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Habits say which purchases they are of"

PLAIN = {
    "null": False, "primary_key": False, "unique": False, "index": False, "index_method": IndexMethod.btree,
    "choices": None, "db_column_name": None, "secret": False,
}  # fmt: skip

# Nights closed before this version had no tags to give and no segments to count: nothing of theirs is missing.
STATEMENTS = """
INSERT INTO job_run (job, business_date, state, started_at, finished_at, counts)
SELECT j.job, r.business_date, 'done', r.finished_at, r.finished_at, '{}'
FROM job_run r CROSS JOIN (VALUES ('tags'), ('segments')) j(job) WHERE r.job = 'check' AND r.state = 'done'
ON CONFLICT (job, business_date) DO NOTHING;
"""


async def by_hand() -> None:
    transaction = DB.current_transaction.get()
    await transaction.connection.execute(STATEMENTS)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_column(
        table_class_name="MemberHabit", tablename="member_habit", column_name="purchases", db_column_name="purchases",
        column_class_name="Integer", column_class=Integer, params={"default": 0, **PLAIN}, schema=None,
    )  # fmt: skip
    manager.add_column(
        table_class_name="MemberHabit", tablename="member_habit", column_name="spend", db_column_name="spend",
        column_class_name="Numeric", column_class=Numeric, params={"default": Decimal("0"), "digits": (12, 2), **PLAIN},
        schema=None,
    )  # fmt: skip
    manager.add_raw(by_hand)
    return manager

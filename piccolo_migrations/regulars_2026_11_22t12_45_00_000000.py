"""How amounts of members are spread, in the form in which the planner may know it behind row security."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from config.piccolo_conf import DB

ID = "2026-11-22T12:45:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Statistics of the amounts that segments compare"

STATEMENTS = """
CREATE STATISTICS member_stats_quarter_spent ON (quarter_spend::float8) FROM member_stats;
CREATE STATISTICS member_stats_last_quarter_spent ON (last_quarter_spend::float8) FROM member_stats;
CREATE STATISTICS member_stats_total_spent ON (total_spend::float8) FROM member_stats;
CREATE STATISTICS member_stats_interval ON (average_interval_days::float8) FROM member_stats;
CREATE STATISTICS member_habit_year_spent ON (year_spend::float8) FROM member_habit;
CREATE STATISTICS member_habit_last_year_spent ON (last_year_spend::float8) FROM member_habit;
CREATE STATISTICS member_habit_basket ON (basket::float8) FROM member_habit;
CREATE STATISTICS member_habit_interval_change ON (interval_change::float8) FROM member_habit;
"""


async def by_hand() -> None:
    transaction = DB.current_transaction.get()
    await transaction.connection.execute(STATEMENTS)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_raw(by_hand)
    return manager

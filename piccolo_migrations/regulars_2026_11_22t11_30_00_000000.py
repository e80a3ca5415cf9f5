"""What Piccolo has no word for in segments, habits and campaigns of several steps and versions."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from config.piccolo_conf import DB

ID = "2026-11-22T11:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Segments, habits, versions, canaries, budgets"

STATEMENTS = """
ALTER TABLE segment ADD CONSTRAINT segment_sane CHECK (btrim(name) <> '' AND btrim(rule) <> '' AND members >= 0);
ALTER TABLE member_interest ADD CONSTRAINT member_interest_kind CHECK (kind IN ('wish', 'favourite'));
ALTER TABLE sms_budget ADD CONSTRAINT sms_budget_sane CHECK (amount >= 0 AND extract(day FROM month) = 1);
CREATE UNIQUE INDEX sms_budget_of_month ON sms_budget (coalesce(store, 0), coalesce(month, '-infinity'));
ALTER TABLE member_habit ADD CONSTRAINT member_habit_sane CHECK (quarter_purchases >= 0 AND last_quarter_purchases >= 0
    AND year_purchases >= 0 AND weekday BETWEEN 1 AND 7 AND hour BETWEEN 0 AND 23 AND month_day BETWEEN 1 AND 31 AND interval_change >= 0);
CREATE INDEX member_habit_quarter ON member_habit (quarter, quarter_purchases);
CREATE INDEX member_habit_year ON member_habit (year, year_spend);
CREATE INDEX member_stats_quarter ON member_stats (quarter, quarter_spend);
CREATE INDEX member_stats_last_quarter ON member_stats (quarter, last_quarter_spend);
CREATE INDEX member_place ON member USING gist (point(longitude::float8, latitude::float8)) WHERE latitude IS NOT NULL AND longitude IS NOT NULL;
ALTER TABLE campaign ADD CONSTRAINT campaign_plan CHECK (goal IN ('sell', 'win_back', 'grow', 'care', 'inform') AND reached BETWEEN 1 AND 7
    AND holdout >= 0 AND holdout <= 0.5 AND (canary = 0 OR canary >= 1000) AND attribution_days BETWEEN 1 AND 90
    AND budget >= 0 AND activity_budget >= 0);
ALTER TABLE campaign_step ADD CONSTRAINT campaign_step_plan CHECK (kind IN ('once', 'countdown', 'weekly', 'follow_up', 'winner')
    AND (kind IN ('follow_up', 'winner')) = (follows IS NOT NULL) AND (follows IS NULL OR follows < id) AND days_before >= 0 AND wait_minutes > 0
    AND sample > 0 AND sample <= 1 AND winner_by IN ('click', 'purchase') AND (kind = 'winner') = (winner_by IS NOT NULL)
    AND verdict IN ('significant', 'unclear') AND canary_state IN ('waiting', 'passed', 'stopped'));
ALTER TABLE campaign_variant ADD CONSTRAINT campaign_variant_sane CHECK (label BETWEEN 'A' AND 'E' AND share > 0 AND share <= 1
    AND landing_kind IN ('page', 'qr') AND minutes_later >= 0);
ALTER TABLE send_chunk DROP CONSTRAINT send_chunk_sane, ADD CONSTRAINT send_chunk_sane CHECK (state IN ('held', 'waiting', 'claimed', 'done')
    AND message_class IN ('marketing', 'notice', 'verification', 'staff')
    AND (state = 'claimed') = (owner IS NOT NULL) AND (state = 'claimed') = (lease_until IS NOT NULL));
CREATE INDEX send_chunk_held ON send_chunk (step) WHERE state = 'held';
CREATE INDEX send_log_of_variant ON send_log (variant) WHERE variant IS NOT NULL;
CREATE INDEX member_erased ON member (id) WHERE erased_at IS NOT NULL;
CREATE INDEX campaign_step_due ON campaign_step (scheduled_at) WHERE state <> 'frozen';
"""


async def by_hand() -> None:
    transaction = DB.current_transaction.get()
    await transaction.connection.execute(STATEMENTS)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_raw(by_hand)
    return manager

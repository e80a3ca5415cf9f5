"""What Piccolo has no word for: checks, partial and covering indexes, room for updates in place."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from config.piccolo_conf import DB

ID = "2026-11-21T23:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Constraints and indexes by hand"

STATEMENTS = """
ALTER TABLE store ADD CONSTRAINT store_kind CHECK (kind IN ('community', 'school', 'office', 'hospital', 'mall', 'other')),
    ADD CONSTRAINT store_place CHECK ((latitude IS NULL) = (longitude IS NULL)
        AND latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180);
ALTER TABLE staff ADD CONSTRAINT staff_role CHECK (role IN ('hq_admin', 'hq_marketing', 'hq_viewer', 'store_manager', 'cashier'));
ALTER TABLE tier ADD CONSTRAINT tier_sane CHECK (rank >= 1 AND quarterly_spend >= 0 AND earn_multiplier > 0
    AND (rank > 1 OR quarterly_spend = 0));
ALTER TABLE member ADD CONSTRAINT member_phone CHECK (phone ~ '^\\+[1-9][0-9]{6,14}$'),
    ADD CONSTRAINT member_phone_status CHECK (phone_status IN ('unknown', 'valid', 'invalid')),
    ADD CONSTRAINT member_erased CHECK (erased_at IS NULL OR phone IS NULL);
ALTER TABLE consent ADD CONSTRAINT consent_purpose CHECK
    (purpose IN ('marketing_sms', 'personalisation', 'location', 'health', 'partner'));
ALTER TABLE points_policy ADD CONSTRAINT points_policy_one_row CHECK (id = 1),
    ADD CONSTRAINT points_policy_sane CHECK (per_yuan > 0 AND hold_days >= 0 AND (valid_days IS NULL OR valid_months IS NULL)
        AND (valid_days IS NULL OR valid_days > hold_days) AND (valid_months IS NULL OR valid_months > 0 AND hold_days < valid_months * 28)
        AND round_expiry IN ('none', 'month', 'quarter', 'year') AND statement IN ('off', 'moved', 'all')
        AND remind_min_points >= 0 AND remind_every_days >= 0);
ALTER TABLE points_promotion ADD CONSTRAINT points_promotion_sane CHECK (multiplier > 0 AND ends_on >= starts_on);
ALTER TABLE reward ADD CONSTRAINT reward_sane CHECK (points > 0 AND (stock IS NULL OR stock >= 0)
    AND (kind = 'gift' OR kind = 'cash' AND value > 0));
ALTER TABLE purchase ADD CONSTRAINT purchase_kind CHECK (kind = 'sale' AND amount >= 0 AND refund_of IS NULL AND sold_on = business_date
        OR kind = 'refund' AND amount <= 0 AND refund_of IS NOT NULL AND sold_on <= business_date);
ALTER TABLE points_account ADD CONSTRAINT points_account_sane CHECK
    (balance >= 0 AND pending >= 0 AND debt >= 0 AND (debt = 0 OR balance = 0)), SET (fillfactor = 70);
ALTER TABLE member_stats SET (fillfactor = 80);
ALTER TABLE points_lot SET (fillfactor = 85);
-- No index speaks of `remaining`: what a debit changes in a lot stays on its page.
ALTER TABLE points_entry ADD CONSTRAINT points_entry_kind CHECK
    (CASE kind WHEN 'earn' THEN points > 0 WHEN 'restore' THEN points > 0 WHEN 'import' THEN points > 0
               WHEN 'redeem' THEN points < 0 WHEN 'expire' THEN points < 0 WHEN 'refund' THEN points < 0
               WHEN 'adjust' THEN points <> 0 ELSE false END);
ALTER TABLE points_lot ADD CONSTRAINT points_lot_sane CHECK (points > 0 AND remaining BETWEEN 0 AND points
    AND (expires_on IS NULL OR expires_on >= available_on));
ALTER TABLE points_allocation ADD CONSTRAINT points_allocation_not_zero CHECK (points <> 0);
ALTER TABLE tier_change ADD CONSTRAINT tier_change_moves CHECK (from_tier <> to_tier);
ALTER TABLE tier_grant ADD CONSTRAINT tier_grant_dates CHECK (valid_until >= valid_from);
ALTER TABLE notice ADD CONSTRAINT notice_state CHECK (state IN ('due', 'queued', 'skipped')
    AND (state = 'skipped') = (reason IS NOT NULL));
ALTER TABLE send_log ADD CONSTRAINT send_log_state CHECK (state IN
        ('queued', 'sending', 'accepted', 'delivered', 'failed', 'unknown', 'skipped', 'cancelled')
        AND (state <> 'skipped' OR reason IS NOT NULL)),
    ADD CONSTRAINT send_log_class CHECK (message_class IN ('marketing', 'notice', 'verification', 'staff'));
ALTER TABLE job_run ADD CONSTRAINT job_run_known CHECK (state IN ('running', 'done', 'failed') AND job IN
    ('mature', 'expire', 'tiers', 'stats', 'tags', 'segments', 'notices', 'journeys', 'sweep', 'check'));

CREATE INDEX member_referred_by ON member (referred_by) WHERE referred_by IS NOT NULL;
CREATE INDEX member_tier_valid_until ON member (tier_valid_until) WHERE tier_valid_until IS NOT NULL;
CREATE INDEX consent_newest ON consent (member, purpose, at DESC);
CREATE INDEX purchase_of_member ON purchase (member, business_date) INCLUDE (sold_on, tier_amount, amount, kind);
CREATE INDEX purchase_refund_of ON purchase (refund_of) WHERE refund_of IS NOT NULL;
CREATE INDEX purchase_business_date ON purchase USING brin (business_date);
CREATE INDEX purchase_line_product ON purchase_line (product) WHERE product IS NOT NULL;
CREATE INDEX points_entry_of_member ON points_entry (member, business_date);
CREATE INDEX points_entry_purchase ON points_entry (purchase) WHERE purchase IS NOT NULL;
CREATE INDEX points_entry_staff ON points_entry (staff) WHERE staff IS NOT NULL;
CREATE INDEX points_entry_business_date ON points_entry USING brin (business_date);
CREATE INDEX points_lot_of_member ON points_lot (member, expires_on);
CREATE INDEX points_lot_ending ON points_lot (expires_on);
CREATE INDEX points_lot_held ON points_lot (available_on, member) WHERE NOT matured;
CREATE INDEX tier_change_of_member ON tier_change (member, business_date);
CREATE INDEX tier_grant_staff ON tier_grant (staff) WHERE staff IS NOT NULL;
CREATE INDEX notice_due ON notice (business_date, member) WHERE state = 'due';
CREATE INDEX send_log_queued ON send_log (send_before) WHERE state = 'queued';
CREATE INDEX audit_log_row ON audit_log (table_name, row_id);
CREATE INDEX audit_log_staff ON audit_log (staff) WHERE staff IS NOT NULL;
CREATE INDEX audit_log_store ON audit_log (store) WHERE store IS NOT NULL;
"""


async def by_hand() -> None:
    transaction = DB.current_transaction.get()
    await transaction.connection.execute(STATEMENTS)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_raw(by_hand)
    return manager

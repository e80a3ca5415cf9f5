"""What Piccolo has no word for: the checks and indexes of refunds, codes, extensions and webhooks; which lines count."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from config.piccolo_conf import DB

ID = "2026-11-22T05:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Refunds, promotions, codes, extensions and webhooks by hand"

STATEMENTS = """
ALTER TABLE points_policy ADD CONSTRAINT points_policy_spending CHECK (redeem_min >= 1 AND redeem_step >= 1 AND point_value > 0
    AND adjust_limit >= 0 AND referrer_points >= 0 AND newcomer_points >= 0 AND redeem_code_from >= 0);
ALTER TABLE points_promotion ADD CONSTRAINT points_promotion_weekdays CHECK (weekdays <@ ARRAY[1, 2, 3, 4, 5, 6, 7]);
ALTER TABLE reward_store ADD CONSTRAINT reward_store_stock CHECK (stock >= 0);
-- Whoever brings somebody was there before: no rings.
ALTER TABLE member ADD CONSTRAINT member_referred_by_an_older_one CHECK (referred_by < id);
ALTER TABLE points_entry ADD CONSTRAINT points_entry_value CHECK (value IS NULL OR kind = 'redeem' AND value >= 0);
ALTER TABLE points_extension ADD CONSTRAINT points_extension_dates CHECK (first_on <= last_on AND good_until > first_on);
ALTER TABLE redemption_code ADD CONSTRAINT redemption_code_sane CHECK (attempts >= 0 AND expires_at > created_at);
ALTER TABLE webhook ADD CONSTRAINT webhook_sane CHECK (url ~ '^https?://' AND cardinality(events) > 0
    AND events <@ ARRAY['purchase', 'refund', 'redemption', 'tier_change']::varchar[]);
ALTER TABLE webhook_delivery ADD CONSTRAINT webhook_delivery_state CHECK (state IN ('queued', 'sent', 'failed'));

CREATE INDEX purchase_line_category ON purchase_line (category) WHERE category IS NOT NULL;
CREATE INDEX purchase_line_refund_of ON purchase_line (refund_of) WHERE refund_of IS NOT NULL;
CREATE INDEX member_lookup_of_key ON member_lookup (api_key, at) WHERE api_key IS NOT NULL;
CREATE INDEX redemption_code_entry ON redemption_code (entry) WHERE entry IS NOT NULL;
CREATE INDEX webhook_delivery_due ON webhook_delivery (next_at, id) WHERE state = 'queued';
CREATE INDEX till_answer_age ON till_answer USING brin (created_at);

-- Lines of before: whether they count follows from their product's category. Their triggers are made anew with the code.
DROP TRIGGER IF EXISTS append_only ON purchase_line;
UPDATE purchase_line l SET counts = false FROM product p JOIN category c ON c.id = p.category
WHERE p.id = l.product AND NOT c.counts_for_tier;
"""


async def by_hand() -> None:
    transaction = DB.current_transaction.get()
    await transaction.connection.execute(STATEMENTS)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_raw(by_hand)
    return manager

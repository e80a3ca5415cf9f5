"""The sending engine by hand: what may not be stored, and indexes that leave a leaving message's row on its page."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from config.piccolo_conf import DB

ID = "2026-11-22T08:45:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Accounts, chunks, contact rules, replies and links by hand"

STATEMENTS = """
ALTER TABLE gateway_account ADD CONSTRAINT gateway_account_sane CHECK (name ~ '^[a-z][a-z0-9_-]*$' AND rate > 0 IS NOT FALSE
    AND connections BETWEEN 1 AND 32 AND price >= 0 AND failures_most > 0 AND retry_seconds > 0
    AND classes <@ '{marketing,notice,verification,staff}' AND (opens IS NULL) = (closes IS NULL) AND opens < closes IS NOT FALSE);
ALTER TABLE gateway_health ADD CONSTRAINT gateway_health_sane CHECK (failures >= 0 AND cardinality(moments) = cardinality(amounts)),
    SET (fillfactor = 50);
ALTER TABLE signature ADD CONSTRAINT signature_state CHECK (state IN ('draft', 'submitted', 'filed', 'rejected', 'revoked'));
ALTER TABLE gateway_template ADD CONSTRAINT gateway_template_sane CHECK (state IN ('draft', 'submitted', 'filed', 'rejected', 'revoked')
    AND message_class IN ('marketing', 'notice', 'verification', 'staff'));
ALTER TABLE campaign ADD CONSTRAINT campaign_sane CHECK (content_kind IN ('promotion', 'care', 'knowledge', 'service')
    AND rhythm IN ('event', 'rhythm') IS NOT FALSE
    AND state IN ('draft', 'review', 'scheduled', 'sending', 'paused', 'finished', 'cancelled', 'stopped'));
ALTER TABLE campaign_step ADD CONSTRAINT campaign_step_sane CHECK (number > 0 AND send_before > scheduled_at
    AND state IN ('draft', 'freezing', 'frozen') AND (state = 'frozen') = (frozen_at IS NOT NULL));
ALTER TABLE send_chunk ADD CONSTRAINT send_chunk_sane CHECK (state IN ('waiting', 'claimed', 'done')
    AND message_class IN ('marketing', 'notice', 'verification', 'staff')
    AND (state = 'claimed') = (owner IS NOT NULL) AND (state = 'claimed') = (lease_until IS NOT NULL)),
    SET (fillfactor = 60);
ALTER TABLE contact_rule ADD CONSTRAINT contact_rule_sane CHECK (CASE kind
        WHEN 'hours' THEN opens >= '08:00' AND closes <= '22:00' AND opens < closes
        WHEN 'frequency' THEN most > 0 AND days BETWEEN 1 AND 366
        WHEN 'same_content' THEN days BETWEEN 1 AND 366
        WHEN 'complaints' THEN share > 0 AND share < 1
        WHEN 'promotion_share' THEN share > 0 AND share <= 1 AND days BETWEEN 1 AND 366 AND most >= 0
        ELSE false END IS TRUE AND (store IS NULL OR kind = 'hours'));
ALTER TABLE blocked_word ADD CONSTRAINT blocked_word_not_empty CHECK (word ~ '\\S');
ALTER TABLE reply ADD CONSTRAINT reply_sane CHECK (state IN ('open', 'done')
    AND kind IN ('opt_out', 'opt_out_all', 'fewer', 'opt_in', 'keyword', 'answer', 'other'));
ALTER TABLE reply ADD COLUMN phone_masked text GENERATED ALWAYS AS
    (CASE WHEN phone LIKE '+86%' THEN substr(phone, 4, 3) || '****' || right(phone, 4) ELSE '****' || right(phone, 4) END) VIRTUAL;
ALTER TABLE complaint ADD COLUMN phone_masked text GENERATED ALWAYS AS
    (CASE WHEN phone LIKE '+86%' THEN substr(phone, 4, 3) || '****' || right(phone, 4) ELSE '****' || right(phone, 4) END) VIRTUAL;
ALTER TABLE complaint ADD CONSTRAINT complaint_source CHECK (source IN ('12321', 'gateway', 'member', 'other'));
ALTER TABLE keyword_reply ADD CONSTRAINT keyword_reply_not_empty CHECK (keyword ~ '\\S');
ALTER TABLE report_inbox ADD CONSTRAINT report_inbox_state CHECK (state IN ('delivered', 'failed'));
ALTER TABLE click ADD CONSTRAINT click_device CHECK (device IN ('phone', 'tablet', 'desktop', 'other'));
ALTER TABLE consent DROP CONSTRAINT consent_purpose, ADD CONSTRAINT consent_purpose CHECK
    (purpose IN ('marketing_sms', 'notice_sms', 'personalisation', 'location', 'health', 'partner'));

INSERT INTO gateway_account (name, gateway, opt_out_text) VALUES ('simulator', 'simulator', '拒收请回复R');
INSERT INTO gateway_health (account) SELECT id FROM gateway_account;
INSERT INTO contact_rule (kind, opens, closes) VALUES ('hours', '08:00', '21:00');
INSERT INTO contact_rule (kind, most, days, plain_only) VALUES ('frequency', 3, 7, false), ('frequency', 2, 3, false), ('frequency', 1, 7, true);
INSERT INTO contact_rule (kind, days) VALUES ('same_content', 90);
INSERT INTO contact_rule (kind, share) VALUES ('complaints', 0.001);
INSERT INTO contact_rule (kind, share, days, most) VALUES ('promotion_share', 0.3, 30, 200);
INSERT INTO keyword_reply (keyword, text) VALUES ('1', '{store}营业时间：{hours}。'),
    ('2', '{title_or_name}，您是{tier}，可用积分{balance}分。到店请报手机号，即可使用电子会员卡。');
INSERT INTO keyword_reply (keyword, text, for_staff) VALUES ('3', '已为您转人工，{store}的同事会尽快联系您。', true);

DROP INDEX send_log_queued, send_log_due, send_log_due_at_once, send_log_open, send_log_of_gateway;
ALTER TABLE send_log SET (fillfactor = 40), DROP CONSTRAINT send_log_state, ADD CONSTRAINT send_log_state CHECK
    (state IN ('queued', 'sending', 'accepted', 'delivered', 'failed', 'unknown', 'skipped', 'cancelled')
        AND (state = 'skipped') = (reason IS NOT NULL));
INSERT INTO gateway_message (gateway, gateway_message_id, send_log)
    SELECT gateway, gateway_message_id, id FROM send_log WHERE state IN ('sending', 'accepted', 'unknown') AND gateway_message_id IS NOT NULL;
UPDATE send_log SET next_at = CASE WHEN state = 'queued' THEN coalesce(next_at, scheduled_at, created_at) END;
WITH old AS (
    INSERT INTO send_chunk (message_class, state, due_at, handed_at, done_at, size)
    SELECT message_class, 'done', min(handed_at), min(handed_at), max(handed_at), count(*) FROM send_log
    WHERE state IN ('sending', 'accepted', 'unknown') GROUP BY message_class RETURNING id, message_class
) UPDATE send_log s SET chunk = old.id FROM old WHERE s.message_class = old.message_class AND s.state IN ('sending', 'accepted', 'unknown');
ALTER TABLE send_log ADD CONSTRAINT send_log_can_leave CHECK (state <> 'queued' OR (chunk IS NULL) = (next_at IS NOT NULL)),
    ADD CONSTRAINT send_log_campaign CHECK ((campaign IS NULL) = (step IS NULL));

CREATE INDEX send_log_of_member ON send_log (member, business_date);
CREATE INDEX send_log_failed ON send_log (id) WHERE error_class IS NOT NULL;
CREATE INDEX send_log_alone ON send_log (next_at, id) WHERE chunk IS NULL AND next_at IS NOT NULL;
CREATE INDEX send_log_at_once ON send_log (next_at, id) WHERE chunk IS NULL AND next_at IS NOT NULL
    AND message_class IN ('verification', 'staff');
CREATE UNIQUE INDEX send_log_of_campaign ON send_log (campaign, step, member) WHERE campaign IS NOT NULL;
CREATE UNIQUE INDEX send_log_of_step ON send_log (step, campaign, phone) WHERE campaign IS NOT NULL AND reason IS NULL;
CREATE INDEX gateway_message_of_send_log ON gateway_message (send_log);
CREATE INDEX send_chunk_waiting ON send_chunk (message_class, due_at) WHERE state = 'waiting';
CREATE INDEX send_chunk_claimed ON send_chunk (lease_until) WHERE state = 'claimed';
CREATE INDEX send_chunk_done ON send_chunk (done_at) WHERE state = 'done';
CREATE INDEX report_inbox_waiting ON report_inbox (id) WHERE joined IS NULL;
CREATE INDEX report_inbox_at ON report_inbox (at);
CREATE INDEX reply_of_store ON reply (store, id);
CREATE INDEX reply_phone ON reply (phone, at);
CREATE INDEX complaint_phone ON complaint (phone) WHERE phone IS NOT NULL;
CREATE UNIQUE INDEX keyword_reply_of_store ON keyword_reply (lower(keyword), coalesce(store, 0));
CREATE INDEX redemption_code_address ON redemption_code (address, created_at) WHERE address IS NOT NULL;
"""


async def by_hand() -> None:
    transaction = DB.current_transaction.get()
    await transaction.connection.execute(STATEMENTS)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="regulars", description=DESCRIPTION)
    manager.add_raw(by_hand)
    return manager

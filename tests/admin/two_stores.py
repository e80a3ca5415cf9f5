"""Two stores with a row of each in every table that has a store or a member behind it."""

from datetime import date

from tests import make

DAY = date(2026, 3, 2)

_OF_A_MEMBER = """
INSERT INTO consent (member, purpose, granted, source, text_version, store) VALUES ({m}, 'marketing_sms', true, 'form', '1', {s});
INSERT INTO member_tag (member, tag, source) VALUES ({m}, 1, 'manual');
INSERT INTO tier_change (member, from_tier, to_tier, reason, business_date) VALUES ({m}, 1, 2, 'spend', '2026-03-01');
INSERT INTO tier_grant (member, tier, valid_from, valid_until, reason) VALUES ({m}, 2, '2026-03-01', '2026-04-01', 'gift');
INSERT INTO send_log (member, phone, store, message_class, dedupe_key, state)
    VALUES ({m}, '+861390000000{m}', {s}, 'notice', 'k{m}', 'queued');
INSERT INTO notice (member, kind, reference, business_date, send_before, payload, state, send_log)
    VALUES ({m}, 'tier_up', 'r', '2026-03-01', '2026-03-03T00:00Z', '{{}}', 'queued', {m});
INSERT INTO reward_store (reward, store, stock) VALUES (1, {s}, 3);
INSERT INTO campaign (name, store) VALUES ('会员日{s}', {s});
INSERT INTO campaign_step (campaign, text, scheduled_at, send_before) VALUES ({s}, '周三八折', '2026-03-04T01:00Z', '2026-03-04T10:00Z');
INSERT INTO campaign_variant (step, label, share, text) VALUES ({s}, 'A', 0.5, '周三八折');
INSERT INTO member_habit (member, counted_on, quarter, year) VALUES ({m}, '2026-03-01', '2026-01-01', '2026-01-01');
INSERT INTO member_interest (member, product, since) VALUES ({m}, 1, '2026-03-01');
INSERT INTO sms_budget (store, amount) VALUES ({s}, 500);
INSERT INTO send_chunk (message_class, campaign, step, store, due_at, size) VALUES ('marketing', {s}, {s}, {s}, '2026-03-04T01:00Z', 1);
INSERT INTO contact_rule (kind, store, opens, closes) VALUES ('hours', {s}, '09:00', '20:00');
INSERT INTO invalid_phones (quarter, store, members, invalid) VALUES ('2026-01-01', {s}, 10, 1);
INSERT INTO reply (gateway, gateway_reply_id, phone, member, store, text, said_at, at)
    VALUES ('simulator', 'r{s}', '+861390000000{m}', {m}, {s}, '你好', '2026-03-01T00:00Z', '2026-03-01T00:00Z');
INSERT INTO complaint (source, phone, member, store, note, at) VALUES ('12321', '+861390000000{m}', {m}, {s}, '', '2026-03-01T00:00Z');
INSERT INTO erasure_request (member, store, asked_at, due_on, proof, note, state, decided_at)
    VALUES ({m}, {s}, '2026-03-01T00:00Z', '2026-03-20', 'phone', '', 'withdrawn', '2026-03-02T00:00Z');
INSERT INTO stock (store, product, quantity) VALUES ({s}, 1, 5);
INSERT INTO member_lookup (staff, member, weight, at) VALUES (NULL, {m}, 1, '2026-03-01T00:00Z');
INSERT INTO suppression (phone_hmac, source) VALUES ('h{m}', 'reply');
INSERT INTO audit_log (staff, role, store, action, table_name, row_id, after)
    VALUES (NULL, 'regulars_hq_admin', {s}, 'update', 'member', {m}, '{{"phone": "+861390000000{m}"}}');
"""
_OF_THE_CHAIN = """
INSERT INTO chain (id, name, signature, phone) VALUES (1, '鲜果里', '鲜果里', '');
INSERT INTO category (name, earns, counts_for_tier, promotable) VALUES ('热带水果', true, true, true);
INSERT INTO product (sku, name, category) VALUES ('P1', '榴莲', 1);
INSERT INTO tag (name) VALUES ('榴莲爱好者'), ('宝妈');
INSERT INTO reward (name, kind, points, description, is_active) VALUES ('果篮', 'gift', 50, '', true);
INSERT INTO points_promotion (name, multiplier, starts_on, ends_on) VALUES ('双倍', 2, '2026-01-01', '2026-12-31');
INSERT INTO template (name, kind, message_class, text, is_active) VALUES ('欢迎', 'welcome', 'notice', '欢迎', true);
INSERT INTO job_run (job, business_date, state, started_at) VALUES ('check', '2026-03-01', 'done', '2026-03-02T00:00Z');
INSERT INTO points_extension (form, content, first_on, last_on, good_until, reason, members, lots, points, business_date)
    VALUES ('f', '', '2026-03-01', '2026-03-31', '2026-04-30', 'x', 1, 1, 1, '2026-03-02');
INSERT INTO gateway_account (name, gateway, credentials) VALUES ('simulator', 'simulator', 'sealed');
INSERT INTO signature (account, text) VALUES (1, '鲜果里');
INSERT INTO gateway_template (account, code, text) VALUES (1, 'SMS_1', '您的验证码是{1}');
INSERT INTO keyword_reply (keyword, text) VALUES ('1', '{store}');
INSERT INTO blocked_word (word, source) VALUES ('最佳', '广告法');
INSERT INTO segment (name, rule) VALUES ('爱榴莲', '有标签 "榴莲爱好者"');
INSERT INTO heartbeat (process, at) VALUES ('worker', '2026-03-02T00:00Z');
"""


async def two_stores() -> tuple[int, int]:
    """Store 1 with member 1 and store 2 with member 2, each with a sale, a redemption and everything that hangs on them."""
    await make.make_program()
    await make.execute(_OF_THE_CHAIN)
    for number in (1, 2):
        store = await make.make_store(f"S{number}")
        member = await make.make_member(f"+861390000000{number}", store=store)
        await make.sell(f"R{number}", at=make.noon(DAY), member=member, store=store)
        await make.execute(_OF_A_MEMBER.format(m=member, s=store))
    return 1, 2

-- Explains: every point of a member, told to whoever may see the member (design 7). Row-level security shows a store the
-- entries of its own alone; whoever asks where a balance comes from needs all of them, as JSON without nulls.

CREATE FUNCTION deed.shop_told(shop bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('code', s.code, 'name', s.name) FROM store s WHERE s.id = shop
$$;

-- A receipt, and the sale that it takes back.
CREATE FUNCTION deed.receipt_told(bill bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('store', deed.shop_told(p.store), 'number', p.receipt_no, 'on', p.business_date, 'amount', p.amount,
        'sale', CASE WHEN s.id IS NOT NULL THEN jsonb_build_object('store', deed.shop_told(s.store), 'number', s.receipt_no,
            'on', s.business_date, 'amount', s.amount) END)
    FROM purchase p LEFT JOIN purchase s ON s.id = p.refund_of WHERE p.id = bill
$$;

-- Where the points of a lot came from: the deed of its entry and the receipt that bore it.
CREATE FUNCTION deed.origin_told(born bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('kind', e.kind, 'source', e.source, 'on', e.business_date, 'store', deed.shop_told(e.store),
        'receipt', deed.receipt_told(e.purchase)) FROM points_entry e WHERE e.id = born
$$;

-- A sale's amounts by what their lines earned by, and by what all of them were multiplied.
CREATE FUNCTION deed.earning_told(bill bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('per_yuan', p.per_yuan, 'tier_multiplier', p.tier_multiplier, 'shares', (
        SELECT jsonb_agg(jsonb_build_object('multiplier', g.multiplier, 'amount', g.amount) ORDER BY g.multiplier DESC)
        FROM (SELECT l.multiplier, sum(l.amount) AS amount FROM purchase_line l WHERE l.purchase = p.id GROUP BY l.multiplier) g))
    FROM purchase p WHERE p.id = bill
$$;

-- The longer lives that a lot was given.
CREATE FUNCTION deed.extensions_told(held bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_agg(jsonb_build_object('on', n.business_date, 'was', x.expired_on, 'until', n.good_until, 'reason', n.reason) ORDER BY x.id)
    FROM points_extension_lot x JOIN points_extension n ON n.id = x.extension WHERE x.lot = held
$$;

-- What took points from a lot or gave them back, the first 20 times.
CREATE FUNCTION deed.uses_told(held bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_agg(jsonb_build_object('on', coalesce(u.paid_on, u.business_date), 'kind', u.kind, 'points', u.points,
        'paid', u.paid_on IS NOT NULL) ORDER BY u.id)
    FROM (SELECT x.id, x.points, x.paid_on, e.kind, e.business_date FROM points_allocation x JOIN points_entry e ON e.id = x.entry
          WHERE x.lot = held ORDER BY x.id LIMIT 20) u
$$;

CREATE FUNCTION deed.lot_told(lot points_lot) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('store', deed.shop_told(lot.store), 'points', lot.points, 'remaining', lot.remaining,
        'available_on', lot.available_on, 'expires_on', lot.expires_on, 'matured', lot.matured, 'extensions', deed.extensions_told(lot.id))
$$;

-- Which lots an entry took from; below zero: gave back to.
CREATE FUNCTION deed.parts_told(debit bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_agg(jsonb_build_object('points', x.points, 'paid_on', x.paid_on, 'store', deed.shop_told(l.store),
        'expires_on', l.expires_on, 'origin', deed.origin_told(l.entry)) ORDER BY x.id)
    FROM points_allocation x JOIN points_lot l ON l.id = x.lot WHERE x.entry = debit
$$;

-- The redemption that a restore gives back.
CREATE FUNCTION deed.spent_told(restored points_entry) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('on', r.business_date, 'points', -r.points, 'reward', g.name, 'receipt', deed.receipt_told(r.purchase))
    FROM points_entry r LEFT JOIN reward g ON g.id = r.reward WHERE r.id = split_part(restored.reference, ':', 1)::bigint
$$;

CREATE FUNCTION deed.entry_told(e points_entry) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'id', e.id, 'on', e.business_date, 'kind', e.kind, 'source', e.source, 'points', e.points, 'after', e.balance_after,
        'store', deed.shop_told(e.store), 'reason', e.reason, 'value', e.value,
        'reward', (SELECT g.name FROM reward g WHERE g.id = e.reward),
        'receipt', deed.receipt_told(e.purchase),
        'earning', CASE WHEN e.source = 'purchase' THEN deed.earning_told(e.purchase) END,
        'spent', CASE WHEN e.source = 'restore' THEN deed.spent_told(e) END,
        -- Bonuses for who came and who brought them, and what a refund takes back of those.
        'bonus', CASE WHEN e.source = 'referral' THEN split_part(e.reference, ':', 2)
            WHEN e.source = 'refund' AND e.reference NOT LIKE 'merge:%' AND e.reference <> (SELECT p.store || ':' || p.receipt_no FROM purchase p WHERE p.id = e.purchase)
            THEN 'taken_back' END,
        'owed', CASE WHEN e.kind = 'refund'
            THEN -e.points - coalesce((SELECT sum(x.points) FROM points_allocation x WHERE x.entry = e.id), 0) END,
        'lots', (SELECT jsonb_agg(deed.lot_told(l) || jsonb_build_object('uses', deed.uses_told(l.id),
                     'used', (SELECT count(*) FROM points_allocation x WHERE x.lot = l.id)) ORDER BY l.id)
                 FROM points_lot l WHERE l.entry = e.id),
        'parts', deed.parts_told(e.id))
$$;

-- A member's totals on a day. A lapsed lot that no night has taken yet is no part of them; a due one is, and pays what is owed.
CREATE FUNCTION deed.totals_told(who bigint, day date) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('member', m.id, 'name', m.name, 'erased', m.erased_at IS NOT NULL, 'merged_into', m.merged_into, 'home_store', deed.shop_told(m.home_store),
        'tier', t.name, 'phone', CASE WHEN current_setting('role') IN ('regulars_hq_admin', 'regulars_store_manager', 'regulars_job')
            THEN m.phone ELSE m.phone_masked END,
        'balance', l.ready - least(l.ready, a.debt), 'pending', l.held, 'debt', a.debt - least(l.ready, a.debt), 'lapsed', l.lapsed,
        'earned_total', a.earned_total, 'alive', l.alive)
    FROM member m JOIN tier t ON t.id = m.tier JOIN points_account a ON a.member = m.id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(o.remaining) FILTER (WHERE o.good AND o.due), 0) AS ready, coalesce(sum(o.remaining) FILTER (WHERE NOT o.good), 0) AS lapsed,
            coalesce(sum(o.remaining) FILTER (WHERE o.good AND NOT o.due), 0) AS held, count(*) FILTER (WHERE o.good) AS alive
        FROM (SELECT remaining, matured OR available_on <= day AS due, expires_on IS NULL OR expires_on >= day AS good
              FROM points_lot WHERE member = m.id AND remaining > 0) o) l
    WHERE m.id = who
$$;

-- Who, the living lots in the order of spending (at most `most_lots`) and the newest entries older than `before` (null: the
-- newest of all), at most `most`. Null: there is no such member. Head office sees everybody, a store whose home it is.
CREATE FUNCTION deed.member_explain(who bigint, day date, before bigint, most integer, most_lots integer) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT deed.sees_all_members() AND NOT EXISTS (SELECT FROM member m WHERE m.id = who AND m.home_store = ANY (deed.stores())) THEN
        RAISE insufficient_privilege USING MESSAGE = 'this is no member of yours';
    END IF;
    RETURN jsonb_strip_nulls(deed.totals_told(who, day) || jsonb_build_object(
        'lots', (SELECT jsonb_agg(deed.lot_told(l) || jsonb_build_object('origin', deed.origin_told(l.entry)) ORDER BY l.expires_on, l.available_on, l.id)
                 FROM (SELECT * FROM points_lot o WHERE o.member = who AND o.remaining > 0 AND (o.expires_on IS NULL OR o.expires_on >= day)
                       ORDER BY o.expires_on, o.available_on, o.id LIMIT most_lots) AS l),
        'entries', (WITH own AS MATERIALIZED (
                        -- Sorted here: asked for an order, the planner would walk the whole ledger backwards.
                        SELECT n.id FROM points_entry n WHERE n.member = who AND (before IS NULL OR n.id < before))
                    SELECT jsonb_agg(deed.entry_told(e) ORDER BY e.id DESC)
                    FROM (SELECT o.id FROM own o ORDER BY o.id DESC LIMIT most) page JOIN points_entry e ON e.id = page.id)));
END $$;

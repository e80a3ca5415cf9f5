-- What partners are told (see tables/webhooks.py). The deeds call this inside their own transaction; a worker hands out
-- what was queued: a chunk is claimed, offered while no transaction is open, answered. `attempts` tells one try from the
-- next: an answer that comes too late finds another.

-- Queues one delivery for each active webhook that wants an event, for rows (ids) of the event's table and the stores where
-- it happened (as long as rows; null: the row's own). What a partner is told holds neither a phone nor a name. For the
-- job and for deeds alone: with the deeds' rights, because a night may not write deliveries by itself.
CREATE FUNCTION deed.events_queue(happened text, subjects bigint[], shops bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM webhook WHERE is_active AND happened = ANY (events)) THEN
        RETURN;
    END IF;
    INSERT INTO webhook_delivery (webhook, event, payload, next_at)
    SELECT w.id, happened, jsonb_build_object('type', happened || '.created', 'timestamp', deed.instant_told(e.at), 'data', e.data), now()
    FROM unnest(subjects, shops) WITH ORDINALITY AS s(id, shop, nr)
    CROSS JOIN LATERAL (
        SELECT p.store, p.created_at AS at, jsonb_build_object('id', p.id, 'store', o.code, 'receipt_no', p.receipt_no,
            'member', p.member, 'purchased_at', deed.instant_told(p.purchased_at), 'business_date', p.business_date,
            'amount', p.amount::text, 'points', p.points) AS data
        FROM purchase p JOIN store o ON o.id = p.store WHERE happened = 'purchase' AND p.id = s.id
        UNION ALL
        SELECT p.store, p.created_at, jsonb_build_object('id', p.id, 'store', o.code, 'refund_no', p.receipt_no,
            'purchase', b.id, 'sold_at', c.code, 'receipt_no', b.receipt_no,
            'member', p.member, 'refunded_at', deed.instant_told(p.purchased_at), 'business_date', p.business_date,
            'amount', p.amount::text, 'points', p.points,
            'restored', (SELECT coalesce(sum(r.points), 0) FROM points_entry r WHERE r.purchase = p.id AND r.kind = 'restore'))
        FROM purchase p JOIN store o ON o.id = p.store JOIN purchase b ON b.id = p.refund_of JOIN store c ON c.id = b.store
        WHERE happened = 'refund' AND p.id = s.id
        UNION ALL
        SELECT n.store, n.created_at, jsonb_build_object('id', n.id, 'store', o.code,
            'reference', substr(n.reference, length(n.store::text) + 2), 'purchase', n.purchase, 'member', n.member,
            'business_date', n.business_date, 'points', n.points, 'reward', g.name, 'value', n.value::text)
        FROM points_entry n JOIN store o ON o.id = n.store LEFT JOIN reward g ON g.id = n.reward
        WHERE happened = 'redemption' AND n.id = s.id
        UNION ALL
        SELECT m.home_store, h.created_at, jsonb_build_object('id', h.id, 'store', o.code, 'member', h.member,
            'from', f.name, 'to', t.name, 'reason', h.reason, 'business_date', h.business_date)
        FROM tier_change h JOIN member m ON m.id = h.member JOIN store o ON o.id = m.home_store
        JOIN tier f ON f.id = h.from_tier JOIN tier t ON t.id = h.to_tier WHERE happened = 'tier_change' AND h.id = s.id) e
    JOIN webhook w ON w.is_active AND happened = ANY (w.events) AND (w.store IS NULL OR w.store = coalesce(s.shop, e.store))
    ORDER BY s.nr, w.id;
END $$;

-- An instant as partners read it, whatever zone the server has.
CREATE FUNCTION deed.instant_told(at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
$$;

-- Whether a worker has something to do at `at`.
CREATE FUNCTION deed.deliveries_waiting(at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM webhook_delivery WHERE state = 'queued' AND next_at <= at)
$$;

-- Ends what waits for an address that was switched off, and deletes what ended more than 30 days ago, some at a time: the
-- oldest rows come first and nothing stays queued for longer than two days, so a few of them are all that must be looked at.
CREATE FUNCTION deed.deliveries_tidy(at timestamptz) RETURNS void LANGUAGE sql AS $$
    WITH given_up AS (
        SELECT d.id FROM webhook w JOIN webhook_delivery d ON d.webhook = w.id
        WHERE NOT w.is_active AND d.state = 'queued' AND d.next_at <= at ORDER BY d.id LIMIT 1000 FOR UPDATE OF d SKIP LOCKED
    )
    UPDATE webhook_delivery d SET state = 'failed', error_class = 'switched_off', next_at = NULL FROM given_up g WHERE d.id = g.id;
    WITH old AS (
        SELECT o.id FROM (SELECT id FROM webhook_delivery ORDER BY id LIMIT 1000) o JOIN webhook_delivery d ON d.id = o.id
        WHERE d.state <> 'queued' AND d.created_at < at - interval '30 days' ORDER BY d.id FOR UPDATE OF d SKIP LOCKED
    )
    DELETE FROM webhook_delivery d USING old WHERE d.id = old.id
$$;

-- Claims at most `most` due deliveries that nobody else holds, by turns of their webhooks, so that a long queue of one
-- does not keep the others waiting. Who claims and dies is succeeded after `lease`. `try`: the how-manieth.
CREATE FUNCTION deed.deliveries_claim(at timestamptz, lease interval, most integer)
RETURNS TABLE (id bigint, webhook bigint, name text, url text, payload text, try integer) LANGUAGE sql ROWS 100 AS $$
    WITH due AS MATERIALIZED (
        SELECT q.id, w.id AS webhook, w.name, w.url, row_number() OVER (PARTITION BY w.id ORDER BY q.next_at, q.id) AS turn
        FROM webhook w CROSS JOIN LATERAL (
            SELECT d.id, d.next_at FROM webhook_delivery d WHERE d.webhook = w.id AND d.state = 'queued' AND d.next_at <= at
            ORDER BY d.next_at, d.id LIMIT most FOR UPDATE SKIP LOCKED) q
        WHERE w.is_active ORDER BY turn, w.id LIMIT most
    ), claimed AS (
        UPDATE webhook_delivery d SET next_at = at + lease, attempts = d.attempts + 1 FROM due WHERE d.id = due.id
        RETURNING d.id, d.payload::text, d.attempts, due.webhook, due.name, due.url, due.turn
    )
    SELECT c.id, c.webhook, c.name, c.url, c.payload, c.attempts FROM claimed c ORDER BY c.turn, c.webhook
$$;

-- What the addresses said. `spent`: whether it was really tried, else the try is given back. Who is `gone` is told no more.
CREATE FUNCTION deed.deliveries_answer(at timestamptz, deliveries bigint[], tries integer[], spent boolean[], states text[],
                                       nexts timestamptz[], codes integer[], errors text[], gone bigint[]) RETURNS void LANGUAGE sql AS $$
    UPDATE webhook_delivery d SET state = a.state, next_at = a.next_at, attempts = d.attempts - (NOT a.spent)::integer,
        status_code = CASE WHEN a.spent THEN a.code ELSE d.status_code END,
        error_class = CASE WHEN a.spent THEN a.error ELSE d.error_class END,
        sent_at = CASE WHEN a.state = 'sent' THEN at END
    FROM unnest(deliveries, tries, spent, states, nexts, codes, errors) AS a(id, try, spent, state, next_at, code, error)
    WHERE d.id = a.id AND d.state = 'queued' AND d.attempts = a.try;
    UPDATE webhook SET is_active = false WHERE id = ANY (gone) AND is_active
$$;

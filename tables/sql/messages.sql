-- Messages on their way (design 4.7): a chunk is claimed, offered to the gateway while no transaction is open, answered.
-- queued → sending | skipped; sending → accepted | failed | unknown | queued; unknown → accepted | delivered | failed;
-- accepted → delivered | failed. `attempts` tells one handing over from the next: an answer that comes too late finds another.

-- Whether a worker has something to do at `at`; `open`: inside the chain's hours. A message without a time never leaves.
CREATE FUNCTION deed.sends_waiting(at timestamptz, open boolean) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM send_log WHERE state = 'queued' AND coalesce(next_at, scheduled_at) <= at
                   AND (open OR send_before <= at OR message_class IN ('verification', 'staff')))
        OR EXISTS (SELECT FROM send_log WHERE state = 'sending' AND handed_at <= at - interval '60 seconds')
$$;

-- Whether reports are still expected: 72 hours long, then what was accepted is called expired.
CREATE FUNCTION deed.sends_unreported(at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM send_log WHERE state IN ('sending', 'accepted', 'unknown')
                   AND (state = 'accepted' OR handed_at > at - interval '72 hours'))
$$;

-- Locks at most `most` due messages that nobody else holds, in the order of their times. `phone` is where it goes: a
-- notice follows the member to a new number. `reason`: why it may not leave, null when it may. `code`: what a code's text
-- says. What is said at once goes before all else: somebody stands at a counter.
CREATE FUNCTION deed.sends_claim(at timestamptz, open boolean, most integer)
RETURNS TABLE (id bigint, try integer, phone text, text text, reason text, name text, title text, tier text, notices jsonb,
    code jsonb)
LANGUAGE sql ROWS 500 AS $$
    WITH urgent AS MATERIALIZED (
        SELECT s.* FROM send_log s WHERE s.state = 'queued' AND coalesce(s.next_at, s.scheduled_at) <= at
            AND s.message_class IN ('verification', 'staff')
        ORDER BY coalesce(s.next_at, s.scheduled_at), s.id LIMIT most FOR UPDATE SKIP LOCKED
    ), usual AS MATERIALIZED (
        SELECT s.* FROM send_log s WHERE s.state = 'queued' AND coalesce(s.next_at, s.scheduled_at) <= at
            AND (open OR s.send_before <= at) AND s.message_class NOT IN ('verification', 'staff')
        ORDER BY coalesce(s.next_at, s.scheduled_at), s.id LIMIT most - (SELECT count(*) FROM urgent) FOR UPDATE SKIP LOCKED
    ), due AS (SELECT * FROM urgent UNION ALL SELECT * FROM usual)
    SELECT d.id, d.attempts + 1, p.phone, d.text,
        CASE WHEN m.erased_at IS NOT NULL THEN 'erased' WHEN p.phone IS NULL THEN 'no_phone'
            WHEN m.phone_status = 'invalid' AND p.phone = m.phone AND d.message_class IN ('marketing', 'notice') THEN 'invalid_phone'
            WHEN d.send_before <= at THEN 'too_late' END,
        m.name, m.title, t.name, n.notices,
        CASE WHEN d.message_class = 'verification' AND d.dedupe_key LIKE 'code:%' THEN
            (SELECT jsonb_build_object('id', c.id, 'store', o.name,
                    'minutes', greatest(round(extract(epoch FROM c.expires_at - at) / 60), 1))
             FROM redemption_code c JOIN store o ON o.id = c.store WHERE c.id = split_part(d.dedupe_key, ':', 2)::bigint) END
    FROM due d LEFT JOIN member m ON m.id = d.member LEFT JOIN tier t ON t.id = m.tier
    CROSS JOIN LATERAL (SELECT CASE WHEN d.message_class = 'notice' AND d.member IS NOT NULL THEN m.phone ELSE d.phone END) p(phone)
    CROSS JOIN LATERAL (SELECT coalesce(jsonb_agg(jsonb_build_object('id', o.id, 'kind', o.kind, 'payload', o.payload,
            'late', o.send_before <= at)), '[]') AS notices
        FROM notice o WHERE o.send_log = d.id AND o.state <> 'skipped') n
    ORDER BY d.id
$$;

-- What was claimed and has its text is on its way. To be committed before the gateway is called.
CREATE FUNCTION deed.sends_leave(at timestamptz, through text, sends bigint[], phones text[], texts text[], lengths integer[])
RETURNS void LANGUAGE sql AS $$
    UPDATE send_log s SET state = 'sending', attempts = s.attempts + 1, handed_at = at, gateway = through,
        phone = l.phone, text = l.text, parts = l.parts
    FROM unnest(sends, phones, texts, lengths) AS l(id, phone, text, parts) WHERE s.id = l.id AND s.state = 'queued'
$$;

-- What may not leave, with its reasons; the notices in it share its fate.
CREATE FUNCTION deed.sends_skip(sends bigint[], reasons text[]) RETURNS void LANGUAGE sql AS $$
    WITH told AS (
        UPDATE notice n SET state = 'skipped', reason = k.reason
        FROM unnest(sends, reasons) AS k(id, reason) WHERE n.send_log = k.id AND n.state <> 'skipped'
    )
    UPDATE send_log s SET state = 'skipped', reason = k.reason
    FROM unnest(sends, reasons) AS k(id, reason) WHERE s.id = k.id AND s.state = 'queued'
$$;

-- Notices that stay out of a message which leaves without them.
CREATE FUNCTION deed.notices_skip(notices bigint[], reasons text[]) RETURNS void LANGUAGE sql AS $$
    UPDATE notice n SET state = 'skipped', reason = k.reason
    FROM unnest(notices, reasons) AS k(id, reason) WHERE n.id = k.id AND n.state <> 'skipped'
$$;

-- Numbers that turned out to be nobody's, unless the member has another one by now.
CREATE FUNCTION deed.phones_dead(sends bigint[]) RETURNS void LANGUAGE sql AS $$
    WITH dead AS (
        SELECT m.id FROM send_log s JOIN member m ON m.id = s.member AND m.phone = s.phone
        WHERE s.id = ANY (sends) AND m.phone_status <> 'invalid' ORDER BY m.id FOR NO KEY UPDATE OF m
    )
    UPDATE member m SET phone_status = 'invalid' FROM dead WHERE m.id = dead.id
$$;

-- What the gateway said. Surely not taken, or asked of a gateway that takes the same id once: offered again, 5 times in
-- all. Where notices or a code are in it, the text of what surely did not leave is made anew, so that its days and minutes
-- count from when it does.
CREATE FUNCTION deed.sends_answer(at timestamptz, idempotent boolean, sends bigint[], tries integer[], states text[],
                                  gateway_ids text[], errors text[]) RETURNS TABLE (state text, messages bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    told jsonb;
    dead bigint[];
BEGIN
    WITH answer AS (
        SELECT a.*, CASE WHEN a.said = 'again' AND a.try >= 5 THEN 'failed'
            WHEN a.said = 'again' OR a.said = 'unknown' AND idempotent AND a.try < 5 THEN 'queued' ELSE a.said END AS state
        FROM unnest(sends, tries, states, gateway_ids, errors) AS a(id, try, said, gateway_id, error)
    ), changed AS (
        UPDATE send_log s SET state = a.state, error_class = a.error, gateway_message_id = coalesce(a.gateway_id, s.gateway_message_id),
            next_at = CASE WHEN a.state = 'queued' THEN at + interval '30 seconds' * 2 ^ (a.try - 1) ELSE s.next_at END,
            text = CASE WHEN o.stayed AND (o.told OR s.dedupe_key LIKE 'code:%') THEN NULL ELSE s.text END,
            parts = CASE WHEN o.stayed AND (o.told OR s.dedupe_key LIKE 'code:%') THEN NULL ELSE s.parts END
        FROM answer a CROSS JOIN LATERAL (SELECT a.said = 'again' AND a.state = 'queued' AS stayed,
            EXISTS (SELECT FROM notice n WHERE n.send_log = a.id) AS told) o
        WHERE s.id = a.id AND s.attempts = a.try
            AND (s.state = 'sending' OR s.state = 'unknown' AND a.state IN ('accepted', 'failed'))
        RETURNING s.id, s.state, s.error_class
    )
    SELECT coalesce(jsonb_object_agg(c.state, c.messages), '{}'), (SELECT array_agg(id) FROM changed WHERE error_class = 'dead_number')
    FROM (SELECT state, count(*) AS messages FROM changed GROUP BY state) c INTO told, dead;
    PERFORM deed.phones_dead(dead);
    RETURN QUERY SELECT key, value::bigint FROM jsonb_each_text(told);
END $$;

-- What a worker left on its way and nobody answers for: only a gateway that takes the same id once may be asked again.
CREATE FUNCTION deed.sends_settle(at timestamptz, through text, idempotent boolean) RETURNS void LANGUAGE sql AS $$
    UPDATE send_log SET next_at = at,
        state = CASE WHEN idempotent AND gateway = through AND attempts < 5 THEN 'queued' ELSE 'unknown' END
    WHERE state = 'sending' AND handed_at <= at - interval '60 seconds'
$$;

-- Reports of a gateway; twice or in any order they change nothing more. Returns how many messages got their end.
CREATE FUNCTION deed.sends_report(through text, gateway_ids text[], states text[], moments timestamptz[], errors text[])
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    changed bigint;
    dead bigint[];
BEGIN
    WITH report AS (
        SELECT DISTINCT ON (r.gateway_id) r.* FROM unnest(gateway_ids, states, moments, errors) AS r(gateway_id, state, at, error)
        ORDER BY r.gateway_id, r.at
    ), ended AS (
        UPDATE send_log s SET state = r.state, error_class = r.error, delivered_at = CASE WHEN r.state = 'delivered' THEN r.at END
        FROM report r WHERE s.gateway = through AND s.gateway_message_id = r.gateway_id
            AND s.state IN ('sending', 'accepted', 'unknown')
        RETURNING s.id, s.error_class
    )
    SELECT count(*), array_agg(id) FILTER (WHERE error_class = 'dead_number') FROM ended INTO changed, dead;
    PERFORM deed.phones_dead(dead);
    RETURN changed;
END $$;

-- Accepted, and no report in 72 hours. Returns how many.
CREATE FUNCTION deed.sends_expire(at timestamptz) RETURNS bigint LANGUAGE sql AS $$
    WITH silent AS (
        UPDATE send_log SET state = 'failed', error_class = 'expired'
        WHERE state = 'accepted' AND handed_at <= at - interval '72 hours' RETURNING 1
    )
    SELECT count(*) FROM silent
$$;

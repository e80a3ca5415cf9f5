-- What gateways report (design 4.7): kept as it comes, in any order and as often as it comes, then joined to its message. A
-- message gets its end once: the first report that was joined counts. Rows of the inbox are locked first, then messages in
-- the order of their ids, then chunks.

-- Keeps what an account tells; what it told before changes nothing. Returns how many were new.
CREATE FUNCTION deed.reports_take(through text, moment timestamptz, numbers text[], sends bigint[], parts text[], states text[],
    errors text[], moments timestamptz[], bodies text[]) RETURNS bigint LANGUAGE sql AS $$
    WITH kept AS (
        -- In one order, because two requests may tell the same.
        INSERT INTO report_inbox (gateway, gateway_message_id, send_log, part, state, error_class, reported_at, body, at)
        SELECT through, r.number, r.send, r.part, r.state, r.error, r.reported_at, r.body, moment
        FROM unnest(numbers, sends, parts, states, errors, moments, bodies) AS r(number, send, part, state, error, reported_at, body)
        ORDER BY r.number, r.part, r.state ON CONFLICT DO NOTHING RETURNING 1
    ) SELECT count(*) FROM kept
$$;

-- A report that perhaps found its message (`send`; null: none). `parts`: how many are told one by one, null where the
-- message is told as a whole.
CREATE TYPE deed.told_report AS (report bigint, send bigint, gateway text, number text, state text, at timestamptz, error text, parts integer);

-- At most `most` reports whose turn it is. A message is found by the number that its account gave it, else by our own.
CREATE FUNCTION deed.reports_found(moment timestamptz, most integer) RETURNS deed.told_report[] LANGUAGE sql STABLE AS $$
    WITH waiting AS MATERIALIZED (
        SELECT r.* FROM report_inbox r WHERE r.joined IS NULL AND r.next_at <= moment ORDER BY r.next_at, r.id LIMIT most
    ), found AS MATERIALIZED (
        SELECT w.*, coalesce((SELECT g.send_log FROM gateway_message g
            WHERE g.gateway = w.gateway AND g.gateway_message_id = w.gateway_message_id), w.send_log) AS send FROM waiting w
    )
    SELECT array_agg((f.id, f.send, f.gateway, f.gateway_message_id, f.state, f.reported_at, f.error_class,
        CASE WHEN a.reports_each_part THEN (SELECT nullif(s.parts, 1) FROM send_log s WHERE s.id = f.send) END)::deed.told_report)
    FROM found f LEFT JOIN gateway_account a ON a.name = f.gateway
$$;

-- What the parts of a message say together: failed as soon as one is, delivered when all are; else nothing yet. Of two
-- reports about one part the first that was joined counts.
CREATE FUNCTION deed.parts_told(told deed.told_report[]) RETURNS SETOF deed.told_report LANGUAGE sql STABLE AS $$
    SELECT max(p.report), t.send, t.gateway, t.number, CASE WHEN bool_or(p.state = 'failed') THEN 'failed' ELSE 'delivered' END,
        max(p.reported_at), min(p.error_class) FILTER (WHERE p.state = 'failed'), t.parts
    FROM (SELECT DISTINCT u.send, u.gateway, u.number, u.parts FROM unnest(told) u WHERE u.parts IS NOT NULL) t
    CROSS JOIN LATERAL (SELECT DISTINCT ON (r.part) r.id AS report, r.state, r.reported_at, r.error_class FROM report_inbox r
        WHERE r.gateway = t.gateway AND r.gateway_message_id = t.number
            AND (r.joined IS NOT NULL OR r.id = ANY (ARRAY(SELECT u.report FROM unnest(told) u WHERE u.parts IS NOT NULL)))
        ORDER BY r.part, r.joined NULLS LAST, r.id) p
    GROUP BY t.send, t.gateway, t.number, t.parts
    HAVING bool_or(p.state = 'failed') OR count(*) >= t.parts
$$;

-- How many messages of a chunk went from one state to another; their ends are counted with it.
CREATE TYPE deed.ended_send AS (send bigint, chunk bigint, was text, state text, error text);

CREATE FUNCTION deed.ends_counted(ended deed.ended_send[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    dead bigint[] := ARRAY(SELECT e.send FROM unnest(ended) e WHERE e.error = 'dead_number');
BEGIN
    PERFORM FROM send_chunk c WHERE c.id = ANY (ARRAY(SELECT DISTINCT e.chunk FROM unnest(ended) e)) ORDER BY c.id FOR NO KEY UPDATE;
    UPDATE send_chunk c SET sending = c.sending - n.sending, unknown = c.unknown - n.unknown, accepted = c.accepted + n.sending + n.unknown,
        delivered = c.delivered + n.delivered, undelivered = c.undelivered + n.undelivered
    FROM (SELECT e.chunk, count(*) FILTER (WHERE e.was = 'sending') AS sending, count(*) FILTER (WHERE e.was = 'unknown') AS unknown,
              count(*) FILTER (WHERE e.state = 'delivered') AS delivered, count(*) FILTER (WHERE e.state = 'failed') AS undelivered
          FROM unnest(ended) e GROUP BY e.chunk) n WHERE c.id = n.chunk;
    IF dead <> '{}' THEN
        PERFORM deed.phones_dead(dead);
    END IF;
END $$;

-- Joins at most `most` waiting reports to their messages; one caller at a time. What finds none, or one that is not under
-- way (yet), or one of another account, is looked at again when it is twice as old, every six hours at least. Returns how
-- many were looked at and how many messages ended.
CREATE FUNCTION deed.reports_join(moment timestamptz, most integer, OUT taken integer, OUT ended integer) LANGUAGE plpgsql AS $$
DECLARE
    told deed.told_report[];
    ends deed.ended_send[];
    waits bigint[];
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('regulars reports', 0));
    told := coalesce(deed.reports_found(moment, most), '{}');
    taken := cardinality(told);
    ended := 0;
    IF taken = 0 THEN
        RETURN;
    END IF;
    WITH final AS (
        SELECT t.* FROM unnest(told) t WHERE t.parts IS NULL UNION ALL SELECT p.* FROM deed.parts_told(told) p
    ), first AS (
        SELECT DISTINCT ON (f.send) f.*, a.charges_failed, a.price FROM final f JOIN gateway_account a ON a.name = f.gateway
        ORDER BY f.send, f.report
    ), changed AS (
        UPDATE send_log s SET state = f.state, delivered_at = CASE WHEN f.state = 'delivered' THEN f.at END,
            error_class = CASE WHEN f.state = 'failed' THEN coalesce(f.error, 'unknown') END,
            gateway_message_id = coalesce(s.gateway_message_id, f.number),
            cost = CASE WHEN f.state = 'failed' AND NOT f.charges_failed THEN 0 ELSE coalesce(s.cost, s.parts * f.price) END
        FROM first f WHERE s.id = f.send AND s.gateway = f.gateway AND s.state IN ('sending', 'accepted', 'unknown')
        RETURNING (s.id, s.chunk, old.state, new.state, new.error_class)::deed.ended_send AS one
    ) SELECT coalesce(array_agg(c.one), '{}') FROM changed c INTO ends;
    ended := cardinality(ends);
    waits := ARRAY(SELECT t.report FROM unnest(told) t WHERE NOT EXISTS (SELECT FROM unnest(ends) e WHERE e.send = t.send)
        AND NOT EXISTS (SELECT FROM send_log s WHERE s.id = t.send AND s.gateway = t.gateway AND s.state <> 'queued'));
    UPDATE report_inbox r SET joined = moment
    WHERE r.id = ANY (ARRAY(SELECT t.report FROM unnest(told) t EXCEPT SELECT unnest(waits)));
    UPDATE report_inbox r SET next_at = moment + least(greatest(moment - r.at, interval '1 second'), interval '6 hours')
    WHERE r.id = ANY (waits);
    PERFORM deed.ends_counted(ends);
END $$;

-- Accepted, and no report in 72 hours: at most `most` messages have failed. Returns how many.
CREATE FUNCTION deed.sends_expire(moment timestamptz, most integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    silent bigint[] := ARRAY(SELECT s.id FROM send_chunk c JOIN send_log s ON s.chunk = c.id
        WHERE c.handed_at <= moment - interval '72 hours' AND c.accepted > c.delivered + c.undelivered
            AND s.state = 'accepted' AND s.handed_at <= moment - interval '72 hours' ORDER BY c.id LIMIT most);
    ends deed.ended_send[];
BEGIN
    PERFORM FROM send_log s WHERE s.id = ANY (silent) ORDER BY s.id FOR NO KEY UPDATE;
    WITH changed AS (
        UPDATE send_log s SET state = 'failed', error_class = 'expired', cost = CASE WHEN a.charges_failed THEN s.cost ELSE 0 END
        FROM gateway_account a WHERE a.name = s.gateway AND s.id = ANY (silent) AND s.state = 'accepted'
        RETURNING (s.id, s.chunk, old.state, new.state, new.error_class)::deed.ended_send AS one
    ) SELECT array_agg(c.one) FROM changed c INTO ends;
    PERFORM deed.ends_counted(coalesce(ends, '{}'));
    RETURN coalesce(cardinality(ends), 0);
END $$;

-- Forgets reports after 7 days, and which message a gateway's number means when none can come any more: oldest first, at
-- most `most` of each. Returns how many rows went.
CREATE FUNCTION deed.reports_tidy(moment timestamptz, most integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    reports bigint;
    numbers bigint;
BEGIN
    DELETE FROM report_inbox WHERE id = ANY (ARRAY(
        SELECT r.id FROM (SELECT i.id, i.at FROM report_inbox i ORDER BY i.id LIMIT most) r WHERE r.at < moment - interval '7 days'));
    GET DIAGNOSTICS reports = ROW_COUNT;
    DELETE FROM gateway_message WHERE id = ANY (ARRAY(
        SELECT g.id FROM (SELECT m.id, m.send_log FROM gateway_message m ORDER BY m.id LIMIT most) g
        JOIN send_log s ON s.id = g.send_log WHERE s.handed_at < moment - interval '10 days'));
    GET DIAGNOSTICS numbers = ROW_COUNT;
    RETURN reports + numbers;
END $$;

-- Messages on their way (design 4.7): a piece of a chunk is checked, marked `sending` and committed, offered to the gateway
-- while no transaction is open, and answered. `attempts` tells one offer from the next: an answer that comes too late
-- finds another. Rows are locked in the order of their ids, chunks after them.

-- At most `most` queued messages of a chunk, with ids above `after`, that its holder may offer, with what is needed to write their texts. `phone` is
-- where it goes: a notice follows the member to a new number. `reason`: why it may not leave, `wait_until`: why not now.
-- `bound`: it may have been taken already, and has its text. Nothing when the chunk was lost or its campaign halted.
CREATE FUNCTION deed.chunk_take(which bigint, worker text, at timestamptz, zone text, pads bytea[], after bigint, most integer)
RETURNS TABLE (id bigint, try integer, class text, phone text, text text, opt_out_length integer, bound boolean, reason text,
    wait_until timestamptz, name text, title text, tier text, notices jsonb, code jsonb) LANGUAGE plpgsql ROWS 500 AS $$
#variable_conflict use_column
DECLARE
    mine bigint[];
    blocked text;
BEGIN
    SELECT ARRAY(SELECT s.id FROM send_log s WHERE s.chunk = which AND s.state = 'queued' AND s.id > after ORDER BY s.id LIMIT most),
        CASE WHEN EXISTS (
            SELECT FROM (SELECT t.text FROM campaign_step t WHERE t.id = c.step UNION ALL SELECT v.text FROM campaign_variant v WHERE v.step = c.step) w
            -- Names of placeholders are not said, what stands in for nothing is.
            CROSS JOIN LATERAL (SELECT lower(regexp_replace(w.text, '[{｛][^{}｛｝|｜]*[|｜]?([^{}｛｝]*)[}｝]', ' \1 ', 'g'))) l(said)
            JOIN blocked_word b ON b.is_active AND position(lower(b.word) IN l.said) > 0) THEN 'blocked_text' END
    FROM send_chunk c
    WHERE c.id = which AND c.owner = worker AND c.state = 'claimed' AND c.lease_until > clock_timestamp()
        AND (c.campaign IS NULL OR EXISTS (SELECT FROM campaign p WHERE p.id = c.campaign AND p.state = 'sending')) INTO mine, blocked;
    RETURN QUERY SELECT s.id, s.attempts + 1, s.message_class::text,
        CASE WHEN s.message_class = 'notice' AND s.member IS NOT NULL AND s.gateway IS NULL THEN m.phone ELSE s.phone END::text,
        s.text, s.opt_out_length, s.gateway IS NOT NULL, coalesce(v.reason, blocked), v.wait_until, m.name::text, m.title::text, t.name::text,
        CASE WHEN s.text IS NULL THEN (
            SELECT coalesce(jsonb_agg(jsonb_build_object('id', o.id, 'kind', o.kind, 'payload', o.payload, 'late', o.send_before <= at)), '[]')
            FROM notice o WHERE o.send_log = s.id AND o.state <> 'skipped') END,
        CASE WHEN s.message_class = 'verification' AND s.dedupe_key LIKE 'code:%' THEN
            (SELECT jsonb_build_object('id', c.id, 'kind', CASE WHEN c.phone IS NULL THEN 'redeem_code' ELSE 'number_code' END, 'store', o.name,
                    'minutes', greatest(round(extract(epoch FROM c.expires_at - at) / 60), 1))
             FROM redemption_code c JOIN store o ON o.id = c.store WHERE c.id = split_part(s.dedupe_key, ':', 2)::bigint) END
    FROM send_log s LEFT JOIN deed.contact_check(mine, at, zone, pads) v ON v.id = s.id
    LEFT JOIN member m ON m.id = s.member AND s.message_class <> 'marketing' LEFT JOIN tier t ON t.id = m.tier
    WHERE s.id = ANY (mine) ORDER BY s.id;
END $$;

-- What may leave is on its way, to be committed before the gateway is called; the rest has its reason or waits. Returns what
-- really leaves: somebody may have refused meanwhile. Raises when the chunk is somebody else's by now.
CREATE FUNCTION deed.chunk_leave(which bigint, worker text, at timestamptz, day date, through text, lease interval,
    sends bigint[], phones text[], texts text[], endings integer[], lengths integer[],
    skips bigint[], reasons text[], waits bigint[], moments timestamptz[], parked bigint[]) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    gone bigint[];
    skipped_now integer := 0;
    waiting_now integer := 0;
    parked_now integer := 0;
BEGIN
    WITH leaving AS (
        UPDATE send_log s SET state = 'sending', attempts = s.attempts + 1, handed_at = at, gateway = through,
            phone = coalesce(l.phone, s.phone), text = coalesce(l.text, s.text), opt_out_length = l.ending, parts = l.parts,
            business_date = CASE WHEN s.message_class = 'marketing' THEN day ELSE s.business_date END
        FROM unnest(sends, phones, texts, endings, lengths) AS l(id, phone, text, ending, parts)
        WHERE s.id = l.id AND s.state = 'queued' AND s.chunk = which RETURNING s.id
    ) SELECT coalesce(array_agg(id), '{}') FROM leaving INTO gone;
    IF cardinality(skips) > 0 THEN
        UPDATE notice n SET state = 'skipped', reason = k.reason
        FROM unnest(skips, reasons) AS k(id, reason) WHERE n.send_log = k.id AND n.state <> 'skipped';
        UPDATE send_log s SET state = 'skipped', reason = k.reason
        FROM unnest(skips, reasons) AS k(id, reason) WHERE s.id = k.id AND s.state = 'queued' AND s.chunk = which;
        GET DIAGNOSTICS skipped_now = ROW_COUNT;
    END IF;
    IF cardinality(waits) > 0 THEN
        UPDATE send_log s SET chunk = NULL, next_at = w.until
        FROM unnest(waits, moments) AS w(id, until) WHERE s.id = w.id AND s.state = 'queued' AND s.chunk = which;
        GET DIAGNOSTICS waiting_now = ROW_COUNT;
    END IF;
    IF cardinality(parked) > 0 THEN
        UPDATE send_log s SET state = 'unknown' WHERE s.id = ANY (parked) AND s.state = 'queued' AND s.chunk = which;
        GET DIAGNOSTICS parked_now = ROW_COUNT;
    END IF;
    UPDATE send_chunk SET sending = sending + cardinality(gone), skipped = skipped + skipped_now, size = size - waiting_now,
        unknown = unknown + parked_now, lease_until = clock_timestamp() + lease
    WHERE id = which AND owner = worker AND state = 'claimed' AND lease_until > clock_timestamp();
    IF NOT FOUND THEN
        RAISE lock_not_available USING MESSAGE = 'this chunk is somebody else''s by now';
    END IF;
    RETURN gone;
END $$;

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

-- What is next for a message of which the gateway said `said`. Surely not taken: again here up to 5 times (as long as its
-- time lasts when the gateway itself was the trouble), or through another account that carries it. Perhaps taken: again
-- where the same id leaves once. `bound`: an earlier offer may have been taken, whatever is said of this one.
CREATE FUNCTION deed.send_next(said text, error text, try integer, idempotent boolean, others boolean, bound boolean) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN said = 'elsewhere' THEN CASE WHEN bound THEN 'unknown' WHEN others THEN 'queued' ELSE 'failed' END
        WHEN said = 'again' THEN CASE WHEN try < 5 OR error IN ('rate', 'gateway_down') AND try < 200 THEN 'queued'
                                      WHEN bound THEN 'unknown' ELSE 'failed' END
        WHEN said = 'unknown' AND idempotent AND try < 20 THEN 'queued' ELSE said END
$$;

-- Writes a call's answers down, or (`asked`) what the gateway said when it was asked about what it never answered. What
-- surely did not leave and is no campaign's gets its text anew, so that its days and minutes count from when it does.
-- `doubts`: those of which an earlier offer may have been taken; they go nowhere else. `remembers`: the gateway's own numbers have to be kept for its reports. Returns how many are in which state now.
CREATE FUNCTION deed.chunk_answer(which bigint, at timestamptz, through text, idempotent boolean, remembers boolean, asked boolean,
    sends bigint[], tries integer[], states text[], gateway_ids text[], errors text[], doubts boolean[])
RETURNS TABLE (state text, messages bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    cost numeric := (SELECT a.price FROM gateway_account a WHERE a.name = through);
    told jsonb;
    dead bigint[];
BEGIN
    IF remembers THEN
        INSERT INTO gateway_message (gateway, gateway_message_id, send_log)
        SELECT through, a.gateway_id, a.id FROM unnest(sends, states, gateway_ids) AS a(id, said, gateway_id)
        WHERE a.said = 'accepted' AND a.gateway_id IS NOT NULL ON CONFLICT DO NOTHING;
    END IF;
    WITH answer AS (
        SELECT a.*, deed.send_next(a.said, a.error, a.try, idempotent, a.said = 'elsewhere' AND EXISTS (
            SELECT FROM gateway_account g JOIN send_log o ON o.id = a.id WHERE g.is_active AND o.message_class = ANY (g.classes)
                AND g.name <> through AND g.name <> ALL (o.tried)), a.bound) AS state
        FROM unnest(sends, tries, states, gateway_ids, errors, doubts) AS a(id, try, said, gateway_id, error, bound)
    ), changed AS (
        UPDATE send_log s SET
            state = CASE WHEN s.state IN ('sending', 'unknown') THEN a.state ELSE s.state END,
            error_class = CASE WHEN s.state IN ('sending', 'unknown') THEN CASE WHEN a.state IN ('failed', 'unknown') THEN a.error END ELSE s.error_class END,
            gateway_message_id = coalesce(a.gateway_id, s.gateway_message_id),
            cost = CASE WHEN a.state = 'accepted' THEN coalesce(s.cost, s.parts * cost) ELSE s.cost END,
            gateway = CASE WHEN a.state = 'queued' AND NOT o.maybe THEN NULL ELSE s.gateway END,
            tried = CASE WHEN a.said = 'elsewhere' THEN s.tried || through::varchar ELSE s.tried END,
            chunk = CASE WHEN o.alone THEN NULL ELSE s.chunk END,
            next_at = CASE WHEN NOT o.alone THEN s.next_at WHEN o.maybe THEN at + interval '5 seconds' * 2 ^ least(a.try - 1, 6) ELSE at END,
            text = CASE WHEN o.anew THEN NULL ELSE s.text END, parts = CASE WHEN o.anew THEN NULL ELSE s.parts END
        FROM answer a CROSS JOIN LATERAL (SELECT a.said = 'unknown' OR a.bound AS maybe,
            a.state = 'queued' AND (a.said <> 'again' OR a.bound OR asked) AS alone,
            a.state = 'queued' AND a.said <> 'unknown' AND NOT a.bound AND EXISTS (SELECT FROM send_log k WHERE k.id = a.id AND (k.dedupe_key LIKE 'code:%'
                OR k.message_class = 'notice' AND EXISTS (SELECT FROM notice n WHERE n.send_log = k.id))) AS anew) o
        WHERE s.id = a.id AND s.attempts = a.try AND (s.state = 'sending' OR s.state = 'delivered' AND a.said = 'accepted'
            OR s.state = 'unknown' AND (a.state IN ('accepted', 'failed') OR asked AND a.said = 'again' AND deed.sent_here(s.handed_at)))
        RETURNING s.id, old.state AS was, new.state, new.error_class, new.chunk
    ), counted AS (
        UPDATE send_chunk c SET sending = c.sending - n.sending, unknown = c.unknown - n.known + n.unknown, accepted = c.accepted + n.accepted,
            failed = c.failed + n.failed, size = c.size - n.gone
        FROM (SELECT count(*) FILTER (WHERE was = 'sending') AS sending, count(*) FILTER (WHERE was = 'unknown') AS known,
                  count(*) FILTER (WHERE state = 'unknown') AS unknown, count(*) FILTER (WHERE state = 'accepted') AS accepted,
                  count(*) FILTER (WHERE state = 'failed' AND was <> 'failed') AS failed, count(*) FILTER (WHERE chunk IS NULL) AS gone
              FROM changed WHERE was IN ('sending', 'unknown')) n WHERE c.id = which
    )
    SELECT coalesce(jsonb_object_agg(c.state, c.messages), '{}'), (SELECT array_agg(id) FROM changed WHERE error_class = 'dead_number')
    FROM (SELECT state, count(*) AS messages FROM changed GROUP BY state) c INTO told, dead;
    IF dead IS NOT NULL THEN
        PERFORM deed.phones_dead(dead);
    END IF;
    RETURN QUERY SELECT key, value::bigint FROM jsonb_each_text(told);
END $$;

-- What was handed to an account and never answered, long enough ago that no call of ours can still be under way.
CREATE FUNCTION deed.sends_unsure(through text, before timestamptz, since timestamptz, most integer)
RETURNS TABLE (id bigint, chunk bigint, try integer, phone text, text text) LANGUAGE sql STABLE ROWS 100 AS $$
    SELECT s.id, s.chunk, s.attempts, s.phone, s.text FROM send_chunk c JOIN send_log s ON s.chunk = c.id AND s.state = 'unknown'
    WHERE c.unknown > 0 AND s.gateway = through AND s.handed_at <= before AND s.handed_at > since ORDER BY s.chunk, s.id LIMIT most
$$;

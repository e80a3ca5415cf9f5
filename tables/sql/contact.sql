-- Contact rules (design 4.7): who may be written to, when, how often. Asked when an audience is frozen and again when each
-- message leaves; the rules are rows of contact_rule, of several the strictest wins.

-- The hours of a store's messages: 08:00 until before 21:00 where no rule says otherwise.
CREATE FUNCTION deed.hours_of(shop bigint) RETURNS TABLE (opens time, closes time) LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT coalesce(max(r.opens), '08:00'), coalesce(min(r.closes), '21:00') FROM contact_rule r
    WHERE r.kind = 'hours' AND r.is_active AND (r.store IS NULL OR r.store = shop)
$$;

CREATE FUNCTION deed.hours_open(at timestamptz, zone text, shop bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT (at AT TIME ZONE zone)::time >= h.opens AND (at AT TIME ZONE zone)::time < h.closes FROM deed.hours_of(shop) h
$$;

-- The first instant from `at` on inside the hours: `at` itself when open, null where the rules leave no minute.
CREATE FUNCTION deed.hours_next(at timestamptz, zone text, shop bigint) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN h.opens >= h.closes THEN NULL WHEN l.local::time < h.opens THEN (l.local::date + h.opens) AT TIME ZONE zone
        WHEN l.local::time < h.closes THEN at ELSE (l.local::date + 1 + h.opens) AT TIME ZONE zone END
    FROM deed.hours_of(shop) h CROSS JOIN LATERAL (SELECT at AT TIME ZONE zone) l(local)
$$;

-- A message that would leave to `phone`, and its member as they are now. Queued ones of them with a smaller `id` go before it.
CREATE TYPE deed.planned AS (id bigint, message_class text, phone text, store bigint, is_plain boolean, content bigint,
    send_before timestamptz, member bigint, own_phone text, is_invalid boolean, is_erased boolean, fewer boolean);

-- Who of `wanted` may not leave at `moment`, and why; `wait_until`: it may at the next opening. `ahead`: nothing leaves yet, the
-- question is whether it may from the first opening on. `pads`: rules/suppression.py.
-- What is queued and names a gateway may have left. What waits counts for the day on which it would leave, however long ago
-- it was due: else it and a later one could each leave without seeing the other. How a member of two campaigns is judged
-- depends on the ids alone.
CREATE FUNCTION deed.contact_judge(wanted deed.planned[], moment timestamptz, zone text, pads bytea[], ahead boolean)
RETURNS TABLE (id bigint, reason text, wait_until timestamptz) LANGUAGE plpgsql ROWS 100
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    refusals boolean := EXISTS (SELECT FROM suppression);
    wishes boolean := EXISTS (SELECT FROM erasure_request e WHERE e.state = 'open');
    same_days integer := coalesce((SELECT max(r.days) FROM contact_rule r WHERE r.kind = 'same_content' AND r.is_active), 0);
    -- What waits may be as old as a campaign may last (30 days), and a day more by the next opening.
    widest integer := greatest(same_days, 33, (SELECT max(r.days) * 2 FROM contact_rule r WHERE r.kind = 'frequency' AND r.is_active));
BEGIN
    RETURN QUERY
    WITH opening AS MATERIALIZED (
        SELECT o.store, deed.hours_next(moment, zone, o.store) AS opens FROM (SELECT DISTINCT w.store FROM unnest(wanted) w) o
    ), asked AS MATERIALIZED (
        SELECT w.id, w.member, w.is_plain, w.content, o.opens, (o.opens AT TIME ZONE zone)::date AS day, w.message_class,
            coalesce(w.fewer, false) AS fewer,
            CASE WHEN w.is_erased THEN 'erased' WHEN w.phone IS NULL THEN 'no_phone'
                WHEN w.message_class IN ('verification', 'staff') THEN CASE WHEN w.send_before <= moment THEN 'too_late' END
                WHEN w.is_invalid AND w.phone = w.own_phone THEN 'invalid_phone'
                WHEN wishes AND w.message_class = 'marketing' AND EXISTS (
                    SELECT FROM erasure_request e WHERE e.member = w.member AND e.state = 'open') THEN 'erasing'
                WHEN NOT c.granted THEN 'opted_out'
                WHEN x.since IS NOT NULL AND c.said_at > x.since IS NOT TRUE THEN 'opted_out'
                WHEN w.message_class = 'marketing' AND c.granted IS NULL THEN 'no_consent'
                -- The number is somebody else's by now, who gave no consent.
                WHEN w.message_class = 'marketing' AND w.phone IS DISTINCT FROM w.own_phone THEN 'invalid_phone'
                WHEN w.send_before <= moment THEN 'too_late'
                WHEN o.opens IS NULL OR o.opens >= w.send_before THEN 'quiet_hours' END AS reason
        FROM unnest(wanted) w JOIN opening o ON coalesce(o.store, 0) = coalesce(w.store, 0)
        LEFT JOIN LATERAL (
            SELECT c.granted, c.at AS said_at FROM consent c
            WHERE c.member = w.member AND c.purpose = CASE w.message_class WHEN 'marketing' THEN 'marketing_sms' ELSE 'notice_sms' END
            ORDER BY c.at DESC, c.id DESC LIMIT 1) c ON w.message_class IN ('marketing', 'notice')
        LEFT JOIN suppression x ON refusals AND w.message_class = 'marketing'
            AND x.phone_hmac = encode(sha256(pads[2] || sha256(pads[1] || convert_to(w.phone, 'UTF8'))), 'hex')
    ), other AS MATERIALIZED (
        SELECT a.id, a.day, a.fewer, a.is_plain, a.content = q.content AS same, q.is_plain AS other_is_plain,
            CASE q.state WHEN 'queued' THEN a.day ELSE q.business_date END AS other_day
        FROM asked a JOIN send_log q ON q.member = a.member AND q.business_date > a.day - widest AND q.business_date <= a.day
        WHERE a.message_class = 'marketing' AND a.reason IS NULL AND (ahead OR a.opens <= moment)
            AND q.message_class = 'marketing' AND q.id <> a.id AND (q.state IN ('sending', 'accepted', 'delivered', 'unknown')
                OR q.state = 'queued' AND (q.gateway IS NOT NULL OR q.id < a.id AND q.send_before > moment IS NOT FALSE))
    ), often AS (
        SELECT DISTINCT o.id FROM other o JOIN contact_rule r ON r.kind = 'frequency' AND r.is_active
            AND o.other_day > o.day - CASE WHEN o.fewer AND r.most = 1 THEN r.days * 2 ELSE r.days END
            AND (NOT r.plain_only OR o.is_plain AND o.other_is_plain)
        GROUP BY o.id, r.id, r.most, o.fewer
        HAVING count(*) + 1 > CASE WHEN o.fewer AND r.most > 1 THEN r.most / 2 ELSE r.most END
    ), same AS (SELECT DISTINCT o.id FROM other o WHERE o.same AND o.other_day > o.day - same_days)
    SELECT a.id, v.reason, CASE WHEN v.reason IS NULL THEN a.opens END
    FROM asked a LEFT JOIN same s ON s.id = a.id LEFT JOIN often f ON f.id = a.id
    CROSS JOIN LATERAL (SELECT coalesce(a.reason, CASE WHEN s.id IS NOT NULL THEN 'same_content'
                                                     WHEN f.id IS NOT NULL THEN 'frequency_cap' END)) v(reason)
    WHERE v.reason IS NOT NULL OR a.opens > moment AND NOT ahead AND a.message_class IN ('marketing', 'notice');
END $$;

-- The queued messages of `sends` that may not leave now: one row each, with a reason to skip it or the time to wait for.
CREATE FUNCTION deed.contact_check(sends bigint[], at timestamptz, zone text, pads bytea[])
RETURNS TABLE (id bigint, reason text, wait_until timestamptz) LANGUAGE sql ROWS 100 AS $$
    SELECT j.id, j.reason, j.wait_until FROM deed.contact_judge((
        SELECT array_agg(ROW(s.id, s.message_class, CASE WHEN s.message_class = 'notice' AND s.member IS NOT NULL THEN m.phone ELSE s.phone END,
            s.store, s.is_plain, s.content, s.send_before, s.member, m.phone, m.phone_status = 'invalid', m.erased_at IS NOT NULL,
            m.preferences ->> 'fewer' = 'true')::deed.planned)
        FROM send_log s LEFT JOIN member m ON m.id = s.member WHERE s.id = ANY (sends) AND s.state = 'queued'), at, zone, pads, false) j
$$;

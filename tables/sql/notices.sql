-- Notices: what the night of a day owes its members, and their merging into one message each (design 4.6).
-- Everything is as the day ended: what was earned, spent or bought after it does not count.

-- Lots of given members as they stood at the end of `day` that end from `first` to `last`.
CREATE FUNCTION deed.lots_ending(members bigint[], day date, first date, last date)
RETURNS TABLE (member bigint, expires_on date, points numeric) LANGUAGE plpgsql STABLE ROWS 1000 AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY WITH found AS (
        SELECT a.id, a.remaining AS points FROM unnest(members) AS m(id) JOIN points_lot a ON a.member = m.id
            AND a.remaining > 0 AND a.expires_on BETWEEN first AND last
        UNION ALL
        SELECT x.lot, x.points FROM unnest(members) AS m(id) JOIN points_entry d ON d.member = m.id AND d.business_date > day
            AND (d.points < 0 OR d.kind = 'restore') JOIN points_allocation x ON x.entry = d.id
        UNION ALL
        SELECT x.lot, x.points FROM points_allocation x JOIN points_entry d ON d.id = x.entry AND d.member = ANY (members)
            AND d.business_date <= day WHERE x.paid_on > day
    )
    SELECT l.member, l.expires_on, sum(f.points) FROM found f JOIN points_lot l ON l.id = f.id AND l.expires_on BETWEEN first AND last
    JOIN points_entry e ON e.id = l.entry AND e.business_date <= day
    GROUP BY l.member, l.expires_on HAVING sum(f.points) > 0;
END $$;

-- Whom the night of `day` may have something to tell.
CREATE FUNCTION deed.notice_candidates(day date) RETURNS TABLE (member bigint) LANGUAGE sql STABLE AS $$
    WITH policy AS (SELECT remind_days, statement FROM points_policy)
    SELECT n.member FROM notice n WHERE n.state = 'due' AND n.business_date = day
    UNION SELECT m.id FROM member m WHERE m.tier_valid_until = day + 15
    UNION SELECT l.member FROM points_lot l WHERE l.remaining > 0
        AND l.expires_on = ANY (SELECT day + n FROM policy p CROSS JOIN unnest(p.remind_days) n)
    UNION SELECT e.member FROM points_entry e WHERE e.business_date > day AND e.points < 0
    UNION SELECT e.member FROM points_allocation x JOIN points_entry e ON e.id = x.entry WHERE x.paid_on > day
    UNION SELECT e.member FROM policy p JOIN points_entry e
        ON e.business_date BETWEEN date_trunc('month', day)::date AND day
        WHERE p.statement = 'moved' AND extract(day FROM day + 1) = 1
    UNION SELECT m.id FROM policy p JOIN member m ON m.erased_at IS NULL
        WHERE p.statement = 'all' AND extract(day FROM day + 1) = 1
    ORDER BY 1
$$;

-- One reminder a member: the nearest day that is worth it; others are kept with the reason why they stay silent.
CREATE FUNCTION deed.notices_expiring(members bigint[], day date, zone text) RETURNS void LANGUAGE sql AS $$
    WITH policy AS (SELECT * FROM points_policy),
    lot AS (
        SELECT l.*, sum(l.points) OVER (PARTITION BY l.member ORDER BY l.expires_on) AS by_then
        FROM policy p CROSS JOIN LATERAL
            deed.lots_ending(members, day, day + 1, day + (SELECT max(n) FROM unnest(p.remind_days) n)) l
    ), hit AS (
        SELECT l.member, n.days, l.expires_on, l.points, l.by_then >= p.remind_min_points AS worth,
            EXISTS (SELECT 1 FROM notice o WHERE o.member = l.member AND o.kind = 'points_expiring' AND o.send_log IS NOT NULL
                    AND (o.reason IS NULL OR o.reason = 'replay')
                    AND o.business_date > day - p.remind_every_days AND o.business_date < day) AS recent
        FROM policy p CROSS JOIN unnest(p.remind_days) AS n(days) JOIN lot l ON l.expires_on = day + n.days
    )
    INSERT INTO notice (member, kind, reference, business_date, send_before, payload, state, reason)
    SELECT h.member, 'points_expiring', h.expires_on || ':' || h.days, day,
        (h.expires_on + time '12:00') AT TIME ZONE zone,
        jsonb_build_object('days', h.days, 'on', h.expires_on, 'points', h.points),
        CASE WHEN h.worth AND NOT h.recent AND h.turn = 1 THEN 'due' ELSE 'skipped' END,
        CASE WHEN NOT h.worth THEN 'small' WHEN h.recent OR h.turn > 1 THEN 'recent_reminder' END
    FROM (SELECT *, row_number() OVER (PARTITION BY member, worth ORDER BY days) AS turn FROM hit) h
    ORDER BY h.member, h.days
    ON CONFLICT (kind, member, reference) DO NOTHING
$$;

CREATE FUNCTION deed.notices_tier_warning(members bigint[], day date, send_before timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO notice (member, kind, reference, business_date, send_before, payload, state)
    SELECT m.id, 'tier_warning', m.tier_valid_until, day, send_before,
        jsonb_build_object('tier', t.name, 'valid_until', m.tier_valid_until, 'to_keep', r.to_keep), 'due'
    FROM member m JOIN deed.tier_by_rule(members, day) r ON r.member = m.id JOIN tier t ON t.id = m.tier
    WHERE m.id = ANY (members) AND m.tier_valid_until = day + 15 AND m.erased_at IS NULL
    ORDER BY m.id
    ON CONFLICT (kind, member, reference) DO NOTHING
$$;

CREATE FUNCTION deed.notices_statement(members bigint[], day date, send_before timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO notice (member, kind, reference, business_date, send_before, payload, state)
    SELECT m.member, 'statement', to_char(day, 'YYYY-MM'), day, send_before,
        jsonb_build_object('month', to_char(day, 'YYYY-MM'), 'earned', coalesce(e.earned, 0), 'redeemed', coalesce(e.redeemed, 0),
            'expired', coalesce(e.expired, 0), 'balance', a.balance + a.pending - a.debt - coalesce(e.later, 0)), 'due'
    FROM unnest(members) AS m(member) JOIN points_account a ON a.member = m.member
    CROSS JOIN points_policy p
    LEFT JOIN LATERAL (
        SELECT count(*) FILTER (WHERE e.business_date <= day) AS moves, sum(e.points) FILTER (WHERE e.business_date > day) AS later,
            sum(e.points) FILTER (WHERE e.business_date <= day AND e.kind = 'earn') AS earned,
            -sum(e.points) FILTER (WHERE e.business_date <= day AND e.kind = 'redeem') AS redeemed,
            -sum(e.points) FILTER (WHERE e.business_date <= day AND e.kind = 'expire') AS expired
        FROM points_entry e WHERE e.member = m.member AND e.business_date >= date_trunc('month', day)::date) e ON true
    WHERE extract(day FROM day + 1) = 1 AND (p.statement = 'all' OR p.statement = 'moved' AND e.moves > 0)
    ORDER BY m.member
    ON CONFLICT (kind, member, reference) DO NOTHING
$$;

-- Writes the notices of some members for one night and merges what is due into one message each. `at` is now;
-- null stands for a replay, where everything that would leave is skipped instead, as it is for days before a restore.
CREATE FUNCTION deed.notices_write(members bigint[], day date, at timestamptz, zone text, send_before timestamptz,
                                   OUT notices bigint, OUT messages bigint) LANGUAGE plpgsql AS $$
DECLARE
    leaves timestamptz := (day + 1 + time '08:00') AT TIME ZONE zone;
    -- Why nothing of this night leaves: it is a replay, or was over when the data was restored.
    silent text := CASE WHEN at IS NULL THEN 'replay' WHEN day < deed.restored_on() THEN 'restored' END;
BEGIN
    PERFORM deed.notices_expiring(members, day, zone);
    PERFORM deed.notices_tier_warning(members, day, send_before);
    PERFORM deed.notices_statement(members, day, send_before);
    UPDATE notice n SET state = 'skipped', reason = CASE
            WHEN m.erased_at IS NOT NULL THEN 'erased' WHEN m.phone IS NULL THEN 'no_phone'
            WHEN m.phone_status = 'invalid' THEN 'invalid_phone' ELSE 'too_late' END
    FROM member m WHERE m.id = n.member AND n.member = ANY (members) AND n.business_date = day AND n.state = 'due'
        AND (m.phone IS NULL OR m.phone_status = 'invalid' OR n.send_before <= at);
    WITH due AS (
        SELECT n.member, max(n.send_before) AS send_before FROM notice n
        WHERE n.member = ANY (members) AND n.business_date = day AND n.state = 'due' GROUP BY n.member
    ), message AS (
        INSERT INTO send_log (member, phone, store, message_class, dedupe_key, state, reason, scheduled_at, send_before)
        SELECT d.member, m.phone, m.home_store, 'notice', 'notice:' || d.member || ':' || day,
            CASE WHEN silent IS NULL THEN 'queued' ELSE 'skipped' END, silent, leaves, d.send_before
        FROM due d JOIN member m ON m.id = d.member ORDER BY d.member
        ON CONFLICT (dedupe_key) DO NOTHING RETURNING 1
    ) SELECT count(*) FROM message INTO messages;
    UPDATE notice n SET send_log = s.id, state = CASE WHEN silent IS NULL THEN 'queued' ELSE 'skipped' END, reason = silent
    FROM send_log s WHERE s.dedupe_key = 'notice:' || n.member || ':' || day
        AND n.member = ANY (members) AND n.business_date = day AND n.state = 'due';
    SELECT count(*) FROM notice n WHERE n.member = ANY (members) AND n.business_date = day INTO notices;
END $$;

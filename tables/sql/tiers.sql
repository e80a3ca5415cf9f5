-- Tiers (design 4.5): a rank reached by quarterly spend, good through the next quarter.

-- What the rule says for members after the night of `day`: tier, until when, and what is missing to keep it.
CREATE FUNCTION deed.tier_by_rule(members bigint[], day date)
RETURNS TABLE (member bigint, tier bigint, rank integer, valid_until date, granted boolean, to_keep numeric)
LANGUAGE plpgsql STABLE ROWS 1000 AS $$
#variable_conflict use_column
BEGIN
    -- Not a plain SQL function: the planner would merge it into its caller and work it out once a row.
    RETURN QUERY WITH quarter AS (
        SELECT k::date AS first, (k - interval '3 months')::date AS before, (k + interval '3 months - 1 day')::date AS ends,
            (k + interval '6 months - 1 day')::date AS next_ends FROM date_trunc('quarter', day + 1) k
    ), spent AS (
        SELECT m.id AS member, coalesce(sum(p.tier_amount) FILTER (WHERE p.sold_on >= q.first), 0) AS this,
            coalesce(sum(p.tier_amount) FILTER (WHERE p.sold_on < q.first), 0) AS previous
        FROM unnest(members) AS m(id) CROSS JOIN quarter q
        LEFT JOIN purchase p ON p.member = m.id AND p.business_date BETWEEN q.before AND day AND p.sold_on BETWEEN q.before AND q.ends
        GROUP BY m.id
    ), ranked AS (
        SELECT s.member, s.this, this.rank AS this_rank, previous.rank AS previous_rank, given.rank AS given_rank, given.until
        FROM spent s
        CROSS JOIN LATERAL (SELECT max(t.rank) AS rank FROM tier t WHERE t.quarterly_spend <= greatest(s.this, 0)) this
        CROSS JOIN LATERAL (SELECT max(t.rank) AS rank FROM tier t WHERE t.quarterly_spend <= greatest(s.previous, 0)) previous
        LEFT JOIN LATERAL (SELECT t.rank, max(g.valid_until) AS until FROM tier_grant g JOIN tier t ON t.id = g.tier
            WHERE g.member = s.member AND day + 1 BETWEEN g.valid_from AND g.valid_until
            GROUP BY t.rank ORDER BY t.rank DESC LIMIT 1) given ON true
    )
    SELECT r.member, t.id, t.rank,
        CASE WHEN t.rank > 1 THEN greatest(
            CASE WHEN r.this_rank >= t.rank THEN q.next_ends WHEN r.previous_rank >= t.rank THEN q.ends END,
            CASE WHEN r.given_rank >= t.rank THEN r.until END) END,
        coalesce(r.given_rank > greatest(r.this_rank, r.previous_rank), false),
        greatest(t.quarterly_spend - r.this, 0)
    FROM ranked r CROSS JOIN quarter q
    JOIN tier t ON t.rank = greatest(r.this_rank, r.previous_rank, r.given_rank);
END $$;

-- Members whose tier the night of `day` may change: touched since the last check, ended, or with a grant at its edge.
CREATE FUNCTION deed.tier_candidates(day date) RETURNS TABLE (member bigint) LANGUAGE sql STABLE AS $$
    SELECT a.member FROM points_account a WHERE a.touched_on IS NOT NULL
    UNION SELECT m.id FROM member m WHERE m.tier_valid_until <= day
    UNION SELECT g.member FROM tier_grant g WHERE g.valid_from = day + 1 OR g.valid_until = day
    ORDER BY 1
$$;

-- Moves members to what the rule says. Every move leaves a tier_change and a notice; partners hear of it unless it is a replay.
CREATE FUNCTION deed.tiers_move(members bigint[], day date, send_before timestamptz, tell boolean, OUT up bigint, OUT down bigint)
LANGUAGE plpgsql AS $$
DECLARE
    moves bigint[];
    homes bigint[];
BEGIN
    PERFORM 1 FROM member WHERE id = ANY (members) ORDER BY id FOR NO KEY UPDATE;
    WITH rule AS MATERIALIZED (
        SELECT r.*, m.tier AS had, h.rank AS had_rank FROM deed.tier_by_rule(members, day) r
        JOIN member m ON m.id = r.member JOIN tier h ON h.id = m.tier
        WHERE (m.tier, m.tier_valid_until) IS DISTINCT FROM (r.tier, r.valid_until) AND m.erased_at IS NULL
    ), moved AS (
        UPDATE member m SET tier = r.tier, tier_valid_until = r.valid_until FROM rule r WHERE m.id = r.member
    ), change AS (
        INSERT INTO tier_change (member, from_tier, to_tier, reason, business_date)
        SELECT r.member, r.had, r.tier, CASE WHEN r.granted THEN 'grant' WHEN r.rank > r.had_rank THEN 'spend' ELSE 'lapse' END, day
        FROM rule r WHERE r.tier <> r.had ORDER BY r.member
        RETURNING id, member
    ), told AS (
        INSERT INTO notice (member, kind, reference, business_date, send_before, payload, state)
        SELECT r.member, CASE WHEN r.rank > r.had_rank THEN 'tier_up' ELSE 'tier_down' END, day, day, send_before,
            jsonb_build_object('from', f.name, 'to', t.name, 'valid_until', r.valid_until), 'due'
        FROM rule r JOIN tier f ON f.id = r.had JOIN tier t ON t.id = r.tier WHERE r.tier <> r.had ORDER BY r.member
        ON CONFLICT (kind, member, reference) DO NOTHING
    )
    SELECT count(*) FILTER (WHERE r.rank > r.had_rank), count(*) FILTER (WHERE r.rank < r.had_rank), c.moves, c.homes FROM rule r
    RIGHT JOIN (SELECT array_agg(c.id ORDER BY c.id) AS moves, array_agg(m.home_store ORDER BY c.id) AS homes
                FROM change c JOIN member m ON m.id = c.member) c ON true GROUP BY c.moves, c.homes INTO up, down, moves, homes;
    PERFORM deed.events_queue('tier_change', moves, homes) WHERE tell AND moves IS NOT NULL;
END $$;

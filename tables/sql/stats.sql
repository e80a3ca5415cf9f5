-- member_stats: one row a member, kept current by each purchase and provable from `purchase`.

CREATE TYPE deed.spend AS (member bigint, business_date date, amount numeric, earns boolean, sale boolean);

-- Adds sales and refunds (below zero) to their members' totals. What earns nothing leaves no entry: here its member is marked as touched.
CREATE FUNCTION deed.stats_add(spends deed.spend[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    WITH spend AS (
        SELECT n.*, date_trunc('quarter', business_date)::date AS its_quarter,
            max(date_trunc('quarter', business_date)::date) OVER (PARTITION BY member) AS newest FROM unnest((SELECT spends)) n
    ), total AS (
        SELECT n.member, greatest(o.quarter, n.newest) AS quarter, count(*) FILTER (WHERE sale)::integer AS purchases,
            min(business_date) FILTER (WHERE sale) AS first, max(business_date) FILTER (WHERE sale) AS last, sum(amount) AS amount,
            coalesce(sum(amount) FILTER (WHERE its_quarter = greatest(o.quarter, n.newest)), 0) AS this,
            coalesce(sum(amount) FILTER (WHERE its_quarter = greatest(o.quarter, n.newest) - interval '3 months'), 0) AS previous
        FROM spend n JOIN member_stats o ON o.member = n.member GROUP BY n.member, o.quarter, n.newest
    )
    UPDATE member_stats s SET
        first_purchase_on = least(s.first_purchase_on, t.first), last_purchase_on = greatest(s.last_purchase_on, t.last),
        purchase_count = s.purchase_count + t.purchases, total_spend = s.total_spend + t.amount,
        average_interval_days = CASE WHEN s.purchase_count + t.purchases > 1 THEN
            round((greatest(s.last_purchase_on, t.last) - least(s.first_purchase_on, t.first))::numeric
                  / (s.purchase_count + t.purchases - 1), 2) END,
        quarter = t.quarter,
        quarter_spend = t.this + CASE WHEN s.quarter = t.quarter THEN s.quarter_spend ELSE 0 END,
        last_quarter_spend = t.previous + CASE s.quarter WHEN t.quarter THEN s.last_quarter_spend
            WHEN (t.quarter - interval '3 months')::date THEN s.quarter_spend ELSE 0 END
    FROM total t WHERE s.member = t.member;
    UPDATE points_account a SET touched_on = greatest(a.touched_on, n.day)
    FROM (SELECT member, max(business_date) AS day FROM unnest((SELECT spends)) WHERE NOT earns GROUP BY member) n
    WHERE a.member = n.member;
END $$;

-- The night before a quarter begins moves "this quarter" to "last quarter". Returns the number of members.
CREATE FUNCTION deed.stats_roll(members bigint[], new_quarter date, OUT rolled bigint) LANGUAGE plpgsql AS $$
BEGIN
    -- The accounts first, in member order, like everybody who writes totals.
    PERFORM 1 FROM points_account WHERE member = ANY (members) ORDER BY member FOR UPDATE;
    UPDATE member_stats SET quarter = new_quarter, quarter_spend = 0,
        last_quarter_spend = CASE WHEN quarter = new_quarter - interval '3 months' THEN quarter_spend ELSE 0 END
    WHERE member = ANY (members) AND quarter < new_quarter;
    GET DIAGNOSTICS rolled = ROW_COUNT;
END $$;

-- The totals as `purchase` proves them, for given members (null = all), as of a quarter. It names only what the member's
-- index holds, so that the table itself is not read.
CREATE FUNCTION deed.stats_by_purchase(members bigint[])
RETURNS TABLE (member bigint, first_purchase_on date, last_purchase_on date, purchase_count integer, total_spend numeric,
               average_interval_days numeric, quarter_spend numeric, last_quarter_spend numeric)
LANGUAGE sql STABLE AS $$
    SELECT s.member, min(p.business_date) FILTER (WHERE p.kind = 'sale'), max(p.business_date) FILTER (WHERE p.kind = 'sale'),
        count(*) FILTER (WHERE p.kind = 'sale')::integer, coalesce(sum(p.amount), 0),
        CASE WHEN count(*) FILTER (WHERE p.kind = 'sale') > 1 THEN
            round((max(p.business_date) FILTER (WHERE p.kind = 'sale') - min(p.business_date) FILTER (WHERE p.kind = 'sale'))::numeric
                  / (count(*) FILTER (WHERE p.kind = 'sale') - 1), 2) END,
        coalesce(sum(p.amount) FILTER (WHERE date_trunc('quarter', p.business_date) = s.quarter), 0),
        coalesce(sum(p.amount) FILTER (WHERE date_trunc('quarter', p.business_date) = s.quarter - interval '3 months'), 0)
    FROM member_stats s LEFT JOIN purchase p ON p.member = s.member
    WHERE members IS NULL OR s.member = ANY (members)
    GROUP BY s.member
$$;

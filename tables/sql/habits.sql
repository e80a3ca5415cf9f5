-- member_habit: what a night learns of when members come and what they like; provable from `purchase`.

-- Members (of those given; null = of all) who have bought since their row was made: it says of which totals it is.
CREATE FUNCTION deed.habits_stale(members bigint[]) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT s.member FROM member_stats s LEFT JOIN member_habit h ON h.member = s.member
    WHERE s.purchase_count > 0 AND (members IS NULL OR s.member = ANY (members))
        AND (h.member IS NULL OR h.purchases <> s.purchase_count OR h.spend <> s.total_spend)
$$;

-- The rows as `purchase` proves them, of members who had bought by the end of `night`; hours are those of `zone`.
CREATE FUNCTION deed.habits_by_purchase(members bigint[], night date, zone text) RETURNS SETOF member_habit LANGUAGE sql STABLE AS $$
    WITH day AS MATERIALIZED (
        SELECT date_trunc('quarter', night)::date AS quarter, (date_trunc('quarter', night) - interval '3 months')::date AS last_quarter,
            date_trunc('year', night)::date AS year, (date_trunc('year', night) - interval '1 year')::date AS last_year
    ), bought AS MATERIALIZED (
        -- What the member's index holds, so that the table itself is read for the newest sales alone.
        SELECT p.member, p.kind = 'sale' AS sale, p.business_date AS day, p.amount,
            date_part('isodow', p.business_date)::integer AS weekday, date_part('day', p.business_date)::integer AS month_day
        FROM purchase p WHERE p.member = ANY (members) AND p.business_date <= night
    ), kept AS MATERIALIZED (
        -- What somebody likes is looked for once a week: their newest receipts and lines are what costs.
        SELECT h.member, h.hour, h.category, h.product, h.liked_on FROM member_habit h
        WHERE h.member = ANY (members) AND h.liked_on > night - 7 AND h.liked_on <= night
    ), newest AS MATERIALIZED (
        SELECT o.id, o.member, o.hour FROM (
            SELECT p.id, p.member, date_part('hour', p.purchased_at AT TIME ZONE zone)::integer AS hour,
                row_number() OVER (PARTITION BY p.member ORDER BY p.business_date DESC, p.id DESC) AS place
            FROM purchase p WHERE p.member = ANY (ARRAY(SELECT m FROM unnest(members) m WHERE m NOT IN (SELECT k.member FROM kept k)))
                AND p.kind = 'sale' AND p.business_date <= night AND p.business_date > night - 90) o
        WHERE o.place <= 12
    ), total AS (
        SELECT b.member, count(*) FILTER (WHERE sale)::integer AS purchases, sum(amount) AS spend,
            count(*) FILTER (WHERE sale AND b.day >= d.quarter)::integer AS in_quarter,
            count(*) FILTER (WHERE sale AND b.day >= d.last_quarter AND b.day < d.quarter)::integer AS in_last_quarter,
            count(*) FILTER (WHERE sale AND b.day >= d.year)::integer AS in_year,
            coalesce(sum(amount) FILTER (WHERE b.day >= d.year), 0) AS year_spend,
            coalesce(sum(amount) FILTER (WHERE b.day >= d.last_year AND b.day < d.year), 0) AS last_year_spend,
            round(avg(amount) FILTER (WHERE sale), 2) AS basket
        FROM bought b CROSS JOIN day d GROUP BY b.member HAVING bool_or(sale)
    ), moment AS (
        SELECT member, min(value) FILTER (WHERE what = 1) AS weekday, min(value) FILTER (WHERE what = 2) AS hour,
            min(value) FILTER (WHERE what = 3) AS month_day
        FROM (SELECT x.member, x.what, x.value, count(*) AS times,
                  max(count(*)) OVER (PARTITION BY x.member, x.what) AS most, sum(count(*)) OVER (PARTITION BY x.member, x.what) AS sales
              FROM (SELECT member, 1 AS what, weekday AS value FROM bought WHERE sale UNION ALL SELECT member, 2, hour FROM newest
                    UNION ALL SELECT member, 3, month_day FROM bought WHERE sale) x GROUP BY 1, 2, 3) f
        WHERE times = most AND sales >= 3 AND times * 3 >= sales GROUP BY member
    ), pace AS (
        SELECT member, (array_agg(day ORDER BY day DESC)) AS days FROM (SELECT DISTINCT member, day FROM bought WHERE sale) d
        GROUP BY member HAVING count(*) > 4
    ), line AS MATERIALIZED (
        SELECT b.member, b.id, l.product, coalesce(g.category, l.category) AS category, l.amount
        FROM newest b JOIN purchase_line l ON l.purchase = b.id LEFT JOIN product g ON g.id = l.product
    ), liked_category AS (
        SELECT DISTINCT ON (member) member, category FROM line WHERE category IS NOT NULL
        GROUP BY member, category ORDER BY member, count(DISTINCT id) DESC, sum(amount) DESC, category
    ), liked_product AS (
        SELECT DISTINCT ON (member) member, product FROM line WHERE product IS NOT NULL
        GROUP BY member, product ORDER BY member, count(DISTINCT id) DESC, sum(amount) DESC, product
    )
    SELECT t.member, night, d.quarter, t.in_quarter, t.in_last_quarter, d.year, t.in_year, t.year_spend, t.last_year_spend, t.basket,
        m.weekday, CASE WHEN k.member IS NULL THEN m.hour ELSE k.hour END, m.month_day,
        round((p.days[1] - p.days[4]) / 3.0 / ((p.days[4] - p.days[array_length(p.days, 1)]) / (array_length(p.days, 1) - 4.0)), 3),
        coalesce(k.category, c.category), coalesce(k.product, g.product), t.purchases, t.spend, coalesce(k.liked_on, night)
    FROM total t CROSS JOIN day d LEFT JOIN moment m ON m.member = t.member LEFT JOIN pace p ON p.member = t.member
    LEFT JOIN liked_category c ON c.member = t.member LEFT JOIN liked_product g ON g.member = t.member
    LEFT JOIN kept k ON k.member = t.member
$$;

-- Makes the rows anew of those among `members` who have bought since. Returns how many are other than they were.
CREATE FUNCTION deed.habits_refresh(members bigint[], night date, zone text, OUT habits bigint) LANGUAGE plpgsql AS $$
DECLARE
    stale bigint[] := ARRAY(SELECT * FROM deed.habits_stale(members));
BEGIN
    habits := 0;
    IF stale = '{}' THEN
        RETURN;
    END IF;
    INSERT INTO member_habit AS h SELECT * FROM deed.habits_by_purchase(stale, night, zone)
    ON CONFLICT (member) DO UPDATE SET (counted_on, quarter, quarter_purchases, last_quarter_purchases, year, year_purchases, year_spend,
            last_year_spend, basket, weekday, hour, month_day, interval_change, category, product, purchases, spend, liked_on) =
        (excluded.counted_on, excluded.quarter, excluded.quarter_purchases, excluded.last_quarter_purchases, excluded.year,
            excluded.year_purchases, excluded.year_spend, excluded.last_year_spend, excluded.basket, excluded.weekday, excluded.hour,
            excluded.month_day, excluded.interval_change, excluded.category, excluded.product, excluded.purchases, excluded.spend,
            excluded.liked_on)
    WHERE (h.purchases, h.spend) IS DISTINCT FROM (excluded.purchases, excluded.spend);
    GET DIAGNOSTICS habits = ROW_COUNT;
END $$;

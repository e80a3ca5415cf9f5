-- The ledger's arithmetic: one function a deed, the same for one row and for 100,000.
-- Every function first locks the accounts it touches, in member order, so that two tills wait and never deadlock.

CREATE TYPE deed.posting AS (
    member bigint, store bigint, kind text, points bigint, source text, reference text, reason text,
    purchase bigint, staff bigint, business_date date, available_on date, expires_on date
);
-- outcome: posted | known (same key, same content) | conflict (same key, other content) | short | unknown_member
CREATE TYPE deed.outcome AS (posting integer, outcome text, entry bigint, points bigint, balance_after bigint);

-- The last business date that was closed: its last job, the check, is done.
CREATE FUNCTION deed.last_closed() RETURNS date LANGUAGE sql STABLE AS $$
    SELECT max(business_date) FROM job_run WHERE job = 'check' AND state = 'done'
$$;

-- The last day on which points earned on a day are good; null = for ever (design 4.2). PostgreSQL clamps a month's end.
CREATE FUNCTION deed.last_good_day(earned_on date, policy points_policy) RETURNS date LANGUAGE sql STABLE AS $$
    SELECT CASE policy.round_expiry
        WHEN 'month' THEN (date_trunc('month', bare) + interval '1 month - 1 day')::date
        WHEN 'quarter' THEN (date_trunc('quarter', bare) + interval '3 months - 1 day')::date
        WHEN 'year' THEN (date_trunc('year', bare) + interval '1 year - 1 day')::date
        ELSE bare END
    FROM (SELECT CASE WHEN policy.valid_days IS NOT NULL THEN earned_on + policy.valid_days
                      ELSE (earned_on + make_interval(months => policy.valid_months))::date END AS bare) AS plain
$$;

-- Writes down which lots paid what their members owed: the accounts know it already. The oldest debt is paid first, by
-- the lots in the order of spending (design 4.4). `day` is when; null: each lot's own night, the one before it was available.
CREATE FUNCTION deed.debts_allocate(members bigint[], day date) RETURNS void LANGUAGE sql AS $$
    WITH owing AS MATERIALIZED (
        SELECT e.member, e.id AS entry, e.business_date, -e.points - coalesce(x.points, 0) AS points FROM points_entry e
        CROSS JOIN LATERAL (SELECT sum(y.points) AS points FROM points_allocation y WHERE y.entry = e.id) x
        WHERE e.member = ANY (members) AND e.kind = 'refund' AND -e.points > coalesce(x.points, 0)
    ), payable AS (
        SELECT o.member, sum(o.points) - min(a.debt) AS points FROM owing o JOIN points_account a ON a.member = o.member GROUP BY o.member
    ), due AS (
        SELECT o.*, sum(o.points) OVER (PARTITION BY o.member ORDER BY o.entry) AS upto FROM owing o
    ), ready AS (
        SELECT l.member, l.id, l.available_on, l.remaining, sum(l.remaining) OVER w AS upto
        FROM payable p JOIN points_lot l ON l.member = p.member AND l.remaining > 0 AND l.matured
        WINDOW w AS (PARTITION BY l.member ORDER BY l.expires_on NULLS LAST, l.available_on, l.id)
    ), paid AS MATERIALIZED (
        SELECT d.entry, l.id AS lot, coalesce(day, greatest(d.business_date, l.available_on - 1)) AS paid_on,
            (least(d.upto, l.upto, p.points) - greatest(d.upto - d.points, l.upto - l.remaining))::bigint AS points
        FROM payable p JOIN due d ON d.member = p.member JOIN ready l ON l.member = p.member
        WHERE least(d.upto, l.upto, p.points) > greatest(d.upto - d.points, l.upto - l.remaining)
        ORDER BY d.entry, l.upto
    ), allocation AS (
        INSERT INTO points_allocation (entry, lot, points, paid_on) SELECT entry, lot, points, paid_on FROM paid
    )
    UPDATE points_lot l SET remaining = l.remaining - s.points
    FROM (SELECT lot, sum(points) AS points FROM paid GROUP BY lot) s WHERE l.id = s.lot
$$;

-- Lots whose hold has ended become spendable, and pay what is owed. Returns how many lots matured.
CREATE FUNCTION deed.points_mature(members bigint[], through date) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    changed bigint;
    owing bigint[];
BEGIN
    PERFORM 1 FROM points_account WHERE member = ANY (members) ORDER BY member FOR UPDATE;
    SELECT array_agg(member) FROM points_account WHERE member = ANY (members) AND debt > 0 INTO owing;
    WITH lot AS (
        UPDATE points_lot SET matured = true
        WHERE member = ANY (members) AND NOT matured AND available_on <= through
        RETURNING member, remaining
    ), account AS (
        UPDATE points_account a SET balance = balance + s.points - least(debt, s.points), debt = debt - least(debt, s.points),
            pending = pending - s.points
        FROM (SELECT member, sum(remaining) AS points FROM lot GROUP BY member) s WHERE a.member = s.member
    )
    SELECT count(*) FROM lot INTO changed;
    IF owing IS NOT NULL THEN
        PERFORM deed.debts_allocate(owing, NULL);
    END IF;
    RETURN changed;
END $$;

-- Lots whose last good day is not after `through` end, one entry per member and last good day, under the night's key.
-- A receipt that came after its night leaves a second lot for a day already used as a key: that entry names the lot,
-- and its business date is the first night still open. Returns entries and points.
CREATE FUNCTION deed.points_expire(members bigint[], through date, OUT entries bigint, OUT points bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    open_from date := deed.last_closed() + 1;
BEGIN
    PERFORM 1 FROM points_account WHERE member = ANY (members) ORDER BY member FOR UPDATE;
    WITH due AS MATERIALIZED (
        SELECT nextval('points_entry_id_seq') AS id, g.* FROM (
            SELECT l.member, l.expires_on, sum(l.remaining)::bigint AS points, min(l.id) AS first_lot,
                array_agg(l.id) AS lots, array_agg(l.remaining) AS parts,
                coalesce(sum(l.remaining) FILTER (WHERE l.matured), 0) AS ready,
                coalesce(sum(l.remaining) FILTER (WHERE NOT l.matured), 0) AS held
            -- From lapses_on on: what ended before is long emptied and need not be looked at again.
            FROM points_account a JOIN points_lot l ON l.member = a.member AND l.expires_on BETWEEN a.lapses_on AND through
            WHERE a.member = ANY (members) AND l.remaining > 0
            GROUP BY l.member, l.expires_on ORDER BY l.member, l.expires_on) g
    ), entry AS (
        INSERT INTO points_entry (id, member, store, kind, points, balance_after, source, reference, business_date)
        SELECT d.id, d.member, m.home_store, 'expire', -d.points,
            a.balance + a.pending - a.debt - sum(d.points) OVER (PARTITION BY d.member ORDER BY d.id),
            'night', 'expire:' || d.member || ':' || d.expires_on
                || CASE WHEN used.id IS NULL THEN '' ELSE ':' || d.first_lot END,
            greatest(d.expires_on, open_from)
        FROM due d JOIN points_account a ON a.member = d.member JOIN member m ON m.id = d.member
        LEFT JOIN LATERAL (SELECT o.id FROM points_entry o WHERE o.source = 'night'
            AND o.reference = 'expire:' || d.member || ':' || d.expires_on LIMIT 1) used ON true
    ), allocation AS (
        INSERT INTO points_allocation (entry, lot, points)
        SELECT d.id, l.id, l.points FROM due d CROSS JOIN LATERAL unnest(d.lots, d.parts) AS l(id, points)
    ), emptied AS (
        UPDATE points_lot p SET remaining = 0 FROM (SELECT unnest(lots) AS id FROM due) l WHERE p.id = l.id
    ), account AS (
        UPDATE points_account a SET
            balance = balance - s.ready, pending = pending - s.held,
            touched_on = greatest(touched_on, s.latest, open_from),
            lapses_on = (SELECT min(n.expires_on) FROM points_lot n
                         WHERE n.member = a.member AND n.remaining > 0 AND n.expires_on > through)
        FROM (SELECT member, sum(ready) AS ready, sum(held) AS held, max(expires_on) AS latest FROM due GROUP BY member) s
        WHERE a.member = s.member
    )
    SELECT count(*), coalesce(sum(d.points), 0) FROM due d INTO entries, points;
    -- Where everything that ended had been spent before, only the date moves on.
    UPDATE points_account a SET lapses_on = (SELECT min(n.expires_on) FROM points_lot n
        WHERE n.member = a.member AND n.remaining > 0 AND n.expires_on > through)
    WHERE a.member = ANY (members) AND a.lapses_on <= through;
END $$;

-- A call's postings are unnested through a subselect everywhere: the planner then guesses the same number of rows for each
-- call and keeps one plan, instead of planning every call anew for the array it sees (docs/decisions/0006).
-- Locks the accounts of a posting and settles what has lapsed or matured before its business date (design 4.3). Returns
-- the members that owe points.
-- The lock stands alone: a condition beside FOR UPDATE would leave unlocked what it filters out.
CREATE FUNCTION deed.points_settle(postings deed.posting[]) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    row record;
    owing bigint[];
BEGIN
    IF cardinality(postings) = 1 THEN
        -- A till's posting: mostly there is nothing to settle, and one statement tells.
        SELECT a.lapses_on < postings[1].business_date OR a.pending > 0 OR a.debt > 0 AS due FROM points_account a
            WHERE a.member = postings[1].member FOR UPDATE INTO row;
        IF row.due IS NOT TRUE THEN
            RETURN NULL;
        END IF;
    END IF;
    PERFORM 1 FROM points_account WHERE member = ANY ((SELECT array_agg(p.member) FROM unnest((SELECT postings)) p)::bigint[])
        ORDER BY member FOR UPDATE;
    FOR row IN
        SELECT p.day, array_agg(a.member) FILTER (WHERE a.lapses_on < p.day) AS lapsing,
            array_agg(a.member) FILTER (WHERE a.pending > 0) AS holding, array_agg(a.member) FILTER (WHERE a.debt > 0) AS owing
        FROM (SELECT member, max(business_date) AS day FROM unnest((SELECT postings)) GROUP BY member) p
        JOIN points_account a USING (member) WHERE a.lapses_on < p.day OR a.pending > 0 OR a.debt > 0 GROUP BY p.day
    LOOP
        owing := owing || row.owing;
        IF row.holding IS NOT NULL THEN
            PERFORM deed.points_mature(row.holding, row.day);
        END IF;
        IF row.lapsing IS NOT NULL THEN
            PERFORM deed.points_expire(row.lapsing, row.day - 1);
        END IF;
    END LOOP;
    RETURN owing;
END $$;

-- Points in: earn, import, adjust upwards. Each becomes an entry and a lot. Whoever calls it has allowed it.
CREATE FUNCTION deed.points_add(postings deed.posting[]) RETURNS SETOF deed.outcome LANGUAGE plpgsql AS $$
DECLARE
    owing bigint[] := deed.points_settle(postings);
BEGIN
    IF cardinality(postings) = 1 THEN
        RETURN NEXT deed.points_add_one(postings[1], owing);
        RETURN;
    END IF;
    RETURN QUERY
    WITH asked AS (
        SELECT p.*, e.id AS known, (e.member, e.kind, e.points) IS DISTINCT FROM (p.member, p.kind, p.points) AS differs,
            e.balance_after AS known_after, a.member AS account, a.balance + a.pending - a.debt AS before,
            row_number() OVER (PARTITION BY p.source, p.reference ORDER BY p.nr) AS turn
        FROM unnest((SELECT postings)) WITH ORDINALITY AS p(member, store, kind, points, source, reference, reason, purchase,
            staff, business_date, available_on, expires_on, nr)
        LEFT JOIN LATERAL (SELECT o.* FROM points_entry o
            WHERE o.source = p.source AND o.reference = p.reference LIMIT 1) e ON true
        LEFT JOIN points_account a ON a.member = p.member
        ORDER BY p.nr
    ), judged AS MATERIALIZED (
        SELECT CASE WHEN known IS NULL AND account IS NOT NULL AND turn = 1 THEN nextval('points_entry_id_seq') END AS id, q.*
        FROM asked q
    ), fresh AS MATERIALIZED (
        SELECT j.*, before + sum(points) OVER (PARTITION BY member ORDER BY id) AS after FROM judged j WHERE id IS NOT NULL
    ), entry AS (
        INSERT INTO points_entry (id, member, store, kind, points, balance_after, source, reference, reason, purchase,
                                  staff, business_date)
        SELECT f.id, f.member, f.store, f.kind, f.points, f.after, f.source, f.reference, f.reason, f.purchase, f.staff,
            f.business_date FROM fresh f
    ), lot AS (
        INSERT INTO points_lot (entry, member, store, points, remaining, available_on, expires_on, matured)
        SELECT f.id, f.member, f.store, f.points, f.points, f.available_on, f.expires_on, f.available_on <= f.business_date
        FROM fresh f
    ), account AS (
        UPDATE points_account a SET balance = balance + s.ready - least(debt, s.ready), debt = debt - least(debt, s.ready),
            pending = pending + s.held,
            earned_total = earned_total + s.earned, lapses_on = least(lapses_on, s.soonest),
            touched_on = greatest(touched_on, s.day)
        FROM (SELECT f.member, coalesce(sum(f.points) FILTER (WHERE f.available_on <= f.business_date), 0) AS ready,
                coalesce(sum(f.points) FILTER (WHERE f.available_on > f.business_date), 0) AS held,
                coalesce(sum(f.points) FILTER (WHERE f.kind = 'earn'), 0) AS earned,
                min(f.expires_on) AS soonest, max(f.business_date) AS day
              FROM fresh f GROUP BY f.member) s
        WHERE a.member = s.member
    )
    SELECT f.nr::integer, 'posted', f.id, f.points, f.after::bigint FROM fresh f
    UNION ALL
    SELECT q.nr::integer, CASE WHEN q.known IS NULL AND q.account IS NULL THEN 'unknown_member'
                               WHEN q.known IS NULL OR NOT q.differs THEN 'known' ELSE 'conflict' END,
        q.known, q.points, q.known_after
    FROM judged q WHERE q.id IS NULL;
    IF owing IS NOT NULL THEN
        PERFORM deed.debts_allocate(owing, (SELECT max(business_date) FROM unnest((SELECT postings))));
    END IF;
END $$;

-- Points out: redeem, adjust downwards; `points` is negative. At most one debit a member in one call. Lots go soonest
-- to expire first, never-expiring last, then oldest. A short balance writes nothing for that posting. `gift` is the
-- reward that all of them claim, `worth` its value in yuan. Whoever calls it has allowed it, and settled the members.
CREATE FUNCTION deed.points_take(postings deed.posting[], gift bigint, worth numeric) RETURNS SETOF deed.outcome LANGUAGE plpgsql AS $$
BEGIN
    IF cardinality(postings) = 1 THEN
        RETURN NEXT deed.points_take_one(postings[1], gift, worth);
        RETURN;
    END IF;
    RETURN QUERY
    WITH asked AS MATERIALIZED (
        SELECT p.*, e.id AS known, e.balance_after AS known_after,
            (e.member, e.kind, e.points, e.reward) IS DISTINCT FROM (p.member, p.kind, p.points, gift) AS differs,
            a.balance, a.balance + a.pending - a.debt AS before
        FROM unnest((SELECT postings)) WITH ORDINALITY AS p(member, store, kind, points, source, reference, reason, purchase,
            staff, business_date, available_on, expires_on, nr)
        LEFT JOIN LATERAL (SELECT o.* FROM points_entry o
            WHERE o.source = p.source AND o.reference = p.reference LIMIT 1) e ON true
        LEFT JOIN points_account a ON a.member = p.member
    ), fresh AS MATERIALIZED (
        SELECT nextval('points_entry_id_seq') AS id, o.* FROM (
            SELECT * FROM asked WHERE known IS NULL AND balance + points >= 0 ORDER BY nr) o
    ), taken AS MATERIALIZED (
        SELECT f.id AS entry, l.id AS lot, least(l.remaining, -f.points - l.earlier)::bigint AS points
        FROM fresh f CROSS JOIN LATERAL (
            SELECT n.id, n.remaining, sum(n.remaining) OVER w - n.remaining AS earlier FROM (
                SELECT * FROM points_lot WHERE member = f.member AND expires_on >= f.business_date
                UNION ALL SELECT * FROM points_lot WHERE member = f.member AND expires_on IS NULL) n
            WHERE n.remaining > 0 AND n.matured
            WINDOW w AS (ORDER BY n.expires_on NULLS LAST, n.available_on, n.id)) l
        WHERE l.earlier < -f.points
    ), entry AS (
        INSERT INTO points_entry (id, member, store, kind, points, balance_after, source, reference, reason, purchase,
                                  reward, value, staff, business_date)
        SELECT f.id, f.member, f.store, f.kind, f.points, f.before + f.points, f.source, f.reference, f.reason,
            f.purchase, gift, worth, f.staff, f.business_date FROM fresh f
    ), allocation AS (
        INSERT INTO points_allocation (entry, lot, points) SELECT t.entry, t.lot, t.points FROM taken t
    ), lot AS (
        UPDATE points_lot l SET remaining = l.remaining - t.points FROM taken t WHERE l.id = t.lot
    ), account AS (
        UPDATE points_account a SET balance = a.balance + f.points, touched_on = greatest(a.touched_on, f.business_date)
        FROM fresh f WHERE a.member = f.member
    )
    SELECT f.nr::integer, 'posted', f.id, f.points, f.before + f.points FROM fresh f
    UNION ALL
    SELECT q.nr::integer, CASE WHEN q.known IS NOT NULL AND q.differs THEN 'conflict' WHEN q.known IS NOT NULL THEN 'known'
                               WHEN q.balance IS NULL THEN 'unknown_member' ELSE 'short' END,
        q.known, q.points, q.known_after
    FROM asked q WHERE q.known IS NOT NULL OR q.balance IS NULL OR q.balance + q.points < 0;
END $$;

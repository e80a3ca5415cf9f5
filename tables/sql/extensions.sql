-- A longer life for points: lots that would end within some days are good until a later one. Every extension is kept, with
-- what each lot had left and when it would have ended.

-- outcome: posted | known (same form, same content) | conflict (same form, other content)
CREATE TYPE deed.extended AS (outcome text, extension bigint, members bigint, lots bigint, points bigint);

-- Of `members` (null: of all), the lots that end from `first_on` to `last_on` and before `good_until`: those that have ended
-- already stay ended, and no lot ends sooner than it would have. `content` is the caller's digest of what was asked for.
CREATE FUNCTION deed.points_extend(form text, content text, members bigint[], first_on date, last_on date, good_until date, reason text,
                                   day date, clerk bigint)
RETURNS deed.extended LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
-- A plan for these members: one for any would look each of a million lots up in a list.
SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_variable
DECLARE
    known points_extension;
    since date := greatest(first_on, day);
    through date := least(last_on, good_until - 1);
    holders bigint[];
    said deed.extended;
BEGIN
    IF current_setting('role') NOT IN ('regulars_hq_admin', 'regulars_job') THEN
        RAISE insufficient_privilege USING MESSAGE = 'only headquarters extends points', DETAIL = 'not_allowed';
    END IF;
    -- Two clicks at once: the second waits here, and then finds what the first has written.
    PERFORM pg_advisory_xact_lock(hashtextextended('extension ' || form, 0));
    SELECT x.* FROM points_extension x WHERE x.form = form INTO known;
    IF known.id IS NOT NULL THEN
        RETURN (CASE WHEN known.content = content THEN 'known' ELSE 'conflict' END, known.id, known.members, known.lots, known.points);
    END IF;
    SELECT array_agg(DISTINCT l.member) FROM points_lot l
        WHERE l.expires_on BETWEEN since AND through AND l.remaining > 0 AND (members IS NULL OR l.member = ANY (members)) INTO holders;
    PERFORM 1 FROM points_account a WHERE a.member = ANY (holders) ORDER BY a.member FOR UPDATE;
    -- The accounts stay as they are: `lapses_on` is never later than a lot's end, and the night moves it on.
    WITH lot AS (
        UPDATE points_lot l SET expires_on = good_until
        WHERE l.member = ANY (holders) AND l.expires_on BETWEEN since AND through AND l.remaining > 0
        RETURNING l.id, l.member, l.remaining, old.expires_on AS expired_on
    ), extension AS (
        INSERT INTO points_extension (form, content, first_on, last_on, good_until, reason, members, lots, points, staff, business_date)
        SELECT form, content, first_on, last_on, good_until, reason, count(DISTINCT lot.member), count(*), coalesce(sum(lot.remaining), 0),
            clerk, day FROM lot
        RETURNING *
    ), item AS (
        INSERT INTO points_extension_lot (extension, lot, points, expired_on)
        SELECT e.id, lot.id, lot.remaining, lot.expired_on FROM extension e CROSS JOIN lot ORDER BY lot.id
    )
    SELECT 'posted', e.id, e.members, e.lots, e.points FROM extension e INTO said;
    RETURN said;
END $$;

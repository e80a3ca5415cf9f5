-- What was done that changes nothing (log-in, export, ...), and the whole stream as head office reads it.

-- Says that the caller did `said` to a row. At the log-in desk nobody is known yet: who logs in is the row itself.
CREATE FUNCTION deed.noted(said text, about text, row_no bigint, details jsonb) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    caller text := current_setting('role');
BEGIN
    IF said !~ '^[a-z][a-z_]{2,19}$' OR said IN ('insert', 'update', 'delete') THEN
        RAISE check_violation USING MESSAGE = 'what changes rows is noted by the trigger alone';
    END IF;
    INSERT INTO audit_log (staff, role, store, action, table_name, row_id, after, address)
    VALUES (CASE WHEN caller <> 'regulars_door' THEN deed.staff() WHEN said = 'login' THEN row_no END,
            CASE WHEN caller = 'regulars_door' AND said = 'login' THEN 'regulars_' || (SELECT s.role FROM staff s WHERE s.id = row_no) ELSE caller END,
            CASE WHEN cardinality(deed.stores()) = 1 THEN (deed.stores())[1] END, said, about, row_no, details,
            nullif(current_setting('app.address', true), ''));
END $$;

-- An attempt to log in. Who typed a name that nobody has is not noted: it may be a password.
CREATE FUNCTION deed.log_in_noted(typed text, good boolean) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM deed.noted(CASE WHEN good THEN 'login' ELSE 'login_failed' END, 'staff', s.id, '{}') FROM staff s WHERE s.username = typed;
END $$;

-- What the caller took away as files since an instant, newest first; `later`: rows of the newer ones.
CREATE FUNCTION deed.taken_since(since timestamptz) RETURNS TABLE (at timestamptz, rows bigint, later bigint) LANGUAGE sql STABLE AS $$
    SELECT t.at, t.rows, (sum(t.rows) OVER (ORDER BY t.at DESC, t.id DESC) - t.rows)::bigint FROM (
        SELECT l.id, l.at, (l.after ->> 'rows')::bigint AS rows FROM audit_log l
        WHERE l.staff = deed.staff() AND l.at > since AND l.action IN ('export', 'export_large')) t
$$;

-- Rows that leave as a file, while the caller has taken no more than the chain allows within 24 hours (null: any number).
-- `export_large` once they took more than `alarm` within the hour, in however many files; an empty one is no alarm. outcome: taken | too_many, with
-- `most` allowed, how many `remaining` now, and when so many may be taken (null: never as one file).
CREATE FUNCTION deed.exported(what text, file text, told bigint, alarm bigint, OUT outcome text, OUT most bigint, OUT remaining bigint,
    OUT again_at timestamptz) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    taken bigint;
BEGIN
    -- Of two files at once the second counts the first.
    PERFORM pg_advisory_xact_lock(hashtextextended('exported', coalesce(deed.staff(), 0)));
    SELECT CASE WHEN NOT deed.in_shops() THEN c.hq_export_rows_a_day WHEN c.id IS NULL THEN 20000 ELSE c.export_rows_a_day END
    FROM (VALUES (1)) one LEFT JOIN chain c ON true LIMIT 1 INTO most;
    -- greatest() would make nothing of null.
    remaining := most - (SELECT coalesce(sum(t.rows), 0) FROM deed.taken_since(now() - interval '24 hours') t);
    remaining := CASE WHEN remaining < 0 THEN 0 ELSE remaining END;
    outcome := CASE WHEN told > remaining THEN 'too_many' ELSE 'taken' END;
    IF outcome = 'too_many' THEN
        SELECT min(t.at) + interval '24 hours' FROM deed.taken_since(now() - interval '24 hours') t WHERE t.later + told <= most INTO again_at;
        RETURN;
    END IF;
    taken := told + (SELECT coalesce(sum(t.rows), 0) FROM deed.taken_since(now() - interval '1 hour') t);
    PERFORM deed.noted(CASE WHEN told > 0 AND taken > alarm THEN 'export_large' ELSE 'export' END, what, NULL,
        jsonb_build_object('file', file, 'rows', told, 'within_hour', taken));
END $$;

-- Of a row's history, what the caller may read of the table itself. A staff file is its owner's and the administrator's.
CREATE FUNCTION deed.readable_part(about text, told jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN told IS NULL OR current_setting('role') IN ('regulars_hq_admin', 'regulars_owner') THEN told
        WHEN about <> 'staff' THEN (SELECT jsonb_object_agg(t.key, t.value) FROM jsonb_each(told) t
            JOIN pg_attribute a ON a.attrelid = to_regclass('public.' || quote_ident(about)) AND a.attname = t.key AND a.attnum > 0
            WHERE has_column_privilege(current_setting('role'), a.attrelid, a.attnum, 'SELECT')) END
$$;

-- The stream from the newest on, look-ups among it: a page of it below (before_at, before_key), where the key of a row tells
-- the two kinds apart. What is null is not asked for.
CREATE FUNCTION deed.audit_page(of_member bigint, of_staff text, of_table text, of_action text, since timestamptz, until timestamptz,
    before_at timestamptz, before_key bigint, most integer)
RETURNS TABLE (key bigint, at timestamptz, staff bigint, username text, role text, store text, action text, table_name text,
    row_id bigint, member bigint, before jsonb, after jsonb, address text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    person bigint := (SELECT s.id FROM staff s WHERE s.username = of_staff);
    first_at timestamptz := coalesce(since, '-infinity');
    end_at timestamptz := coalesce(until, 'infinity');
    last_at timestamptz := coalesce(before_at, 'infinity');
    last_key bigint := coalesce(before_key, 9223372036854775806);
BEGIN
    IF current_setting('role') NOT IN ('regulars_hq_admin', 'regulars_hq_viewer', 'regulars_owner') THEN
        RAISE insufficient_privilege USING MESSAGE = 'the audit log is read by head office';
    END IF;
    RETURN QUERY SELECT e.key, e.at, e.staff, s.username::text, coalesce(e.role, 'regulars_' || s.role, 'none'),
        o.name::text, e.action, e.table_name, e.row_id, e.member,
        CASE WHEN e.action IN ('insert', 'update', 'delete') THEN deed.readable_part(e.table_name, e.before) END,
        CASE WHEN e.action IN ('insert', 'update', 'delete') THEN deed.readable_part(e.table_name, e.after)
            -- What people typed may hold a number.
            WHEN current_setting('role') = 'regulars_hq_viewer' THEN e.after - 'reason' ELSE e.after END, e.address
    FROM ((SELECT l.id * 2 + 1 AS key, l.at, l.staff, l.role::text, l.store, l.action::text, l.table_name::text, l.row_id, l.member,
                l.before, l.after, l.address::text
            FROM audit_log l
            WHERE (of_member IS NULL OR l.member = of_member) AND (of_staff IS NULL OR l.staff = person)
                AND (of_table IS NULL OR l.table_name = of_table) AND (of_action IS NULL OR l.action = of_action)
                AND l.at >= first_at AND l.at < end_at AND (l.at, l.id) < (last_at, last_key / 2)
            ORDER BY l.at DESC, l.id DESC LIMIT most)
        UNION ALL (SELECT k.id * 2, k.at, k.staff, CASE WHEN k.api_key IS NOT NULL THEN 'regulars_till' END, NULL, 'lookup', 'member', k.member, k.member,
                NULL, jsonb_build_object('weight', k.weight), NULL
            FROM member_lookup k
            WHERE (of_member IS NULL OR k.member = of_member) AND (of_staff IS NULL OR k.staff = person)
                AND (of_table IS NULL OR of_table = 'member') AND (of_action IS NULL OR of_action = 'lookup')
                AND k.at >= first_at AND k.at < end_at AND (k.at, k.id) < (last_at, (last_key + 1) / 2)
            ORDER BY k.at DESC, k.id DESC LIMIT most)) e
    LEFT JOIN staff s ON s.id = e.staff LEFT JOIN store o ON o.id = e.store
    ORDER BY e.at DESC, e.key DESC LIMIT most;
END $$;

-- How often people took very much since an instant.
CREATE FUNCTION deed.large_exports(since timestamptz) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
    SELECT count(*) FROM audit_log l WHERE l.action = 'export_large' AND l.at > since
$$;

-- Whom a line is about, so that a member's story is found at once.
CREATE FUNCTION deed.audit_member() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.member := coalesce(NEW.member, CASE WHEN NEW.table_name = 'member' THEN NEW.row_id ELSE (coalesce(NEW.after, NEW.before) ->> 'member')::bigint END);
    RETURN NEW;
END $$;
CREATE TRIGGER of_member BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION deed.audit_member();

-- The full number of a member whom the caller sees with a masked one. outcome: shown | unknown | no_phone | too_many
CREATE FUNCTION deed.phone_reveal(who bigint, why text, asked_at timestamptz, OUT outcome text, OUT phone text) LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    found member;
BEGIN
    IF current_setting('role') NOT IN ('regulars_hq_viewer', 'regulars_cashier') OR deed.staff() IS NULL THEN
        RAISE insufficient_privilege USING MESSAGE = 'this role is shown no full number';
    END IF;
    -- Of two at once the second counts the first.
    PERFORM pg_advisory_xact_lock(hashtextextended('phone_reveal', deed.staff()));
    SELECT m.* FROM member m WHERE m.id = who
        AND (current_setting('role') = 'regulars_hq_viewer' OR m.home_store = ANY (deed.stores())) INTO found;
    outcome := CASE WHEN found.id IS NULL THEN 'unknown' WHEN found.phone IS NULL THEN 'no_phone'
        WHEN (SELECT count(*) FILTER (WHERE l.at > asked_at - interval '1 hour') >= 20 OR count(*) >= 60 FROM audit_log l
              WHERE l.staff = deed.staff() AND l.action = 'reveal' AND l.at > asked_at - interval '24 hours') THEN 'too_many' ELSE 'shown' END;
    IF outcome = 'shown' THEN
        phone := found.phone;
        PERFORM deed.noted('reveal', 'member', who, jsonb_build_object('reason', why));
    END IF;
END $$;

-- What the law on personal data asks of the books (docs/security.md): a member is shown all that is held about them, or
-- forgotten. The ledger, receipts and totals stay, of somebody whom nobody knows any more.

-- Whether the function that is running may touch history: deeds of this file alone set this, and nobody but a deed is
-- `regulars_deed`, so that a caller who sets it too gains nothing.
CREATE FUNCTION deed.forgets(yes boolean) RETURNS void LANGUAGE sql AS $$
    SELECT set_config('app.forgets', CASE WHEN yes THEN 'yes' ELSE '' END, true)
$$;

-- A text that people typed, unless it has one of the names or numbers in it, however spaced or wide they were typed.
CREATE FUNCTION deed.nameless(words text, called text[], numbers text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN EXISTS (SELECT FROM unnest(called) n WHERE n <> '' AND position(lower(regexp_replace(n, '\s', '', 'g')) IN
                lower(regexp_replace(words, '\s', '', 'g'))) > 0)
        OR EXISTS (SELECT FROM unnest(numbers) d WHERE d <> '' AND position(d IN
                regexp_replace(translate(words, '０１２３４５６７８９', '0123456789'), '[^0-9]', '', 'g')) > 0) THEN '' ELSE words END
$$;

-- The whole of a person, or nothing of them, is headquarters' business; not even a job's.
CREATE FUNCTION deed.privacy_allow() RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF current_setting('role') NOT IN ('regulars_hq_admin', 'regulars_owner') THEN
        RAISE insufficient_privilege USING MESSAGE = 'this is for headquarters alone', DETAIL = 'not_allowed';
    END IF;
END $$;

-- A line of the audit for a deed that leaves no other trace.
CREATE FUNCTION deed.privacy_noted(what text, who bigint, details jsonb) RETURNS void LANGUAGE sql AS $$
    INSERT INTO audit_log (staff, role, store, action, table_name, row_id, after, address)
    SELECT deed.staff(), current_setting('role'), m.home_store, what, 'member', m.id, details, nullif(current_setting('app.address', true), '')
    FROM member m WHERE m.id = who
$$;

-- A number as people write it, without its country.
CREATE FUNCTION deed.digits_of(number text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN number LIKE '+86%' THEN substr(number, 4) ELSE substr(number, 2) END
$$;

-- The numbers, without their country, that a member has and had as far as messages and the audit know.
CREATE FUNCTION deed.digits_known(who bigint, number text) RETURNS text[] LANGUAGE sql STABLE AS $$
    SELECT ARRAY(SELECT deed.digits_of(n.number) FROM (SELECT number UNION SELECT s.phone FROM send_log s WHERE s.member = who
        UNION SELECT unnest(ARRAY[a.before ->> 'phone', a.after ->> 'phone']) FROM audit_log a WHERE a.member = who AND a.table_name = 'member') n
        WHERE n.number <> '')
$$;

-- The names that they have and had.
CREATE FUNCTION deed.names_known(who bigint, called text) RETURNS text[] LANGUAGE sql STABLE AS $$
    SELECT ARRAY(SELECT n.name FROM (SELECT called UNION
        SELECT unnest(ARRAY[a.before ->> 'name', a.after ->> 'name']) FROM audit_log a WHERE a.member = who AND a.table_name = 'member') n(name)
        WHERE n.name <> '')
$$;

-- Everything that was said to and by a member, and to and by a number (null: none). Done again it finds nothing.
CREATE FUNCTION deed.said_forget(who bigint, number text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    digits text := deed.digits_of(number);
    -- Earlier numbers of theirs too: of what gateways told nobody but the message knows whose it was.
    theirs text[] := deed.digits_known(who, number);
BEGIN
    IF cardinality(theirs) > 0 THEN
        UPDATE report_inbox r SET body = '' WHERE EXISTS (SELECT FROM unnest(theirs) t WHERE position(t IN r.body) > 0);
    END IF;
    UPDATE send_log s SET phone = NULL, text = CASE WHEN s.member = who OR s.member IS NULL THEN NULL ELSE deed.nameless(s.text, '{}', ARRAY[digits]) END
    WHERE s.member = who AND (s.phone IS NOT NULL OR s.text IS NOT NULL) OR s.phone = number;
    UPDATE notice n SET payload = '{}' WHERE n.member = who AND n.payload <> '{}';
    UPDATE reply r SET phone = '', text = '', note = '', gateway_reply_id = 'erased:' || r.id, state = 'done', done_at = coalesce(r.done_at, r.at)
    WHERE (r.member = who OR r.phone = number) AND r.gateway_reply_id <> 'erased:' || r.id;
    UPDATE complaint c SET phone = NULL, note = '' WHERE (c.member = who OR c.phone = number) AND (c.phone IS NOT NULL OR c.note <> '');
    DELETE FROM click c USING short_link l WHERE l.id = c.link AND l.member = who;
    UPDATE short_link l SET url = NULL, expires_at = least(l.expires_at, l.created_at) WHERE l.member = who;
    UPDATE redemption_code c SET phone = NULL, address = NULL, attempts = 5
    WHERE c.member = who AND (c.phone IS NOT NULL OR c.address IS NOT NULL) OR c.phone = number;
END $$;

-- What staff wrote about a member, and what else is known of them beyond their purchases.
CREATE FUNCTION deed.notes_forget(who bigint, called text[], digits text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM member_tag WHERE member = who;
    DELETE FROM member_interest WHERE member = who;
    UPDATE member_lookup SET member = NULL WHERE member = who;
    UPDATE tier_grant SET reason = '' WHERE member = who AND reason NOT IN ('', 'import');
    UPDATE points_entry SET reason = '' WHERE member = who AND reason <> '';
    UPDATE points_extension x SET reason = deed.nameless(x.reason, called, digits) WHERE x.id IN (
        SELECT e.extension FROM points_lot l JOIN points_extension_lot e ON e.lot = l.id WHERE l.member = who);
    UPDATE consent c SET source = deed.nameless(c.source, called, digits), text_version = deed.nameless(c.text_version, called, digits)
    WHERE c.member = who;
    -- Last, because the changes above have just left their own lines.
    UPDATE audit_log a SET before = NULL, after = NULL WHERE (a.before IS NOT NULL OR a.after IS NOT NULL) AND a.action <> 'erase'
        AND a.member = who;
END $$;

-- Forgets a member. `digest`: the number's, kept when the member's newest word on marketing was a no. What waits for them
-- does not leave. outcome: erased | known (was erased before: nothing is changed) | unknown
CREATE FUNCTION deed.member_erase(who bigint, digest text, at timestamptz, OUT outcome text, OUT cancelled bigint, OUT still_no boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    found member;
    refused timestamptz;
    called text[];
    numbers text[];
BEGIN
    PERFORM deed.privacy_allow();
    SELECT m.* FROM member m WHERE m.id = who FOR UPDATE INTO found;
    outcome := CASE WHEN found.id IS NULL THEN 'unknown' WHEN found.erased_at IS NOT NULL THEN 'known' ELSE 'erased' END;
    cancelled := 0;
    IF outcome <> 'erased' THEN
        RETURN;
    END IF;
    SELECT CASE WHEN NOT c.granted THEN c.at END FROM consent c WHERE c.member = who AND c.purpose = 'marketing_sms'
    ORDER BY c.at DESC, c.id DESC LIMIT 1 INTO refused;
    still_no := refused IS NOT NULL AND found.phone IS NOT NULL;
    IF still_no THEN
        INSERT INTO suppression AS s (phone_hmac, since, source) VALUES (digest, refused, 'erased')
        ON CONFLICT (phone_hmac) DO UPDATE SET since = greatest(s.since, EXCLUDED.since);
    END IF;
    -- Of all files of theirs: those that were merged into this one go with it.
    called := ARRAY(SELECT unnest(deed.names_known(m.id, m.name)) FROM member m WHERE m.id = who OR m.merged_into = who);
    numbers := ARRAY(SELECT unnest(deed.digits_known(m.id, m.phone)) FROM member m WHERE m.id = who OR m.merged_into = who);
    PERFORM deed.forgets(true);
    UPDATE member m SET phone = NULL, name = '', title = '', birthday = NULL, latitude = NULL, longitude = NULL, preferences = '{}',
        phone_status = 'unknown', erased_at = member_erase.at WHERE m.id = who;
    cancelled := deed.sends_end(ARRAY(SELECT s.id FROM send_log s WHERE s.member = who AND s.state = 'queued'), 'skipped', 'erased');
    UPDATE notice n SET state = 'skipped', reason = 'erased' WHERE n.member = who AND n.state = 'due';
    PERFORM deed.erasures_forget(who, member_erase.at);
    PERFORM deed.said_forget(who, found.phone);
    PERFORM deed.notes_forget(who, called, numbers);
    PERFORM deed.files_forget(who, called, numbers, member_erase.at);
    PERFORM deed.forgets(false);
    PERFORM deed.privacy_noted('erase', who, NULL);
END $$;

-- Whoever was shown all that is held about a member leaves a line in the audit. False: there is no such member.
CREATE FUNCTION deed.member_exported(who bigint) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM deed.privacy_allow();
    PERFORM deed.privacy_noted('export', who, '{"rows": 1}');
    RETURN EXISTS (SELECT FROM member m WHERE m.id = who);
END $$;

-- What the planner remembers of a column are samples of what stood in it: of tables about people they are taken anew. An empty
-- table gives none, so that the old ones go first.
CREATE FUNCTION deed.samples_forget() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    place name;
BEGIN
    FOR place IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
        AND has_table_privilege('regulars_deed', c.oid, 'MAINTAIN') ORDER BY c.relname LOOP
        PERFORM pg_clear_attribute_stats('public', place, a.attname, false) FROM pg_attribute a
        WHERE a.attrelid = format('public.%I', place)::regclass AND a.attnum > 0 AND NOT a.attisdropped;
        EXECUTE format('ANALYZE public.%I', place);
    END LOOP;
END $$;

-- Old texts, replies, clicks, look-ups and what notices said go when their days are over (table `retention`): at most `most` of
-- each, oldest first, from where the last night stopped. What a night found on its way to somebody who was being erased goes
-- too. Returns how many rows it changed.
CREATE FUNCTION deed.retention_sweep(at timestamptz, most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    rule record;
    upto bigint;
    changed bigint;
    total bigint := 0;
BEGIN
    PERFORM deed.allow(NULL);
    PERFORM deed.forgets(true);
    FOR rule IN SELECT r.id, r.kind, r.done_id, w.* FROM retention r JOIN (VALUES
        ('message', 'send_log', 'created_at', 'UPDATE send_log SET text = NULL, phone = NULL WHERE'),
        ('notice', 'notice', 'send_before', 'UPDATE notice SET payload = ''{}'' WHERE'),
        ('reply', 'reply', 'at', 'UPDATE reply SET phone = '''', text = '''', note = '''' WHERE'),
        ('click', 'click', 'at', 'DELETE FROM click WHERE'), ('lookup', 'member_lookup', 'at', 'DELETE FROM member_lookup WHERE'))
        w(kind, place, moment, change) ON w.kind = r.kind ORDER BY r.id FOR UPDATE OF r LOOP
        EXECUTE format('SELECT coalesce(min(o.id) FILTER (WHERE NOT o.old) - 1, max(o.id)) FROM ('
            'SELECT t.id, t.%I < $1 - make_interval(days => r.days) AS old FROM retention r CROSS JOIN LATERAL ('
            'SELECT * FROM %I x WHERE x.id > $2 ORDER BY x.id LIMIT $3) t WHERE r.id = $4) o', rule.moment, rule.place)
        USING retention_sweep.at, rule.done_id, most, rule.id INTO upto;
        IF upto > rule.done_id THEN
            EXECUTE rule.change || ' id > $1 AND id <= $2' USING rule.done_id, upto;
            GET DIAGNOSTICS changed = ROW_COUNT;
            total := total + changed;
            UPDATE retention SET done_id = upto WHERE id = rule.id;
        END IF;
    END LOOP;
    UPDATE redemption_code c SET phone = NULL, attempts = 5 WHERE c.phone IS NOT NULL AND c.expires_at < retention_sweep.at - interval '1 day';
    PERFORM deed.said_forget(m.id, NULL) FROM member m WHERE m.erased_at > retention_sweep.at - interval '3 days'
        AND (m.merged_into IS NULL OR EXISTS (SELECT FROM member k WHERE k.id = m.merged_into AND k.erased_at IS NOT NULL));
    IF FOUND THEN
        PERFORM deed.samples_forget();
    END IF;
    PERFORM deed.forgets(false);
    RETURN total;
END $$;

-- Two files of one person become one (docs/security.md): one is kept with its number, and what the other one holds is its own from
-- now on. The ledger is never rewritten: points leave the one file by an entry and come to the other by one entry a lot, of
-- the same store and the same days. Receipts move. Answers, entries and what was said stay where they were written.

-- What waits to be said: a reminder of points that end follows them, everything else that was meant for the other file's number
-- does not leave. Returns how many messages ended.
CREATE FUNCTION deed.merge_messages(kept bigint, gone bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    waiting bigint[] := ARRAY(SELECT s.id FROM send_log s WHERE s.member = gone AND s.state = 'queued' ORDER BY s.id FOR NO KEY UPDATE);
BEGIN
    UPDATE notice n SET member = kept WHERE n.member = gone AND n.kind = 'points_expiring'
        AND (n.state = 'due' OR n.state = 'queued' AND n.send_log IN (SELECT s.id FROM send_log s WHERE s.id = ANY (waiting) AND s.gateway IS NULL))
        AND NOT EXISTS (SELECT FROM notice o WHERE o.member = kept AND o.kind = n.kind AND o.reference = n.reference);
    UPDATE send_log s SET member = kept WHERE s.id = ANY (waiting) AND s.gateway IS NULL AND s.message_class = 'notice'
        AND EXISTS (SELECT FROM notice n WHERE n.send_log = s.id AND n.member = kept);
    -- Of what else stands in a message that follows them; the notices of the others end with their messages.
    UPDATE notice n SET state = 'skipped', reason = 'merged' WHERE n.member = gone AND (n.state = 'due'
        OR n.state = 'queued' AND n.send_log IN (SELECT s.id FROM send_log s WHERE s.id = ANY (waiting) AND s.member = kept));
    UPDATE redemption_code c SET phone = NULL, attempts = 5 WHERE c.member = gone AND c.entry IS NULL;
    RETURN deed.sends_end(ARRAY(SELECT s.id FROM send_log s WHERE s.id = ANY (waiting) AND s.member = gone), 'skipped', 'merged');
END $$;

-- What a file still owes is paid in it by as many points of the store that sold, and owed by the other file: a line of a refund
-- as before, so that later lots pay it and stores settle it as they would have.
CREATE FUNCTION deed.merge_debts(kept bigint, gone bigint, day date, clerk bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    owed record;
    payment bigint;
    paying bigint;
BEGIN
    FOR owed IN
        SELECT e.id, e.store, e.purchase, s.store AS sold_at, -e.points - coalesce(x.points, 0) AS points FROM points_entry e
        JOIN purchase p ON p.id = e.purchase JOIN purchase s ON s.id = p.refund_of
        CROSS JOIN LATERAL (SELECT sum(y.points) AS points FROM points_allocation y WHERE y.entry = e.id) x
        WHERE e.member = gone AND e.kind = 'refund' AND -e.points > coalesce(x.points, 0) ORDER BY e.id
    LOOP
        INSERT INTO points_entry (member, store, kind, points, balance_after, source, reference, reason, staff, business_date)
        SELECT gone, owed.sold_at, 'adjust', owed.points, a.balance + a.pending - a.debt + owed.points, 'merge', 'debt:' || owed.id,
            '欠分转至会员 #' || kept, clerk, day FROM points_account a WHERE a.member = gone RETURNING id INTO payment;
        INSERT INTO points_lot (entry, member, store, points, remaining, available_on, expires_on, matured)
        VALUES (payment, gone, owed.sold_at, owed.points, 0, day, NULL, true) RETURNING id INTO paying;
        INSERT INTO points_allocation (entry, lot, points, paid_on) VALUES (owed.id, paying, owed.points, day);
        INSERT INTO points_entry (member, store, kind, points, balance_after, source, reference, reason, purchase, staff, business_date)
        SELECT kept, owed.store, 'refund', -owed.points, a.balance + a.pending - a.debt - owed.points, 'refund', 'merge:' || owed.id,
            '会员 #' || gone || ' 的欠分', owed.purchase, clerk, day FROM points_account a WHERE a.member = kept;
        UPDATE points_account a SET debt = a.debt - owed.points WHERE a.member = gone;
        -- Net of what can pay at once: the lots are told below.
        UPDATE points_account a SET balance = a.balance - least(a.balance, owed.points), debt = a.debt + owed.points - least(a.balance, owed.points)
        WHERE a.member = kept;
    END LOOP;
END $$;

-- All points of one file become the other's, lot by lot, and what either owes is paid. Both are locked and settled. Returns what
-- the other file was worth.
CREATE FUNCTION deed.merge_points(kept bigint, gone bigint, day date, clerk bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    had points_account;
    worth bigint;
BEGIN
    SELECT * FROM points_account WHERE member = gone INTO had;
    worth := had.balance + had.pending - had.debt;
    WITH moved AS MATERIALIZED (
        SELECT nextval('points_entry_id_seq') AS made, l.* FROM (
            SELECT * FROM points_lot WHERE member = gone AND remaining > 0 ORDER BY id) l
    ), debit AS (
        INSERT INTO points_entry (member, store, kind, points, balance_after, source, reference, reason, staff, business_date)
        SELECT gone, m.home_store, 'adjust', -(had.balance + had.pending), -had.debt, 'merge', 'file:' || gone, '并入会员 #' || kept, clerk, day
        FROM member m WHERE m.id = gone AND had.balance + had.pending > 0 RETURNING id
    ), allocation AS (
        INSERT INTO points_allocation (entry, lot, points) SELECT d.id, m.id, m.remaining FROM debit d CROSS JOIN moved m ORDER BY m.id
    ), emptied AS (
        UPDATE points_lot l SET remaining = 0 FROM moved m WHERE l.id = m.id
    ), credit AS (
        INSERT INTO points_entry (id, member, store, kind, points, balance_after, source, reference, reason, staff, business_date)
        SELECT m.made, kept, m.store, 'adjust', m.remaining, a.balance + a.pending - a.debt + sum(m.remaining) OVER (ORDER BY m.made),
            'merge', 'lot:' || m.id, '并自会员 #' || gone, clerk, day FROM moved m JOIN points_account a ON a.member = kept
    )
    INSERT INTO points_lot (entry, member, store, points, remaining, available_on, expires_on, matured)
    SELECT m.made, kept, m.store, m.remaining, m.remaining, m.available_on, m.expires_on, m.matured FROM moved m ORDER BY m.made;
    UPDATE points_account a SET balance = 0, pending = 0, earned_total = 0, lapses_on = NULL, touched_on = greatest(a.touched_on, day)
    WHERE a.member = gone;
    UPDATE points_account a SET balance = a.balance + had.balance - least(a.debt, had.balance), debt = a.debt - least(a.debt, had.balance),
        pending = a.pending + had.pending, earned_total = a.earned_total + had.earned_total,
        lapses_on = least(a.lapses_on, had.lapses_on), touched_on = greatest(a.touched_on, day)
    WHERE a.member = kept;
    PERFORM deed.merge_debts(kept, gone, day, clerk);
    PERFORM deed.debts_allocate(ARRAY[kept], day);
    RETURN worth;
END $$;

-- Receipts, and what is counted from them: the next night finds tier and habits as if they had been one person's all along.
CREATE FUNCTION deed.merge_purchases(kept bigint, gone bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    moved bigint;
BEGIN
    PERFORM deed.forgets(true);
    UPDATE purchase SET member = kept WHERE member = gone;
    PERFORM deed.forgets(false);
    SELECT s.purchase_count FROM member_stats s WHERE s.member = gone INTO moved;
    UPDATE member_stats s SET quarter = greatest(s.quarter, o.quarter) FROM member_stats o WHERE s.member = kept AND o.member = gone;
    UPDATE member_stats s SET (first_purchase_on, last_purchase_on, purchase_count, total_spend, average_interval_days, quarter_spend,
            last_quarter_spend) =
        (p.first_purchase_on, p.last_purchase_on, p.purchase_count, p.total_spend, p.average_interval_days, p.quarter_spend, p.last_quarter_spend)
    FROM deed.stats_by_purchase(ARRAY[kept, gone]) p WHERE s.member = p.member;
    DELETE FROM member_habit WHERE member = gone;
    RETURN moved;
END $$;

-- The higher tier of the two holds at once: with both files' receipts and grants the rule gives it as well.
CREATE FUNCTION deed.merge_tiers(mine member, other member, day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    ranks CONSTANT integer[] := ARRAY[(SELECT t.rank FROM tier t WHERE t.id = mine.tier), (SELECT t.rank FROM tier t WHERE t.id = other.tier)];
    made bigint;
BEGIN
    UPDATE tier_grant g SET member = mine.id WHERE g.member = other.id;
    UPDATE member m SET tier = CASE WHEN ranks[2] > ranks[1] THEN other.tier ELSE mine.tier END, tier_valid_until = CASE
        WHEN ranks[2] > ranks[1] THEN other.tier_valid_until WHEN ranks[2] < ranks[1] THEN mine.tier_valid_until
        ELSE greatest(mine.tier_valid_until, other.tier_valid_until) END
    WHERE m.id = mine.id;
    IF ranks[2] > ranks[1] THEN
        -- A change counts from the day after its business date.
        INSERT INTO tier_change (member, from_tier, to_tier, reason, business_date)
        VALUES (mine.id, mine.tier, other.tier, 'merge', least(day - 1, deed.last_closed() + 1)) RETURNING id INTO made;
        PERFORM deed.events_queue('tier_change', ARRAY[made], ARRAY[mine.home_store]);
    END IF;
END $$;

-- Of each purpose the newest answer counts, at once a no. A yes keeps its day: it lifts no refusal that came after it. A no is
-- this file's from today: what was sent before it was sent in good faith. The other number's no stays with that number.
CREATE FUNCTION deed.merge_consents(kept bigint, gone bigint, digest text, at timestamptz, clerk bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO suppression AS s (phone_hmac, since, source)
    SELECT digest, n.at, 'merged' FROM (SELECT c.at, c.granted FROM consent c WHERE c.member = gone AND c.purpose = 'marketing_sms'
        ORDER BY c.at DESC, c.id DESC LIMIT 1) n WHERE digest IS NOT NULL AND NOT n.granted
    ON CONFLICT (phone_hmac) DO UPDATE SET since = greatest(s.since, EXCLUDED.since);
    INSERT INTO consent (member, purpose, granted, source, text_version, store, staff, at)
    SELECT kept, g.purpose, g.granted, 'merge', CASE WHEN g.granted THEN coalesce(nullif(btrim(g.text_version), ''), 'merge') ELSE g.text_version END,
        g.store, clerk, CASE WHEN g.granted THEN g.at ELSE greatest(merge_consents.at, g.at) END
    FROM (SELECT DISTINCT ON (c.purpose) c.* FROM consent c WHERE c.member = gone ORDER BY c.purpose, c.at DESC, c.id DESC) g
    LEFT JOIN (SELECT DISTINCT ON (c.purpose) c.* FROM consent c WHERE c.member = kept ORDER BY c.purpose, c.at DESC, c.id DESC) k
        ON k.purpose = g.purpose
    WHERE (k.granted IS DISTINCT FROM g.granted) AND (k.id IS NULL OR g.at > k.at OR g.at = k.at AND NOT g.granted) ORDER BY g.purpose;
END $$;

-- Labels, wishes and replies; a label that needs a yes of its own comes only with it.
CREATE FUNCTION deed.merge_marks(kept bigint, gone bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO member_tag (member, tag, source, since, because)
    SELECT kept, x.tag, x.source, x.since, x.because FROM member_tag x JOIN tag t ON t.id = x.tag
    WHERE x.member = gone AND (t.purpose IS NULL OR deed.agreed(kept, t.purpose)) ORDER BY x.id ON CONFLICT (member, tag) DO NOTHING;
    INSERT INTO member_interest (member, product, kind, source, since)
    SELECT kept, i.product, i.kind, i.source, i.since FROM member_interest i WHERE i.member = gone ORDER BY i.id
    ON CONFLICT (member, product, kind) DO NOTHING;
    DELETE FROM member_tag WHERE member = gone;
    DELETE FROM member_interest WHERE member = gone;
    UPDATE reply r SET member = kept WHERE r.member = gone;
END $$;

-- What is empty in the file that is kept is filled from the other one, which ends without a number and says into which it went.
CREATE FUNCTION deed.merge_profile(mine member, other member, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    placed CONSTANT boolean := mine.latitude IS NULL AND mine.longitude IS NULL AND deed.agreed(mine.id, 'location');
BEGIN
    UPDATE member m SET phone = NULL, phone_status = 'unknown', title = '', birthday = NULL, latitude = NULL, longitude = NULL,
        preferences = '{}', tier_valid_until = NULL, erased_at = merge_profile.at, merged_into = mine.id WHERE m.id = other.id;
    UPDATE member m SET merged_into = mine.id WHERE m.merged_into = other.id;
    UPDATE member m SET name = CASE WHEN btrim(m.name) = '' THEN other.name ELSE m.name END,
        title = CASE WHEN btrim(m.title) = '' THEN other.title ELSE m.title END, birthday = coalesce(m.birthday, other.birthday),
        latitude = CASE WHEN placed THEN other.latitude ELSE m.latitude END, longitude = CASE WHEN placed THEN other.longitude ELSE m.longitude END,
        preferences = other.preferences || m.preferences, joined_on = least(m.joined_on, other.joined_on),
        -- Nobody brings themselves.
        referred_by = CASE WHEN deed.one_person(m.referred_by, m.id) THEN NULL ELSE m.referred_by END
    WHERE m.id = mine.id;
END $$;

-- Who is erased is forgotten in the files, too, that were merged into theirs. For deeds that may touch history.
CREATE FUNCTION deed.files_forget(who bigint, called text[], numbers text[], now_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE member m SET name = '' WHERE m.merged_into = who;
    PERFORM deed.erasures_forget(m.id, now_at), deed.said_forget(m.id, NULL), deed.notes_forget(m.id, called, numbers)
    FROM member m WHERE m.merged_into = who;
END $$;

-- Merges the file `gone` into the file `kept`. `digest`: of the number that ends, for a no to marketing; `day`: the business date.
-- outcome: merged | unknown_member | same | erased | merged_before (one of them, into `whose`) | no_phone (the one to keep has none)
-- | erasing (one of them asked to be erased). points: what came over; receipts: how many sales; cancelled: messages.
CREATE FUNCTION deed.members_merge(kept bigint, gone bigint, digest text, day date, at timestamptz, OUT outcome text, OUT whose bigint,
    OUT points bigint, OUT receipts bigint, OUT cancelled bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    mine member;
    other member;
    clerk CONSTANT bigint := deed.staff();
BEGIN
    PERFORM deed.allow(ARRAY(SELECT m.home_store FROM member m WHERE m.id IN (kept, gone)));
    IF kept = gone THEN
        outcome := 'same';
        RETURN;
    END IF;
    -- The accounts in member order, then the files: as everybody who writes both.
    PERFORM deed.points_settle(array_agg((f.id, NULL, 'adjust', 0, 'merge', '', NULL, NULL, NULL, day, day, NULL)::deed.posting))
    FROM (VALUES (kept), (gone)) f(id);
    PERFORM FROM member m WHERE m.id IN (kept, gone) ORDER BY m.id FOR UPDATE;
    SELECT m.* FROM member m WHERE m.id = kept INTO mine;
    SELECT m.* FROM member m WHERE m.id = gone INTO other;
    whose := coalesce(other.merged_into, mine.merged_into);
    outcome := CASE WHEN mine.id IS NULL OR other.id IS NULL THEN 'unknown_member' WHEN whose IS NOT NULL THEN 'merged_before'
        WHEN coalesce(mine.erased_at, other.erased_at) IS NOT NULL THEN 'erased' WHEN mine.phone IS NULL THEN 'no_phone'
        WHEN EXISTS (SELECT FROM erasure_request r WHERE r.member IN (kept, gone) AND r.state = 'open') THEN 'erasing' ELSE 'merged' END;
    IF outcome <> 'merged' THEN
        RETURN;
    END IF;
    cancelled := deed.merge_messages(kept, gone);
    points := deed.merge_points(kept, gone, day, clerk);
    receipts := deed.merge_purchases(kept, gone);
    PERFORM deed.merge_tiers(mine, other, day);
    PERFORM deed.merge_consents(kept, gone, digest, at, clerk);
    PERFORM deed.merge_marks(kept, gone);
    PERFORM deed.merge_profile(mine, other, at);
    PERFORM deed.privacy_noted('merge', kept, jsonb_build_object('gone', gone));
END $$;
